"""Parameters are read, converted and refused before any kernel starts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_checkout import PARAMETERS, Checkout

from crimjust_research.errors import ParameterError
from crimjust_research.runs import notebooks, parameters

DEFAULTS = {
    "drug": "cocaine",
    "factor": 2,
    "rate": 0.5,
    "months": ["2020-01", "2020-02"],
    "floor": None,
    "trend": False,
    "start": "2020-01",
    "end": "2020-03",
}


def resolve(*assignments: str) -> parameters.Parameters:
    (notebook,) = notebooks.find("01_toy")
    (resolved,) = parameters.resolve([notebook], parameters.overrides(assignments))
    return resolved


@pytest.fixture
def toy(checkout: Checkout) -> Checkout:
    checkout.notebook("01_toy")
    return checkout


def refusal(*assignments: str) -> list[str]:
    with pytest.raises(ParameterError) as refused:
        resolve(*assignments)
    return str(refused.value).splitlines()


@pytest.mark.usefixtures("toy")
def test_defaults_are_those_of_the_cell_and_change_nothing() -> None:
    found = resolve()
    assert found.values == DEFAULTS
    assert found.changed == {}


@pytest.mark.parametrize(
    ("assignment", "name", "value"),
    [
        ("factor=3", "factor", 3),
        ("rate=1e-3", "rate", 0.001),
        ("trend=yes", "trend", True),
        ("floor=4", "floor", 4),
        ("drug=heroin", "drug", "heroin"),
        ("months=2020-03", "months", ["2020-03"]),
        ("months=2020-03, 2020-04", "months", ["2020-03", "2020-04"]),
        ('months=["2020-05"]', "months", ["2020-05"]),
        ("start=2019-12", "start", "2019-12"),
    ],
)
@pytest.mark.usefixtures("toy")
def test_text_is_read_as_the_declared_type(assignment: str, name: str, value: object) -> None:
    found = resolve(assignment)
    assert found.changed == {name: value}
    assert type(found.values[name]) is type(value)


def test_none_is_a_value_where_the_type_admits_it(toy: Checkout) -> None:
    toy.notebook("01_toy", parameters=PARAMETERS.replace("floor = None", "floor = 1"))
    assert resolve("floor=none").changed == {"floor": None}
    assert "factor = 'none'" in refusal("factor=none")[0]


@pytest.mark.usefixtures("toy")
def test_a_value_equal_to_the_default_is_no_change() -> None:
    assert resolve("factor=2", "rate=0.50", "months=2020-01,2020-02").changed == {}


@pytest.mark.usefixtures("toy")
def test_digest_does_not_depend_on_order_or_spelling() -> None:
    assert resolve("rate=0.25", "factor=3").digest == resolve("factor=3", "rate=2.5e-1").digest
    assert resolve("factor=3").digest != resolve("factor=4").digest


@pytest.mark.usefixtures("toy")
def test_unknown_name_is_refused_with_the_near_one() -> None:
    (line,) = refusal("facotr=3")
    assert line == (
        "notebooks/01_toy.ipynb: there is no parameter 'facotr'; did you mean 'factor'? "
        "there are: drug, factor, rate, months, floor, trend, start, end"
    )


def test_every_fault_of_every_notebook_is_reported_at_once(toy: Checkout) -> None:
    toy.notebook("02_toy")
    found = notebooks.find("all")
    given = parameters.overrides(["factor=0", "rate=much", "colour=red", "drug=tea"])
    with pytest.raises(ParameterError) as refused:
        parameters.resolve(found, given)
    lines = str(refused.value).splitlines()
    assert len(lines) == 8
    for notebook, of in (("01_toy", lines[:4]), ("02_toy", lines[4:])):
        assert all(line.startswith(f"notebooks/{notebook}.ipynb: ") for line in of)
        assert "there is no parameter 'colour'" in of[0]
        assert "parameter drug = 'tea': it should be one of cocaine, heroin (the default is 'cocaine')" in of[1]
        assert "parameter factor = '0': it should be a whole number from 1 to 9 (the default is 2)" in of[2]
        assert "parameter rate = 'much': it should be a number (the default is 0.5)" in of[3]


@pytest.mark.usefixtures("toy")
def test_what_the_class_refuses_as_a_whole_is_refused() -> None:
    assert refusal("start=2021-01") == [
        "notebooks/01_toy.ipynb: the window is empty: start 2021-01 is after end 2020-03"
    ]


@pytest.mark.parametrize("assignment", ["factor", "=3", " =3"])
def test_what_is_no_assignment_is_refused(assignment: str) -> None:
    with pytest.raises(ParameterError, match="write -p name=value"):
        parameters.overrides([assignment])


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(ParameterError, match="factor is given twice"):
        parameters.overrides(["factor=3", "factor=4"])


def test_a_value_may_hold_an_equals_sign() -> None:
    assert parameters.overrides(["rule=a=b"]) == {"rule": "a=b"}


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("factor = 1 + 1\n", "line 1 of its parameters cell is `factor = 1 + 1`"),
        ("import os\n", "line 1 of its parameters cell is `import os`"),
        ("factor = {[]: 1}\n", "line 1 of its parameters cell is `factor = {[]: 1}`"),
        ("factor = {1, 2}\n", "line 1 of its parameters cell is `factor = {1, 2}`"),
        ("factor = 0x" + "f" * 100_000 + "\n", "line 1 of its parameters cell is `factor = 0xfff"),
        ("factor = " + "-" * 100_000 + "1\n", "its parameters cell is no Python (nested too deeply)"),
        ("factor = " + "[" * 100_000 + "\n", "its parameters cell is no Python (too many nested"),
        ("a = b = 2\n", "only plain assignments"),
        ("factor: int\n", "only plain assignments"),
        ("from datetime import date\nstart = date(2020, 1, 1)\n", "line 1"),
    ],
)
def test_only_plain_assignments_belong_in_the_parameters_cell(checkout: Checkout, cell: str, says: str) -> None:
    checkout.notebook("01_toy", parameters=cell)
    with pytest.raises(ParameterError, match="01_toy") as refused:
        resolve()
    assert says in str(refused.value)


def test_annotations_are_admitted(checkout: Checkout) -> None:
    checkout.notebook("01_toy", parameters=PARAMETERS.replace("factor = 2", "factor: int = 2"))
    assert resolve().values == DEFAULTS


@pytest.mark.parametrize("named", ["toy.absent:Params", "toy.params:Absent", "toy.helper:scaled", "toy"])
def test_a_wrong_parameter_class_is_refused_by_name(checkout: Checkout, named: str) -> None:
    checkout.notebook("01_toy", params=named)
    with pytest.raises(ParameterError, match="01_toy"):
        resolve()


def test_a_notebook_without_parameters_cell_is_refused(checkout: Checkout) -> None:
    path = checkout.notebook("01_toy")
    path.write_text(path.read_text().replace('"parameters"\n', '"other"\n'))
    with pytest.raises(ParameterError, match="no code cell carries the tag 'parameters'"):
        resolve()


@pytest.mark.usefixtures("toy")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    factor=st.integers(1, 9),
    rate=st.floats(allow_nan=False, allow_infinity=False),
    trend=st.booleans(),
    months=st.lists(st.from_regex(r"20[0-9]{2}-(0[1-9]|1[0-2])", fullmatch=True), min_size=1, max_size=4),
)
def test_what_is_typed_comes_back_as_the_value_it_spells(
    factor: int, rate: float, trend: bool, months: list[str]
) -> None:
    typed = (f"factor={factor}", f"rate={rate!r}", f"trend={str(trend).lower()}", f"months={','.join(months)}")
    values = resolve(*typed).values
    assert (values["factor"], values["rate"], values["trend"], values["months"]) == (factor, rate, trend, months)
