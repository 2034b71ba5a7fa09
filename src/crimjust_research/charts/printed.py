"""A figure as files to be printed at a width: text at least seven points high, source and vintage inside each."""

import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

from crimjust_research.charts import drawing, grey
from crimjust_research.charts.theme import TEXT, WIDTH
from crimjust_research.charts.widened import WIDE, widened
from crimjust_research.errors import ParameterError

if TYPE_CHECKING:
    import typst

# Pixels that a drawing has at each width in millimetres, a column's and a page's: its text is then 7.2 points high.
WIDTHS = {85: WIDTH, 170: WIDE}
LEAST = 7  # points that text is high
TALLEST = 215  # millimetres that a sheet has room for, beside a caption
_DOTS, _INCH, _POINTS = 300, 25.4, 72  # of a PNG to the inch; millimetres and points of one
_HEAD = 33  # bytes of a PNG's signature and first chunk
_SIZES = re.compile(r'font-size="([0-9.]+)px"')
# Words and drawing come as inputs, so that nothing in them is taken for a command.
_PAGE = """#set document(title: sys.inputs.title, description: sys.inputs.description, date: none)
#set page(width: float(sys.inputs.width) * 1mm, height: auto, margin: 0pt)
#set text(lang: "en", region: "GB")
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, alt: sys.inputs.description)
"""


@cache
def fonts() -> "typst.Fonts":
    """Arimo, as wide letter by letter as what figures are drawn in, and what typst itself brings; none of the machine's."""
    import typst

    folder = str(resources.files("fontpkg_arimo").joinpath("files"))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder])


@dataclass(frozen=True)
class Printed:
    """A figure drawn for a width in millimetres: its specification, the SVG markup in pixels, and what made it."""

    specification: Mapping[str, Any]
    drawn: str
    millimetres: int
    made: str

    @property
    def title(self) -> str:
        return str(self.specification["usermeta"]["title"])

    @property
    def described(self) -> str:
        """What is seen, its source with vintages, and what made it."""
        source = str(self.specification["usermeta"]["source"]).removesuffix(".")
        return f"{self.specification['description']} Source: {source}. {self.made}"

    def too_high(self) -> Iterator[str]:
        """In a sentence, that it is higher than a sheet has room for, where there is another width."""
        width, height = drawing.size(self.drawn)
        high = height * self.millimetres / width
        if high > TALLEST and self.millimetres < max(WIDTHS):
            yield (
                f"{self.title!r} is {high:.0f} mm high, for which few sheets have room; it is laid out anew at --width "
                f"{max(WIDTHS)}mm"
            )

    def svg(self) -> bytes:
        """The drawing, which knows how wide it is in print."""
        width, height = drawing.size(self.drawn)
        high = height * self.millimetres / width
        sized = self.drawn.replace(
            f'width="{width:g}" height="{height:g}"', f'width="{self.millimetres}mm" height="{high:.2f}mm"', 1
        )
        before, _, after = sized.partition("<desc>")
        return f"{before}<desc>{escape(self.described)}</desc>{after.partition('</desc>')[2]}".encode()

    def png(self) -> bytes:
        """The drawing at 300 dots to the inch, which programs that set it are told."""
        dots = round(self.millimetres / _INCH * _DOTS)
        # A quarter of a dot more, since what a scale makes is rounded down.
        drawn = drawing.converter().svg_to_png(self.drawn, scale=(dots + 0.25) / drawing.size(self.drawn)[0])
        per_metre = round(_DOTS / _INCH * 1000)
        return _with_chunks(
            bytes(drawn),
            (b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
            *(
                (b"iTXt", keyword.encode() + b"\0\0\0en-GB\0\0" + text.encode())
                for keyword, text in (
                    ("Title", self.title),
                    ("Description", self.described),
                    ("Source", str(self.specification["usermeta"]["source"])),
                )
            ),
        )

    def pdf(self) -> bytes:
        """The drawing on a page of its size, its letters embedded, with what is seen for who cannot see it (PDF/UA-1).

        Raises
        ------
        ParameterError
            If no font at hand has one of its letters.
        """
        import typst

        inputs = {
            "svg": self.drawn,
            "title": self.title,
            "description": self.described,
            "width": str(self.millimetres),
        }
        try:
            page = typst.Compiler(_PAGE.encode(), sys_inputs=inputs, font_paths=fonts()).compile(pdf_standards=["ua-1"])
        except typst.TypstError as error:  # such as letters of a script that no font at hand has
            raise ParameterError(
                f"the figure {self.title!r} cannot be written as PDF ({error}); take SVG or PNG"
            ) from None
        return cast(bytes, page)  # one file of one page

    def json(self) -> bytes:
        """The specification, to be restyled, with what made it."""
        about = {**self.specification["usermeta"], "made": self.made, "millimetres": self.millimetres}
        return (json.dumps({**self.specification, "usermeta": about}, indent=1) + "\n").encode()


# How a figure is written, by what its file's name ends in.
FORMS: Mapping[str, Callable[[Printed], bytes]] = {
    "svg": Printed.svg,
    "png": Printed.png,
    "pdf": Printed.pdf,
    "json": Printed.json,
}


def printed(kept: Mapping[str, Any], name: str, millimetres: int, *, made: str, in_grey: bool = False) -> Printed:
    """A figure of results, given by its specification, for a width of `WIDTHS`; `made` says in a sentence what made it.

    Raises
    ------
    ParameterError
        If its text would be less than seven points high, with what to do: it may be wider by design. Or if a colour has no grey.
    """
    # One that is as wide as a page already is drawn there as it is.
    for way in (across(kept, name), kept) if WIDTHS[millimetres] == WIDE else (kept,):
        specification = grey.of(way) if in_grey else dict(way)
        drawn = drawing.svg(specification, name, WIDTHS[millimetres])
        if _points(drawn, millimetres) >= LEAST:
            break
    else:
        raise ParameterError(_too_small(name, drawn, millimetres))
    if in_grey:
        try:
            drawn = grey.drawing(drawn)
        except ValueError as error:
            raise ParameterError(f"the figure {name} cannot be told in grey: {error}") from None
    return Printed(specification, drawn, millimetres, made)


def across(kept: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The specification of a figure for the width of a page: its panels are wider, or, if they would then fill more than a sheet
    below each other, they stand two beside each other. Where the first alone bears the heads of columns, they do not."""
    wide = widened(kept)
    if kept.get("columns") != 1 or _headed_once(kept):
        return wide
    width, height = drawing.size(drawing.svg(wide, name, WIDE))
    return {**kept, "columns": 2} if height / width * 170 > TALLEST else wide


def _headed_once(kept: Mapping[str, Any]) -> bool:
    layers = (layer for panel in kept["concat"] for layer in panel.get("layer", ()))
    return any(layer.get("encoding", {}).get("x", {}).get("axis", "") is None for layer in layers)


def _smallest(drawn: str) -> float:
    """Pixels that the smallest letters of a drawing are high."""
    return min(float(size) for size in _SIZES.findall(drawn))


def _points(drawn: str, millimetres: int) -> float:
    """Points that its smallest letters are high in print."""
    return _smallest(drawn) / drawing.size(drawn)[0] * millimetres / _INCH * _POINTS


def _too_small(name: str, drawn: str, millimetres: int) -> str:
    wider = [width for width in WIDTHS if width > millimetres]
    if _smallest(drawn) < TEXT:
        remedy = f"have its notebook write it {TEXT} pixels high"
    else:
        remedy = f"take it at --width {wider[0]}mm" if wider else "take it from the folder of its results"
    points = _points(drawn, millimetres)
    return f"the text of {name} would be {points:.1f} points high at {millimetres} mm; {remedy}"


def _with_chunks(png: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with these chunks after its first, in place of what it has of their kinds."""
    kinds = {kind for kind, _ in chunks}
    own = b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
    return png[:_HEAD] + own + b"".join(whole for kind, whole in _chunks(png) if kind not in kinds)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kind of each chunk of a PNG after the first, and the whole of it."""
    at = _HEAD
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at : at + 12 + length]
        at += 12 + length
