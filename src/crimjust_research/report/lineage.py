"""Which cells a result rests on: from the names that a cell takes back to the cells that gave them, and the tables these open."""

import ast
from collections.abc import Collection, Iterator, Mapping

# What a notebook begins with (its parameters, imports and study) every cell takes; it says nothing of one of them.
_BEGINS = "Study.begin("
_OPENS = ("panel", "raw")


def before(code: Mapping[int, str], number: int) -> tuple[int, ...]:
    """The numbers of the cells whose names the cell `number` takes, or those take in turn, in the order they ran.

    `code` are the cells by the number of their run. What a cell does to a name's object by calling it is not seen; a cell
    that is no Python (one with a command of IPython) may give any name, and is always counted.
    """
    names = {place: _Names.of(text) for place, text in code.items()}
    begins = max((place for place, text in code.items() if place < number and _BEGINS in text), default=0)
    found: set[int] = set()
    followed = [number]
    while followed:
        place = followed.pop()
        earlier = sorted((each for each in code if begins < each < place), reverse=True)
        givers = {each for each in earlier if names[each] is None}
        for name in of.taken if (of := names[place]) else ():
            givers |= set(next(([each] for each in earlier if (by := names[each]) and name in by.given), []))
        followed += givers - found
        found |= givers
    return tuple(sorted(found))


def opened(code: Mapping[int, str], numbers: Collection[int], used: Collection[str]) -> frozenset[str]:
    """Which of the tables `used` by a run the cells `numbers` open.

    A table that a cell does not name in its own text may be any that no cell so names; of a run whose cells open none by
    the study, all are.
    """
    named = {place: frozenset(_opened(text)) for place, text in code.items()}
    unnamed = frozenset(used).difference(*named.values())
    here = frozenset[str | None]().union(*(named[place] for place in numbers))
    found = frozenset(used) & (here | unnamed if None in here else here)
    return found or frozenset(used)


def _opened(text: str) -> Iterator[str | None]:
    """Names of the tables that a cell opens; None for one that is not named there."""
    parsed = _parsed(text)
    if parsed is None:
        yield None
        return
    for node in ast.walk(parsed):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _OPENS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "study"
        ):
            name = node.args[0] if node.args else None
            yield name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


class _Names(ast.NodeVisitor):
    """Names that a cell takes from before it, and those that it gives: assigns, or changes a part of."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.given: set[str] = set()
        self._own: list[set[str]] = []  # names of comprehensions and functions that are being read

    @classmethod
    def of(cls, text: str) -> "_Names | None":
        if (parsed := _parsed(text)) is None:
            return None
        names = cls()
        names.visit(parsed)
        return names

    def visit_Name(self, node: ast.Name) -> None:
        if any(node.id in own for own in self._own):
            return
        if not isinstance(node.ctx, ast.Load):
            self.given.add(node.id)
        elif node.id not in self.given:
            self.taken.add(node.id)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.given |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}

    visit_ImportFrom = visit_Import

    # What is assigned is taken before it is given, and stands after what it is given to.

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._give(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.visit(node.value)
            self._give(node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self.visit_Name(ast.Name(node.target.id, ast.Load()))
        self._give(node.target)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._give(node.target)
        for each in (*node.body, *node.orelse):
            self.visit(each)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.visit(node.target)

    def _give(self, target: ast.expr) -> None:
        self.visit(target)
        part = target
        while isinstance(part, ast.Subscript | ast.Attribute):
            part = part.value
        if part is not target and isinstance(part, ast.Name):
            self.given.add(part.id)

    # Names of their own are neither.

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        self._own.append(set())
        for part in node.generators:
            self.visit(part.iter)
            self._own[-1] |= {name.id for name in ast.walk(part.target) if isinstance(name, ast.Name)}
            for condition in part.ifs:
                self.visit(condition)
        for made in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(made)
        self._own.pop()

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node.args, [node.body])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.given.add(node.name)
        self._function(node.args, node.body)

    def _function(self, args: ast.arguments, body: list[ast.stmt] | list[ast.expr]) -> None:
        for default in (*args.defaults, *filter(None, args.kw_defaults)):
            self.visit(default)
        inside = [node for part in (args, *body) for node in ast.walk(part)]
        own = {node.arg for node in inside if isinstance(node, ast.arg)}
        own |= {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self._own.append(own)
        for part in body:
            self.visit(part)
        self._own.pop()
