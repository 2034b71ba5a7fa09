"""A figure outside the report, as a notebook shows it: none of its words is cut, whatever fonts the machine has."""

import pandas as pd
import pytest
from playwright.sync_api import Browser

from crimjust_research import charts

LABELS = ("pairs of proposed countries that met", "growth of countries a year", "hazard ratio, met more than once")
# The last stands in for a machine that has none of the fonts of the house.
FONTS = (None, "DejaVu Sans", "DejaVu Sans Condensed")


@pytest.fixture(scope="module")
def shown() -> str:
    data = pd.DataFrame({"label": LABELS, "value": [1.0, 2.0, 3.0]})
    drawn = charts.bars(data, "label", "value", horizontal=True, x_title="Moved, in standard errors")
    return charts.Figure("alone", "Outside the report", drawn.chart, "Bars.", "Bars.", "a test", data).html()


@pytest.mark.parametrize("font", FONTS)
def test_no_word_is_cut(font: str | None, shown: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 600, "height": 600})
    # A notebook's output scrolls, so that nothing that reaches over its left side is seen.
    page.set_content(f"<div style='overflow: auto'>{shown}</div>")
    if font:
        page.add_style_tag(content=f"svg text {{ font-family: '{font}' }}")
    words = page.locator("svg text").evaluate_all(
        """all => all.map(text => {
            const box = text.getBoundingClientRect();
            const clips = [];
            for (let up = text.parentElement; up.closest("svg"); up = up.parentElement) {
                if (up.tagName === "svg" && getComputedStyle(up).overflow !== "visible") clips.push(up.outerHTML.slice(0, 80));
            }
            return [text.textContent, box.left, box.right, clips];
        })"""
    )
    page.close()
    assert {LABELS[1]} <= {text for text, *_ in words}
    for text, left, right, clips in words:
        assert not clips, text
        assert left >= 8, text
        assert right <= 600, text
