"""The house style: sizes that stay readable at 85 mm, colours told apart in grey, one look for every form."""

from collections.abc import Iterable, Mapping
from typing import Any
from unicodedata import category, east_asian_width

from crimjust_research.errors import printable

# Okabe and Ito (2008), https://jfly.uni-koeln.de/color/: told apart with any colour vision.
BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#56B4E9",
    "#CC79A7",
    "#222222",
)
PALETTE = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, BLACK)
GREY, LIGHT = "#767676", "#d9d9d9"
# Shapes and dashes stand beside the colours of PALETTE, so that marks differ in grey print as well.
SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-down", "stroke")
DASHES = ((1, 0), (6, 3), (2, 2), (10, 3, 2, 3), (12, 5), (1, 4), (4, 1))
# Areas have neither shape nor dash: these colours differ in lightness.
FILLS = (BLUE, ORANGE, LIGHT, BLACK, VERMILION)
SHADES = ("#e4edf6", "#b3d1ea", "#6fa9d6", "#2f74b5", "#08306b")
# Text is 7.2 points high when a drawing of this many pixels is 85 mm wide.
WIDTH, TEXT, TITLE = 400, 12, 13
LINE_HEIGHT = 15
# What is written for names and values from data: pixels of a single line, and most lines of a name. The rest is in the data.
LONGEST, MOST_LINES = 170, 8


def lightness(colour: str) -> float:
    """Relative lightness of a colour #rrggbb, 0 black to 1 white, as grey print shows it."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


# The font vl-convert carries within itself, so text is measured alike wherever a chart is drawn.
FONT = "Liberation Sans"
# Others are as wide, or nearly: on a machine that has none of them lines may run over, but are not cut.
FONT_STACK = "Liberation Sans, Arimo, Arial, Helvetica, Nimbus Sans, Roboto, DejaVu Sans Condensed, sans-serif"

CONFIG: dict[str, Any] = {
    "background": "white",
    # The figure is described as a whole; labels of each mark would be many, and in local time.
    "aria": False,
    "font": FONT,
    "padding": {"left": 0, "right": 0, "top": 2, "bottom": 5},
    "view": {"stroke": None},
    "concat": {"spacing": 0},
    "axis": {
        "labelFontSize": TEXT,
        "titleFontSize": TEXT,
        "titleFontWeight": "normal",
        "titlePadding": 4,
        "titleLineHeight": LINE_HEIGHT,
        "labelLineHeight": 13,
        "labelColor": BLACK,
        "labelLimit": 0,
        "labelOverlap": False,
        "labelFlush": False,
        "titleColor": BLACK,
        "gridColor": "#e6e6e6",
        "domainColor": GREY,
        "tickColor": GREY,
        "tickSize": 4,
    },
    "axisX": {"grid": False, "titleAnchor": "end"},
    "legend": {
        "labelFontSize": TEXT,
        "titleFontSize": TEXT,
        "titleFontWeight": "normal",
        "labelColor": BLACK,
        "titleColor": BLACK,
        "labelLimit": 0,
        "titleLimit": 0,
        "columnPadding": 12,
        "rowPadding": 3,
        "titlePadding": 3,
        "symbolSize": 70,
        "symbolOpacity": 1,
        "symbolStrokeWidth": 2,
        "gridAlign": "each",
    },
    "title": {
        "fontSize": TEXT,
        "anchor": "start",
        "frame": "group",
        "fontWeight": "normal",
        "color": BLACK,
        "lineHeight": LINE_HEIGHT,
        "offset": 4,
    },
    "line": {"strokeWidth": 2},
    "rule": {"color": BLACK},
    "text": {"fontSize": TEXT, "color": BLACK},
}

# Widths of the letters of Arial and its kin in thousandths of their height.
_LETTERS = {
    222: "'ijl",
    278: " !,./:;Ift|[]\\",
    333: "-()r",
    500: "Jcksvxyz",
    584: "+<=>−",
    611: "FTZ",
    667: "ABEKPSVXY&",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
}
_WIDTHS = {letter: width for width, letters in _LETTERS.items() for letter in letters}


def text_width(text: str, size: float = TEXT) -> float:
    """Width of a line of text in pixels, as it is drawn."""
    return sum(_WIDTHS[letter] if letter in _WIDTHS else _width(letter) for letter in printable(text)) * size / 1000


def _width(letter: str) -> int:
    """Of a letter that is not in the table: a common one's, a square's if it fills one, none if it stands on another."""
    if category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 1000 if east_asian_width(letter) in ("W", "F") else 556


def wrapped(text: str, width: float, size: float = TEXT, most: int | None = None) -> list[str]:
    """`text` in lines no wider than `width` pixels, a longer word broken; where it has more than `most`, the last ends in an
    ellipsis."""
    lines: list[str] = []
    for word in printable(text).split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines += _broken(word, width, size)
    return lines if most is None or len(lines) <= most else [*lines[: most - 1], _cut(lines[most - 1], width, size)]


def _broken(word: str, width: float, size: float) -> list[str]:
    """A word in pieces no wider than `width` pixels, each of at least one letter."""
    pieces, room = [""], width
    for letter in word:
        needed = text_width(letter, size)
        if pieces[-1] and needed > room:
            pieces.append("")
            room = width
        pieces[-1] += letter
        room -= needed
    return pieces


def _cut(line: str, width: float, size: float) -> str:
    """A line that goes on, with an ellipsis within `width` pixels."""
    while len(line) > 1 and text_width(f"{line}…", size) > width:
        line = line[:-1]
    return f"{line}…"


def widest(lines: Iterable[object]) -> float:
    """Pixels of the widest of single lines, as `limited` has them drawn; 0 without any."""
    return min(max((text_width(str(line)) for line in lines), default=0.0), LONGEST)


def limited(lines: Iterable[object], most: float = LONGEST, by: str = "limit") -> dict[str, Any]:
    """What has a mark, an axis or a legend end single lines wider than `most` pixels in an ellipsis, if there are any; `by` is
    what the option is called there."""
    return {by: most} if any(text_width(str(line)) > most for line in lines) else {}


def drawable(part: Any) -> Any:
    """Nested values with whatever no drawing can hold, or would command it, made visible in each text.

    The engine that draws ends the whole process over a character that XML has no place for.
    """
    if isinstance(part, str):
        return printable(part)
    if isinstance(part, Mapping):
        return {drawable(name): drawable(value) for name, value in part.items()}
    return [drawable(each) for each in part] if isinstance(part, list | tuple) else part
