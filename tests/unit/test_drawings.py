"""Drawings within a page: they look as they did, with fewer bytes."""

import re

from crimjust_research.report import drawings, outlines


def inlined(marks: str, of_root: str = "") -> str:
    """Marks as a page holds them."""
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg"{of_root}><title>A</title>{marks}</svg>'
    return drawings.inline(drawings.lightened(drawn.encode()), "p").partition(">")[2].removesuffix("</svg>")


def test_drawings_keep_their_shape_in_fewer_bytes() -> None:
    # 536.31602 has five digits 536.32; 0.049 and -0.04 round to 0, never to -0; other numbers stay as they are.
    assert inlined(
        '<g class="a" onclick="b()" transform="translate(536.3160230,-1.987) scale(0.0625)" clip-path="url(#c)">'
        '<path d="M0.049,-0.04L12.3456,7e1" opacity="1" stroke-opacity="0.123" />'
        '<text font-family="Arial">A</text><text font-family="Arial" opacity="0.5">0.123456</text></g>'
    ) == (
        '<g transform="translate(536.32,-1.987) scale(0.0625)" clip-path="url(#p-c)">'
        '<path stroke-opacity="0.123" d="M0 0l12.3 70"/><text>A</text><text opacity="0.5">0.123456</text></g>'
    )


def places(outline: str) -> list[tuple[float, float]]:
    """Where a pen stands after each step of an outline that a page holds."""
    x = y = 0.0
    stood = []
    for letter, told in re.findall(r"([Mlhv])([^Mlhv]*)", outline):
        numbers = [float(number) for number in re.findall(r"-?\d*\.?\d+", told)]
        steps = {"h": [(n, 0.0) for n in numbers], "v": [(0.0, n) for n in numbers]}
        for right, down in steps.get(letter, list(zip(numbers[::2], numbers[1::2], strict=False))):
            x, y = (right, down) if letter == "M" else (x + right, y + down)
            stood.append((x, y))
    return stood


def test_places_of_an_outline_do_not_drift() -> None:
    steps = [(round(7 + 0.333 * k, 3), round(5 - 0.249 * k, 3)) for k in range(300)]
    shown = outlines.shortened("M" + "L".join(f"{x},{y}" for x, y in steps), 0.26, -3.0)
    assert shown is not None
    path = places(shown)
    assert len(path) == 300
    for (ax, ay), (bx, by) in zip(steps, path, strict=True):
        assert abs(ax + 0.26 - bx) <= 0.0501
        assert abs(ay - 3 - by) <= 0.0501


def test_marks_stand_where_they_stood() -> None:
    assert inlined('<text transform="translate(3.25,0.5)">A</text>') == '<text x="3.2" y="0.5">A</text>'
    # Lines of a text have places of their own, which a move carries along.
    lines = '<text transform="translate(3,1)"><tspan x="0">A</tspan><tspan x="0" dy="13">B</tspan></text>'
    assert inlined(lines) == lines
    turned = '<text transform="translate(3,1) rotate(-90) translate(0,4)">A</text>'
    assert inlined(turned) == turned
    assert inlined('<line transform="translate(0.5,2.5)" x2="-5" y2="0" stroke="red"/>') == (
        '<path stroke="red" d="M.5 2.5h-5"/>'
    )
    circle = "M2.8,0A2.8,2.8,0,1,1,-2.8,0A2.8,2.8,0,1,1,2.8,0"
    assert inlined(f'<path transform="translate(7.04,9)" d="{circle}"/>') == '<circle cx="7" cy="9" r="2.8"/>'
    curve = '<path transform="translate(7,9)" d="M0,0C1,1,2,2,3,3"/>'
    assert inlined(curve) == curve
    assert (
        inlined('<g transform="translate(0,0)"><path d="M0,0h6.58v15h-6.58Z"/></g>') == '<path d="M0 0h6.6v15h-6.6z"/>'
    )


def test_what_is_not_seen_is_left_out() -> None:
    assert inlined('<text x="1"/><text display="none">A</text><g class="a"><g/></g>') == ""
    assert inlined('<g fill="none"><path d="M0,0h9v9h-9Z"/><path stroke="red" d="M0,0h9"/></g>') == (
        '<g fill="none"><path stroke="red" d="M0 0h9"/></g>'
    )
    assert inlined('<g fill="none"><g stroke="red"><path d="M0,0h9"/></g></g>').count("<path") == 1


def test_strokes_of_one_look_are_drawn_in_one_unless_one_can_see_where_they_cross() -> None:
    both = '<path{0} d="M0 0h9"/><path{0} d="M5 -4v9"/>'
    assert inlined(f'<g fill="none" stroke="red">{both.format("")}</g>') == (
        '<g fill="none" stroke="red"><path d="M0 0h9M5-4v9"/></g>'
    )
    faint = both.format(' opacity="0.5"')
    assert inlined(f'<g fill="none" stroke="red">{faint}</g>').count("<path") == 2
    assert inlined(f'<g fill="red">{both.format("")}</g>').count("<path") == 2


def test_what_all_marks_of_a_group_say_is_written_once() -> None:
    one, two, three = (f'd="M{x} 0h9v9z"/>' for x in (0, 20, 40))
    assert (
        inlined(
            f'<g><path fill="a" stroke="x" {one}<path fill="b" stroke="x" {two}<path fill="b" stroke="y" {three}</g>'
        )
        == f'<g fill="b" stroke="x"><path fill="a" {one}<path {two}<path stroke="y" {three}</g>'
    )
    # One that says nothing would take over what the others say.
    silent = f'<g opacity="0.5"><path fill="a" {one}<path fill="a" {two}<path {three}</g>'
    assert inlined(silent) == silent
