"""What a question's estimates are called: the file `estimates.yaml` beside its sentences, for whoever writes them.

`estimates` are the kinds of estimates, by the name a cell gives them. What several share stands once among `bases`: a kind
that names a `base` has all that is said there, but for what it says itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from string import Formatter
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, AllowInfNan, BeforeValidator, ValidationError

from crimjust_research import yaml_files
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.yaml_files import Entry, Text

FILE = "estimates.yaml"
Count = Literal["n_obs", "n_units"]
Number = Literal[
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "ci_level",
    "p_value",
    "p_adjusted",
    "null_value",
    "altered",
    "n_obs",
    "n_units",
]
COUNTS: tuple[str, ...] = get_args(Count)
NUMBERS: tuple[str, ...] = get_args(Number)
_TEXTS = ("id", "outcome", "question", "estimand", "method", "specification", "unit", "role", "data_status")
_WANTED = ("id", "estimand", "method", "unit")


def _in_pairs(text: str) -> str:
    try:
        list(Formatter().parse(text))
    except ValueError:
        raise ValueError("braces stand in pairs around what a row brings, as {drug}") from None
    return text


def _null_value(text: str) -> float:
    if text == "none":
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise ValueError("a number is wanted, or none where no value would mean that there is nothing") from None


Template = Annotated[Text, AfterValidator(_in_pairs)]
NullValue = Annotated[float, AllowInfNan(True), BeforeValidator(_null_value)]


class Kind(Entry):
    """How the estimates of one kind are called. Texts are formatted with each row and the parameters: "{drug} seized", and
    with what follows from these: "{p.data_status}".

    `outcome` and `question` are those of the notebook unless declared. `null_value` is what an estimate would be if there were
    nothing: 0 unless declared, none (NaN) where no value would say so. `take` names columns to use as fields (field to
    column). Estimates of one `grid` are adjusted together.
    """

    base: Text | None = None
    id: Template | None = None
    outcome: Template | None = None
    question: Template | None = None
    estimand: Template | None = None
    method: Template | None = None
    specification: Template | None = None
    unit: Template | None = None
    role: Template | None = None
    data_status: Template | None = None
    null_value: NullValue | None = None
    take: Mapping[Number, Text] = {}
    grid: Text | None = None

    def texts(self, name: str, values: Mapping[str, Any]) -> dict[str, str]:
        """What an estimate of this kind, whose name is `name`, is called: by field, with values of its row and parameters.

        Raises
        ------
        ParameterError
            If a text asks for a value that is not there, or for one in a form it cannot take.
        """
        said = {field: text for field in _TEXTS if (text := getattr(self, field)) is not None}
        return {field: _told(f"{FILE}, {name}.{field}: {text!r}", text, values) for field, text in said.items()}


class _Kinds(Entry):
    bases: Mapping[str, Kind] = {}
    estimates: Mapping[str, Kind]


def load(package: str) -> dict[str, Kind]:
    """The kinds of estimates of a question, by the dotted name of its package; each with what its base says.

    Raises
    ------
    DataError
        Naming file, kind, field and value of what departs from the schema, names no base, or is not said.
    """
    place = f"{package.rpartition('.')[2]}/{FILE}"
    read = yaml_files.load_beside(_Kinds, package, FILE)
    bases: dict[str, Kind] = {}
    for name, kind in read.bases.items():
        bases[name] = _whole(kind, bases, f"{place}: bases.{name}")
    found = {name: _whole(kind, bases, f"{place}: estimates.{name}") for name, kind in read.estimates.items()}
    for name, kind in found.items():
        if missing := [field for field in _WANTED if getattr(kind, field) is None]:
            raise DataError(f"{place}: estimates.{name} has no {', '.join(missing)}; say it there or in its base")
    return found


def declared(known: Mapping[str, Kind], name: str, said: Mapping[str, str]) -> Kind:
    """The kind of that name among those of a question, or one of an analyst's own, of role `own`, as it is `said`: by field.

    Raises
    ------
    ParameterError
        If the question has such a kind and more is said of it, or has none and less is said than an estimate needs.
    """
    if not name.strip():
        raise ParameterError("an estimate needs a name; give it one, or that of one the question declares")
    own = {field: text for field, text in said.items() if text}
    if name in known:
        if own:
            raise ParameterError(
                f"{name!r} is declared by the question; leave out {', '.join(own)}, or name it otherwise"
            )
        return known[name]
    if not {"estimand", "method", "unit"} <= own.keys():
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ParameterError(
            f"there is no kind of estimate {name!r}; {hint}there are: {', '.join(known)}. "
            "To add one of your own, give estimand=, method= and unit="
        )
    # An analyst's texts are meant as they are, braces included.
    texts = {"id": name, "role": "own"} | own
    try:
        return Kind.model_validate({field: text.replace("{", "{{").replace("}", "}}") for field, text in texts.items()})
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise ParameterError(
            f"estimate {name!r}: its {field} is {texts[field]!r}, of which nothing shows; say what it is"
        ) from None


def row(values: Any) -> Mapping[str, Any]:
    """What a cell brings of an estimate: a mapping or row as it is; of another object the attributes that are its numbers."""
    if isinstance(values, Mapping):
        return values
    if hasattr(values, "to_dict"):
        made: Mapping[str, Any] = values.to_dict()
        return made
    return {name: getattr(values, name) for name in NUMBERS if hasattr(values, name)}


def _whole(kind: Kind, bases: Mapping[str, Kind], where: str) -> Kind:
    """A kind with what its base says, which stands above it."""
    if kind.base is None:
        return kind
    if kind.base not in bases:
        near = get_close_matches(kind.base, bases, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise DataError(f"{where}.base is {kind.base!r}; {hint}Bases above it: {', '.join(bases) or 'none'}")
    return bases[kind.base].model_copy(update={name: getattr(kind, name) for name in kind.model_fields_set})


def _told(where: str, text: str, values: Mapping[str, Any]) -> str:
    try:
        return text.format(**values)
    except KeyError as error:
        (asked,) = error.args
        near = get_close_matches(asked, values, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ParameterError(
            f"{where} asks for {asked!r}, which neither the row nor the parameters have; {hint}"
            f"There are: {', '.join(map(str, values))}"
        ) from None
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ParameterError(f"{where} cannot be told: {error}; mend what stands in braces") from None
