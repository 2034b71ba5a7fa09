"""JupyterLab as a person meets it: from the first page to a question asked otherwise, with no other machine to be reached."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from crimjust_research import project
from crimjust_research.lab import start

ROOT = project.root()
NOTEBOOK = "08_outcome3_diversification"
SCREENSHOTS = os.environ.get("CRIMJUST_SCREENSHOTS")
# What a notebook needs of a checkout; results and notebooks are copied, so that nothing is written into this one.
_COPIED = ("notebooks", "data", "docs", "reports")
_CELLS = "window.jupyterapp.shell.currentWidget.content.widgets.filter(c => c.model.type === 'code')"
_SECONDS = 120


@dataclass
class Lab:
    """A page of JupyterLab in a checkout of its own, with what it asked of other machines and complained of."""

    page: Page
    root: Path
    address: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def photograph(self, name: str) -> None:
        if SCREENSHOTS:
            self.page.screenshot(path=Path(SCREENSHOTS) / f"lab-{name}.png")

    def wait_until_run(self) -> None:
        """Until every cell of the notebook in sight has run in a kernel that is at rest."""
        at_rest = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
        self.page.wait_for_function(
            f"{at_rest} && {_CELLS}.every(c => c.model.executionCount)", timeout=1000 * _SECONDS
        )
        assert self.page.evaluate(f"{_CELLS}.flatMap(c => c.model.outputs.toJSON()).filter(o => o.ename)") == []

    def scroll_to(self, text: str) -> None:
        """Bring the cell whose source holds a text into sight; cells out of sight are not drawn."""
        self.page.evaluate(
            f"""async text => {{
                const notebook = window.jupyterapp.shell.currentWidget.content;
                await notebook.scrollToItem({_CELLS}.find(c => c.model.sharedModel.source.includes(text)).parent.widgets
                    .findIndex(c => c.model.sharedModel.source.includes(text)), 'start');
            }}""",
            text,
        )

    def figure(self, name: str) -> str:
        """The picture that the cell of a figure shows, once it does."""
        self.scroll_to(f'"{name}"')
        picture = self.page.locator(".jp-CodeCell", has_text=f'"{name}"').locator("figure img")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.complete && image.naturalWidth") > 100
        return picture.get_attribute("src") or ""


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("checkout") / "a checkout, déjà vu"
    root.mkdir()
    for folder in _COPIED:
        shutil.copytree(
            ROOT / folder, root / folder, ignore=shutil.ignore_patterns("variants", "sweeps", "interactive")
        )
    shutil.copy(ROOT / "requirements.lock", root)
    server = subprocess.Popen(
        [sys.executable, "-m", "crimjust_research", "lab", "--no-browser"],
        cwd=root,
        env={**os.environ, "CRIMJUST_HOME": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        address = server.stdout.readline().strip()
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        opened = Lab(page, root, address)

        def answer(route: Route) -> None:
            if route.request.url.startswith("http://127.0.0.1:"):
                route.continue_()
            else:
                opened.outside.append(route.request.url)
                route.abort()

        page.route(lambda url: url.startswith("http"), answer)
        page.on("console", lambda told: told.type == "error" and opened.complaints.append(told.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.goto(address)
        yield opened
        page.context.close()
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=60)


def test_the_token_is_asked_for(lab: Lab) -> None:
    other = lab.page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    other.goto(lab.address.partition("?")[0])
    expect(other.get_by_text("Token authentication is enabled")).to_be_visible()
    other.context.close()


def test_it_begins_with_every_question_and_the_picture_of_all(lab: Lab) -> None:
    expect(lab.page.get_by_role("heading", name="Start here")).to_be_visible(timeout=1000 * _SECONDS)
    expect(lab.page.get_by_role("link", name=NOTEBOOK)).to_be_visible()
    assert lab.page.evaluate("window.jupyterapp.shell.currentWidget.context.path") == start.PLACE
    assert not lab.page.evaluate("window.jupyterapp.shell.currentWidget.context.model.dirty")
    lab.photograph("start")


def test_what_is_asked_otherwise_and_a_cell_changed_by_hand_show_in_figure_and_results(lab: Lab) -> None:
    page, reference = lab.page, (ROOT / "notebooks" / f"{NOTEBOOK}.ipynb").read_bytes()
    page.get_by_role("link", name=NOTEBOOK).click()
    page.wait_for_function(f"window.jupyterapp.shell.currentWidget.context?.path === 'notebooks/{NOTEBOOK}.ipynb'")
    page.wait_for_function("window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    lab.wait_until_run()
    before = lab.figure("means")
    lab.photograph("figure")
    assert saved(lab)["departures"] == saved(lab)["changed"] == []

    page.keyboard.press("Control+s")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert (lab.root / "notebooks" / f"{NOTEBOOK}.ipynb").read_bytes() == reference, "run and saved, it is as it was"

    lab.scroll_to("Study.begin")
    form = page.locator(".crimjust-form")
    form.get_by_role("button", name="Change the parameters").click()
    form.get_by_label("end", exact=True).fill("2018")
    expect(form.get_by_text("end is 2018; registered is 2022")).to_be_visible()
    lab.photograph("form")
    page.evaluate(
        f"""{_CELLS}.map(c => c.model.sharedModel).filter(m => m.source.includes('"means"'))
            .forEach(m => m.setSource(m.source.replace('height=90', 'height=120')))"""
    )
    page.evaluate(f"{_CELLS}.forEach(c => c.model.executionCount = null)")
    form.get_by_role("button", name="Write, and run all cells").click()
    lab.wait_until_run()
    assert lab.figure("means") != before
    lab.scroll_to("Study.begin")
    expect(page.get_by_text("end is 2018; registered is 2022").first).to_be_visible()
    lab.photograph("departs")
    assert saved(lab)["departures"] == ["end is 2018; registered is 2022"]
    (changed,) = saved(lab)["changed"]
    assert "`means = diversity.yearly_means(measures, alpha)`" in changed
    assert (lab.root / "notebooks" / f"{NOTEBOOK}.ipynb").read_bytes() == reference, "nobody has saved it"

    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(form.get_by_role("button", name="Change the parameters")).to_be_hidden()
    assert "run the cell again" in form.evaluate("f => getComputedStyle(f, '::before').content")
    lab.photograph("restarted")


def test_equations_are_set(lab: Lab) -> None:
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.scrollToItem(15, 'start')")
    equation = lab.page.locator(".jp-MarkdownCell mjx-container").first
    expect(equation).to_be_visible()
    assert equation.evaluate("e => e.getBoundingClientRect().height") > 10


def test_results_are_shown_and_cannot_be_written_over(lab: Lab) -> None:
    place = f"reports/notebooks/{NOTEBOOK}.ipynb"
    lab.page.evaluate("path => void window.jupyterapp.commands.execute('docmanager:open', {path})", place)
    expect(lab.page.get_by_text("notebook is read-only")).to_be_visible()
    lab.photograph("kept")


def test_no_other_machine_was_asked_and_nothing_went_wrong(lab: Lab) -> None:
    assert lab.outside == []
    assert lab.complaints == []


def saved(lab: Lab) -> dict[str, list[str]]:
    path = lab.root / "reports" / "interactive" / "diversification" / "assessment.json"
    found: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return found
