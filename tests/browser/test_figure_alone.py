"""A figure outside the report, as a notebook shows it: none of its words is cut, whatever fonts the machine has."""

from urllib.parse import unquote

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
    html = charts.Figure("alone", "Outside the report", drawn.chart, "Bars.", "Bars.", "a test", data).html()
    return unquote(html.partition('src="data:image/svg+xml,')[2].partition('"')[0])


@pytest.mark.parametrize("font", FONTS)
def test_no_word_is_cut(font: str | None, shown: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 600, "height": 600})
    page.set_content(shown)
    if font:
        page.add_style_tag(content=f"svg text {{ font-family: '{font}' }}")
    words = page.locator("svg text").evaluate_all(
        """all => all.map(text => {
            const box = text.getBoundingClientRect();
            const clips = [];
            let up = text.parentElement;
            for (; up.ownerSVGElement; up = up.parentElement) {
                if (up.tagName === "svg" && getComputedStyle(up).overflow !== "visible") clips.push(up.outerHTML.slice(0, 80));
            }
            const whole = up.getBoundingClientRect();
            return [text.textContent, box.left - whole.left, whole.right - box.right, clips];
        })"""
    )
    page.close()
    assert {LABELS[1]} <= {text for text, *_ in words}
    # A picture is cut at its edges, whatever it says of what reaches over them.
    for text, left, right, clips in words:
        assert not clips, text
        assert left >= 0, text
        assert right >= 0, text
