"""Mutants of a module: its text with one small slip, of the kinds that mutation testing usually makes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Pow: "*", ast.FloorDiv: "/", ast.Mod: "*"}
COMPARISON = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}


@dataclass(frozen=True)
class Mutant:
    """One slip: the text between two places (characters from the start of the file) becomes another.

    `first` and `last` are the lines, from 1, of the statement that holds it.
    """

    kind: str
    start: int
    end: int
    new: str
    first: int
    last: int

    def of(self, source: str) -> str:
        """The module with this slip."""
        return source[: self.start] + self.new + source[self.end :]


def mutants(source: str) -> list[Mutant]:
    """All slips of a module, in the order of its text. Annotations, decorators, docstrings and what is raised are left alone."""
    return sorted(_Found(source).all(), key=lambda each: (each.start, each.end, each.kind))


class _Found:
    """The slips of one module."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = [0]
        for line in source.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def all(self) -> Iterator[Mutant]:
        for statement in ast.walk(ast.parse(self.source)):
            if isinstance(statement, ast.stmt):
                yield from self.of_statement(statement)

    def of_statement(self, statement: ast.stmt) -> Iterator[Mutant]:
        """Slips within a statement, not within those it holds."""
        if isinstance(statement, ast.Raise | ast.Import | ast.ImportFrom | ast.Assert):
            return
        last = max((getattr(n, "end_lineno", 0) or 0 for n in own(statement)), default=statement.lineno)
        for node in own(statement):
            for kind, start, end, new in self.of_node(node):
                yield Mutant(kind, start, end, new, statement.lineno, max(last, statement.lineno))
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            yield Mutant("call left out", *self.span(statement), "pass", statement.lineno, last)
        if isinstance(statement, ast.AugAssign) and type(statement.op) in ARITHMETIC:
            where = self.between(statement.target, statement.value, f"{ARITHMETIC[type(statement.op)]}=")
            yield Mutant("arithmetic", *where, statement.lineno, last)
        if isinstance(statement, ast.If | ast.While) and isinstance(
            statement.test, ast.Name | ast.Attribute | ast.Call
        ):
            start, end = self.span(statement.test)
            yield Mutant(
                "condition",
                start,
                end,
                f"not {self.source[start:end]}",
                statement.lineno,
                statement.test.end_lineno or 0,
            )

    def of_node(self, node: ast.AST) -> Iterator[tuple[str, int, int, str]]:
        if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
            yield "arithmetic", *self.between(node.left, node.right, ARITHMETIC[type(node.op)])
        elif isinstance(node, ast.Compare):
            for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                yield "comparison", *self.between(left, right, COMPARISON[type(operator)])
        elif isinstance(node, ast.BoolOp):
            other = "or" if isinstance(node.op, ast.And) else "and"
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield "logic", *self.between(left, right, other)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            start = self.span(node)[0]
            yield "sign", start, start + (4 if isinstance(node.op, ast.Not) else 1), ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield "constant", *self.span(node), str(not node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            doubled = isinstance(node.value, float) and node.value != 0
            yield "constant", *self.span(node), repr(node.value * 2 if doubled else node.value + 1)
        elif isinstance(node, ast.Call):
            yield from self.of_call(node)

    def of_call(self, call: ast.Call) -> Iterator[tuple[str, int, int, str]]:
        """Keywords left out one by one, so that defaults hold."""
        for keyword in call.keywords:
            if keyword.arg is None:
                continue
            start, end = self.span(keyword)
            tail = self.source[end:]
            if tail.lstrip().startswith(","):
                end += tail.index(",") + 1
            else:
                before = self.source[:start].rstrip()
                start = len(before) - 1 if before.endswith(",") else start
            yield "keyword left out", start, end, ""

    def between(self, left: ast.expr, right: ast.expr, new: str) -> tuple[int, int, str]:
        """Where the operator between two operands stands, brackets and breaks of lines beside it kept."""
        start, end = self.span(left)[1], self.span(right)[0]
        text = self.source[start:end]
        core = text.strip(" \t\n\r()\\")
        at = start + text.index(core)
        return at, at + len(core), new

    def span(self, node: ast.AST) -> tuple[int, int]:
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def at(self, line: int, column: int) -> int:
        """Characters before a place that Python tells in bytes of its line."""
        text = self.source[self.lines[line - 1] : self.lines[line]]
        return self.lines[line - 1] + len(text.encode()[:column].decode())


def own(statement: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of a statement, without its annotations, decorators, f-strings and the statements within it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if node is not statement:
            yield node
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list", "type_params"}:
                continue
            children = value if isinstance(value, list) else [value]
            waiting += [
                child
                for child in children
                if isinstance(child, ast.AST) and not isinstance(child, ast.stmt | ast.JoinedStr | ast.ExceptHandler)
            ]
