"""A page opened in a browser, in one of the forms in which people see it, with all that it asked for and complained of."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
_TALL = 8000  # of a screenshot, in pixels; a browser draws none of any height

FORMS: dict[str, dict[str, Any]] = {
    "desktop": DESKTOP,
    "phone": {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True},
    "small phone": {"viewport": {"width": 320, "height": 568}, "is_mobile": True, "has_touch": True},
    "dark": DESKTOP | {"color_scheme": "dark"},
    "no script": DESKTOP | {"java_script_enabled": False},
    "reduced motion": DESKTOP | {"reduced_motion": "reduce"},
    "forced colours": DESKTOP | {"forced_colors": "active", "color_scheme": "dark"},
}


@dataclass
class Visit:
    """`requests` are the addresses the page asked for, its own left out; `complaints` what the browser said of it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def ask(self, question: str) -> Any:
        """The value of an expression over `look.js`, such as "look.charts()"."""
        return self.page.evaluate(question)

    def photograph(self, folder: Path, name: str) -> None:
        """The page from its top, as far as a screenshot reaches."""
        folder.mkdir(parents=True, exist_ok=True)
        size = self.page.evaluate("({width: innerWidth, height: document.documentElement.scrollHeight})")
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], _TALL)}
        self.page.screenshot(path=folder / f"{name}.png", full_page=True, clip=clip)  # type: ignore[arg-type]


def begin(browser: Browser, address: Path, options: dict[str, Any]) -> Visit:
    page = browser.new_context(**options).new_page()
    visit = Visit(page)
    own = address.resolve().as_uri()
    page.on("request", lambda request: request.url != own and visit.requests.append(request.url))
    page.on("console", lambda message: visit.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: visit.complaints.append(f"error: {error}"))
    page.goto(own)
    page.evaluate(LOOK)
    return visit
