"""The form of a notebook's parameters: what may be filled in, what is told of it, and what comes of it."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import comm
import ipywidgets as widgets
import nbformat
import pytest
from comm.base_comm import CommManager
from nbclient import NotebookClient

from crimjust_research import parameters_cell
from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.forms import writing
from crimjust_research.forms.form import Form
from crimjust_research.results import OUTPUT_VARIABLE
from crimjust_research.runs import notebooks, parameters
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.shown import LAB_VARIABLE
from crimjust_research.study import Study

NOTEBOOKS = notebooks.find()
DIVERSIFICATION = "08_outcome3_diversification"
# A value past each bound that JSON Schema knows.
BEYOND = {
    "minimum": lambda bound: bound - 1,
    "maximum": lambda bound: bound + 1,
    "exclusiveMinimum": lambda bound: bound,
    "exclusiveMaximum": lambda bound: bound,
}


def form_of(name: str, **changed: Any) -> Form:
    (notebook,) = notebooks.find(name)
    package = notebook.params.rpartition(".params:")[0]
    return Form(Study.begin(import_module(package).QUESTION, {**notebook.defaults, **changed}))


@pytest.fixture
def diversification() -> Form:
    return form_of(DIVERSIFICATION)


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda each: each.name)
def filled(request: pytest.FixtureRequest) -> tuple[Notebook, Form]:
    return request.param, form_of(request.param.name)


def plan_of(folder: Path, question: str, given: str) -> Path:
    """An evaluator's plan that gives a question other parameters."""
    own = folder / "our plan.toml"
    said = 'whose = "Unit"\ndated = "2027-03-01"\nstanding = "Nothing had been seen"\n'
    own.write_text(f'{said}[question."{question}"]\nparameters = {{ {given} }}\n', encoding="utf-8")
    return own


def words(html: str) -> str:
    return unescape(re.sub("<[^>]+>", " ", html))


def wrong(form: Form) -> dict[str, str]:
    """What is told below each field that is refused, and of all together under an empty name."""
    told = {name: field.whole.children[1].value for name, field in form.fields.items()} | {"": form.says.value}
    return {name: words(html) for name, html in told.items() if 'role="alert"' in html}


# What may be filled in --------------------------------------------------------------------------------------------------


def test_every_parameter_has_a_field_that_says_what_it_is_and_may_be(filled: tuple[Notebook, Form]) -> None:
    notebook, form = filled
    about = parameters.described(notebook)
    assert list(form.fields) == [each.name for each in about] == list(notebook.defaults)
    for each in about:
        field = form.fields[each.name]
        assert field.input.description == each.name
        assert each.sentence.replace("`", "") in (told := words(field.whole.children[1].value))
        assert f"value: {parameters_cell.in_words(notebook.defaults[each.name])}" in told
        assert isinstance(field.input, widgets.Dropdown | widgets.Checkbox) or each.admits.replace("`", "") in told


def test_every_field_admits_what_the_parameters_class_does(filled: tuple[Notebook, Form]) -> None:
    notebook, form = filled
    for name, schema in parameters.model(notebook).model_json_schema()["properties"].items():
        input_ = form.fields[name].input
        if "enum" in schema:
            assert isinstance(input_, widgets.Dropdown)
            assert [value for _, value in input_.options] == schema["enum"]
        elif schema["type"] == "boolean":
            assert isinstance(input_, widgets.Checkbox)
        else:
            assert isinstance(input_, widgets.Text)
        for limit in BEYOND.keys() & schema.keys():
            before = input_.value
            input_.value = str(BEYOND[limit](schema[limit]))
            assert f"parameter {name} = " in wrong(form).get(name, ""), (name, limit)
            input_.value = before
    assert wrong(form) == {}


def test_filled_in_with_the_registered_values_it_has_them(filled: tuple[Notebook, Form]) -> None:
    notebook, form = filled
    (standard,) = parameters.resolve([notebook], {})
    assert form.values == standard.values
    assert shlex.split(form.command) == ["crimjust", "run", notebook.name]
    assert not form.write.disabled


# What is told ------------------------------------------------------------------------------------------------------------


def test_a_fault_is_told_below_its_field_in_the_words_of_a_run(diversification: Form) -> None:
    form = diversification
    (notebook,) = notebooks.find(DIVERSIFICATION)
    form.fields["fewest_kinds"].input.value = "many"
    with pytest.raises(ParameterError) as refused:
        parameters.resolve([notebook], {"fewest_kinds": "many"})
    told = wrong(form)
    assert list(told) == ["fewest_kinds"]
    assert str(refused.value).removeprefix(f"{notebook.place}: ") in told["fewest_kinds"]
    assert form.write.disabled
    assert form.run.disabled
    form.fields["fewest_kinds"].input.value = "4"
    assert wrong(form) == {}
    assert not form.write.disabled


def test_what_values_are_together_is_told_below_all(diversification: Form) -> None:
    diversification.fields["start"].input.value = "2021"
    assert list(told := wrong(diversification)) == [""]
    assert "too short" in told[""]
    assert diversification.write.disabled


def test_departures_are_those_a_study_with_the_values_would_tell(diversification: Form) -> None:
    form = diversification
    assert "nothing departs from it" in form.says.value
    form.fields["end"].input.value = "2018"
    form.fields["order"].input.value = 2
    (notebook,) = notebooks.find(DIVERSIFICATION)
    package = notebook.params.rpartition(".params:")[0]
    departs = Study.begin(import_module(package).QUESTION, {**notebook.defaults, "end": 2018, "order": 2}).departures
    assert departs == ("end is 2018; registered is 2022", "order is 2; registered is 1")
    assert re.findall("<li>(.*?)</li>", form.says.value) == list(departs)


def test_a_study_with_other_values_begins_with_them_and_goes_back(diversification: Form) -> None:
    form = form_of(DIVERSIFICATION, end=2018)
    assert form.fields["end"].input.value == "2018"
    assert "end is 2018; registered is 2022" in form.says.value
    form.back.click()
    assert form.values == diversification.values
    assert "nothing departs" in form.says.value


def test_of_a_notebook_that_explores_nothing_departs() -> None:
    form = form_of("11_own_records")
    form.fields["min_cell"].input.value = "7"
    assert "nothing departs" in form.says.value
    assert "-p min_cell=7" in form.command


def test_under_an_evaluators_plan_its_values_are_those_departed_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = plan_of(tmp_path, "diversification.trend", "end = 2021")
    monkeypatch.setenv(plan.VARIABLE, str(own))
    form = form_of(DIVERSIFICATION)
    assert "plan’s value: 2021" in words(form.fields["end"].whole.children[1].value)
    assert "end is 2022; the plan has 2021" in form.says.value
    assert shlex.split(form.command)[3:] == ["-p", "end=2022", "--plan", str(own)]
    form.back.click()
    assert "nothing departs from it" in form.says.value
    assert shlex.split(form.command)[3:] == ["--plan", str(own)]


@pytest.mark.parametrize(
    ("name", "filled_in"),
    [
        ("05_outcome2_joining", {"exclude": "COL, PAN", "control": "all_regions", "countries": "", "draws": "199"}),
        ("01_outcome1_markets", {"trend": True, "vintage": "latest", "max_lag": "4"}),
        ("12_rollout_design", {"effect_path": "0, 0.5, 1", "record_cost_low": "1e4"}),
        ("11_own_records", {"by": "", "period_start": "2019-01"}),
    ],
)
def test_the_command_does_the_same_in_a_terminal(name: str, filled_in: Mapping[str, Any]) -> None:
    form = form_of(name)
    for field, value in filled_in.items():
        form.fields[field].input.value = value
    assert wrong(form) == {}
    verb = shlex.split(form.command)
    assert verb[:3] == ["crimjust", "run", name]
    assert set(verb[3::2]) == {"-p"}
    (resolved,) = parameters.resolve(notebooks.find(name), parameters.overrides(verb[4::2]))
    assert resolved.values == form.values
    assert len(resolved.changed) >= 2


def test_a_list_of_a_plan_can_be_emptied_in_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plan.VARIABLE, str(plan_of(tmp_path, "joining.investigation", 'exclude = ["COL"]')))
    form = form_of("05_outcome2_joining")
    assert "exclude is none; the plan has ['COL']" in unescape(form.says.value)
    given = shlex.split(form.command)
    assert given[3:5] == ["-p", "exclude=[]"]
    (resolved,) = parameters.resolve(notebooks.find("05"), parameters.overrides(given[4:5]))
    assert resolved.values == form.values


# What comes of it ----------------------------------------------------------------------------------------------------------


class Page(comm.base_comm.BaseComm):
    """What a page opens a way to the kernel with: it keeps what the kernel sends."""

    sent: Any = None

    def publish_msg(self, msg_type: str, data: Any = None, **_: Any) -> None:  # type: ignore[override]
        self.sent = data if msg_type == "comm_msg" else self.sent


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> CommManager:
    manager = CommManager()
    monkeypatch.setattr(writing, "get_comm_manager", lambda: manager)
    monkeypatch.setattr(writing, "get_connection_file", lambda: "/run/kernel-1a2b.json")
    return manager


def scripted(form: Form) -> str:
    (output,) = form.whole.children[1].children[-1].outputs
    return str(output["data"]["application/javascript"])


def opened(manager: CommManager, sources: Mapping[str, str]) -> Page:
    """What the page does that runs the script: it sends what stands in the cells of parameters."""
    (target,) = manager.targets
    page = Page(target_name=target, primary=False)
    manager.targets[target](page, {"content": {"data": {"sources": sources}}})
    return page


def test_the_open_notebook_gets_the_values_and_keeps_the_rest(diversification: Form, pages: CommManager) -> None:
    form = diversification
    form.fields["end"].input.value = "2018"
    form.write.click()
    (target,) = pages.targets
    assert scripted(form).endswith(f')("1a2b", "{target}", ["parameters", "injected-parameters"], false)')
    page = opened(pages, {"parameters": "end = 2022  # mine\nstart = 2012"})
    assert page.sent["sources"]["parameters"].startswith("end = 2018  # mine\nstart = 2012\n")
    assert "Written" not in form.told.value
    page.handle_close({})
    assert "Written into the parameters cell" in form.told.value
    assert "reports/interactive/diversification" in form.told.value
    assert pages.targets == {}
    form.fields["end"].input.value = "2019"
    assert form.told.value == ""


def test_of_an_analysts_own_copy_the_command_runs_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (usual,) = notebooks.find(DIVERSIFICATION)
    copied = replace(usual, path=tmp_path / "notebooks" / "my_look.ipynb")
    known = {"": (usual,), "my_look": (copied,), DIVERSIFICATION: (usual,), "05_outcome2_joining": notebooks.find("05")}
    monkeypatch.setattr(notebooks, "find", lambda name: known[name])
    for path, runs in (("my_look", "my_look"), ("05_outcome2_joining", DIVERSIFICATION), ("", DIVERSIFICATION)):
        monkeypatch.setenv("JPY_SESSION_NAME", f"/somewhere/{path}.ipynb" if path else "")
        assert form_of(DIVERSIFICATION).command == f"crimjust run {runs}"


@pytest.mark.usefixtures("pages")
def test_run_all_is_asked_for_with_the_button_that_says_so(diversification: Form) -> None:
    diversification.run.click()
    assert scripted(diversification).endswith(", true)")


def test_a_cell_that_cannot_be_rewritten_is_left_and_that_is_told(diversification: Form, pages: CommManager) -> None:
    diversification.write.click()
    page = opened(pages, {"parameters": "start = from_above"})
    assert page.sent is None
    assert "only plain assignments of a literal value" in diversification.told.value


@pytest.mark.usefixtures("pages")
def test_where_no_page_answers_the_text_to_paste_is_there(diversification: Form) -> None:
    diversification.fields["end"].input.value = "2018"
    diversification.write.click()
    (text,) = re.findall("<textarea[^>]*>(.*?)</textarea>", diversification.told.value, re.DOTALL)
    (notebook,) = notebooks.find(DIVERSIFICATION)
    assert parameters_cell.assigned(text, "pasted") == {**notebook.defaults, "end": 2018}
    assert "# of the Hill number" in text


# Where it is shown ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lab", "output", "shown"), [("1", None, True), ("0", None, False), (None, None, False), ("1", "somewhere", False)]
)
def test_only_before_a_person_has_a_study_the_form(
    lab: str | None, output: str | None, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ((LAB_VARIABLE, lab), (OUTPUT_VARIABLE, output)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    loaded: list[str] = []
    shell = SimpleNamespace(extension_manager=SimpleNamespace(load_extension=loaded.append))
    (notebook,) = notebooks.find("90_scorecard")
    question = import_module(notebook.params.rpartition(".params:")[0]).QUESTION
    Study.begin(question, {**notebook.defaults, "get_ipython": lambda: shell})
    assert loaded == ["crimjust_research.forms"] * shown
    Study.begin(question, notebook.defaults)  # outside IPython


def test_a_kernel_before_a_person_shows_the_form_below_what_a_run_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LAB_VARIABLE, "1")
    (notebook,) = notebooks.find("90_scorecard")
    cells = [nbformat.v4.new_code_cell(notebooks.source(c)) for c in notebook.cells if c["cell_type"] == "code"][:2]
    made = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(made, resources={"metadata": {"path": str(notebook.path.parent)}}).execute()
    usual, form = (output["data"] for output in cells[1]["outputs"])
    assert usual == form_of("90_scorecard")._study._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in form


def test_a_kernel_before_a_person_tells_of_what_is_refused_the_sentence_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LAB_VARIABLE, "1")
    (notebook,) = notebooks.find("90_scorecard")
    begin = next(notebooks.source(cell) for cell in notebook.cells if "Study.begin" in notebooks.source(cell))
    cells = [nbformat.v4.new_code_cell(source) for source in ('size = "quarter"', begin, "1 / 0")]
    made = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(made, resources={"metadata": {"path": str(notebook.path.parent)}}, allow_errors=True).execute()
    (refused,), (fault,) = cells[1]["outputs"], cells[2]["outputs"]
    (told,) = refused["traceback"]
    assert told.startswith("ParameterError: parameter size = 'quarter'")
    assert len(fault["traceback"]) > 1, "what went wrong in a person's own code is shown where"
