"""A figure's specification laid out anew at twice its width: panels widen, and words stay as large as they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from crimjust_research.charts.axes import names_axis
from crimjust_research.charts.keys import Key
from crimjust_research.charts.quantities import depth
from crimjust_research.charts.theme import LINE_HEIGHT, WIDTH, text_width, wrapped

# Pixels across of a figure that is twice as wide as others.
WIDE = 2 * WIDTH
Part = Mapping[str, Any]
_UPRIGHT = -90
# What the house's axes of names tell; one that tells anything else is somebody's own.
_OF_NAMES = {
    *("labelAngle", "labelAlign", "labelBaseline", "labelExpr", "labelLimit", "labelPadding"),
    *("orient", "ticks", "domain", "values"),
}
_KEYED = ("color", "shape", "strokeDash", "strokeWidth", "size")


def widened(specification: Part) -> dict[str, Any]:
    """The specification of a chart for `WIDTH` pixels, with as many more for its panels as make it `WIDE`.

    Panels beside each other share them, those below each other have all of them. Maps and whatever else is drawn in equal units
    across and down grow in height as well. A chart that tells no width stays as it is.
    """
    return _Wider(specification.get("datasets", {})).chart(specification, WIDE - WIDTH)


class _Wider:
    """What widens charts of these data sets, rows by name."""

    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._rows = rows

    def chart(self, part: Part, more: int) -> dict[str, Any]:
        """A chart `more` pixels wider, whether of one panel or of many."""
        how = next((how for how in ("concat", "vconcat", "hconcat") if how in part), None)
        if how is None:
            return self._panel(part, more, 0)
        panels = list(part[how])
        made = dict(part)
        if isinstance(title := part.get("title"), Mapping):
            made["title"] = {**title, "text": _rewrapped(title["text"], WIDE - 8)}
        if how == "vconcat":
            made[how] = [self.chart(panel, more) for panel in panels]
        elif how == "hconcat":  # what stands left of another chart only moves it to the right
            made[how] = [*panels[:-1], self.chart(panels[-1], more)]
        else:
            beside = min(part.get("columns", len(panels)), len(panels))
            spared = LINE_HEIGHT * (_deepest(panels) - _deepest([_with_head(panel) for panel in panels]))
            made[how] = [
                self._panel(p, more // beside, spared) if "layer" in p else self.chart(p, more // beside)
                for p in panels
            ]
            if spared and isinstance(apart := part.get("spacing"), Mapping):
                made["spacing"] = {**apart, "row": apart["row"] - spared}
        return made

    def _panel(self, part: Part, more: int, spared: int) -> dict[str, Any]:
        """A panel of layers that much wider: marks at a number of pixels stand where they did, as seen from its edges, and keys
        as far above it as it takes now that heads spare so many pixels."""
        old, height = part.get("width"), part.get("height")
        if not isinstance(old, int | float):
            return dict(part)
        new = old + more
        if "layer" not in part:
            return {**_layer(part, old, new), "width": new}
        made = {**_with_head(part), "width": new}
        if isinstance(height, int | float) and "projection" in part:
            made["height"] = tall = round(height * new / old)
            made["projection"] = _magnified(part["projection"], new, tall, new / old)
        elif isinstance(height, int | float) and _counts_pixels(part):
            # Words around what is drawn need no more room than before.
            made["height"] = tall = round(height + 2 * self._reach(part) * (new / old - 1))
            made["layer"] = [_with_domain(layer, tall * old / new) for layer in made["layer"]]
        freed = _freed(part, old, new)
        made["layer"] = [_lowered(_layer(layer, old, new), freed) for layer in made["layer"]]
        made["layer"] = _with_keys(made["layer"], spared + freed)
        return made

    def _reach(self, part: Part) -> float:
        """How far from the middle marks of a panel stand, down or up, in the units of its axis."""
        places = (
            row[layer["encoding"]["y"]["field"]]
            for layer in part["layer"]
            for row in self._rows.get(layer["data"].get("name"), [])
        )
        return max(abs(float(place)) for place in places)


def _magnified(projection: Part, width: float, height: float, factor: float) -> dict[str, Any]:
    """A map's projection on so many pixels; one that fits itself to its panel does so again."""
    made = dict(projection)
    if "scale" in made:
        made["scale"] *= factor
    if "clipExtent" in made:
        made["clipExtent"] = [[0, 0], [width, height]]
    return made


def _counts_pixels(part: Part) -> bool:
    """Whether the axes of a panel count pixels, so that a unit across is as long as one down."""
    scales = [layer.get("encoding", {}).get(side, {}).get("scale") for layer in part["layer"] for side in ("x", "y")]
    spans = [scale["domain"][-1] - scale["domain"][0] for scale in scales if _is_of_numbers(scale)]
    return len(spans) == len(scales) and set(spans) == {part["width"], part["height"]}


def _is_of_numbers(scale: Any) -> bool:
    return isinstance(scale, Mapping) and all(isinstance(end, int | float) for end in scale.get("domain") or ["none"])


def _with_domain(layer: Part, span: float) -> dict[str, Any]:
    """A layer whose vertical axis has this many units, as many on either side of nothing."""
    y = layer["encoding"]["y"]
    scale = {**y["scale"], "domain": [-span / 2, span / 2]}
    return {**layer, "encoding": {**layer["encoding"], "y": {**y, "scale": scale}}}


def _layer(layer: Part, old: float, new: float) -> dict[str, Any]:
    encoding = dict(layer.get("encoding", {}))
    for side in ("x", "x2"):
        if side not in encoding:
            continue
        place = dict(encoding[side])
        if isinstance(at := place.get("value"), int | float):
            place["value"] = at if at < 0 else at + new - old if at > old else at * new / old
        if place.get("title"):
            place["title"] = _rewrapped(place["title"], new)
        if isinstance(axis := place.get("axis"), Mapping):
            place["axis"] = _axis(axis, place, old, new)
        encoding[side] = place
    made = {**layer, **({"encoding": encoding} if encoding else {})}
    mark = layer.get("mark")
    if isinstance(mark, Mapping) and isinstance(offset := mark.get("xOffset"), int | float):
        made["mark"] = {**mark, "xOffset": offset * new / old}
    return made


def _axis(axis: Part, place: Part, old: float, new: float) -> dict[str, Any]:
    """A horizontal axis with more ticks, where it chooses them itself; names stand level again where they now fit."""
    names = place.get("sort")
    if (
        isinstance(names, list)
        and set(axis) <= _OF_NAMES
        and ("orient" not in axis or axis.get("labelAngle") == _UPRIGHT)
    ):
        above = {name: axis[name] for name in ("orient", "ticks", "domain") if name in axis}
        return dict(names_axis(names, new / len(names), **above).to_dict())
    if isinstance(ticks := axis.get("tickCount"), int) and "values" not in axis:
        return {**axis, "tickCount": int(ticks * new / old)}
    return dict(axis)


def _freed(part: Part, old: float, new: float) -> int:
    """Pixels above a matrix that upright names of its columns take, and level ones do not."""
    for layer in part["layer"]:
        x = layer.get("encoding", {}).get("x", {})
        axis = x.get("axis")
        is_above = isinstance(axis, Mapping) and axis.get("orient") == "top" and axis.get("labelAngle") == _UPRIGHT
        if is_above and isinstance(x.get("sort"), list):
            names = x["sort"]
            return round(depth(names, old / len(names)) - depth(names, new / len(names)))
    return 0


def _rewrapped(lines: str | list[str], width: float) -> list[str]:
    """Words in lines as wide as there is room now, and no narrower than they were."""
    lines = [lines] if isinstance(lines, str) else lines
    return wrapped(" ".join(lines), max(width, *map(text_width, lines)))


# Heads: the names of panels, which stand over each -----------------------------------------------------------------------


def _is_head(layer: Part) -> bool:
    mark, y = layer.get("mark"), layer.get("encoding", {}).get("y", {})
    is_bold = isinstance(mark, Mapping) and isinstance(mark.get("text"), list) and mark.get("fontWeight") == "bold"
    return is_bold and "value" in y


def _with_head(part: Part) -> dict[str, Any]:
    """A panel whose name has as many lines as half the width takes, the last where it was."""
    if "layer" not in part:
        return dict(part)
    layers = []
    for layer in part["layer"]:
        if _is_head(layer):
            before = layer["mark"]["text"]
            text = _rewrapped(before, (WIDE / 2 - 12) / 1.08)
            head = {**layer, "mark": {**layer["mark"], "text": text}}
            layers.append(_moved(head, LINE_HEIGHT * (len(before) - len(text))))
        else:
            layers.append(layer)
    return {**part, "layer": layers}


def _deepest(panels: Sequence[Part]) -> int:
    """Lines of the longest name of a panel."""
    heads = (layer for panel in panels for layer in panel.get("layer", []) if _is_head(layer))
    return max((len(head["mark"]["text"]) for head in heads), default=0)


def _lowered(layer: dict[str, Any], down: int) -> dict[str, Any]:
    return _moved(layer, down) if down and _is_head(layer) else layer


def _moved(head: dict[str, Any], down: int) -> dict[str, Any]:
    y = head["encoding"]["y"]
    return {**head, "encoding": {**head["encoding"], "y": {**y, "value": y["value"] + down}}}


# Keys --------------------------------------------------------------------------------------------------------------------


def _with_keys(layers: list[dict[str, Any]], down: int) -> list[dict[str, Any]]:
    """Layers whose legends have as many columns as the width now holds, and stand lower by what that spares, and by `down`."""
    found: dict[float, Key] = {}
    for _, channel in _keyed(layers):
        legend = channel["legend"]
        names = tuple(legend["values"] if "values" in legend else channel["scale"]["domain"])
        by: Any = "dash" if legend.get("symbolType") == "stroke" else "shape"
        found[legend["legendY"]] = Key(channel["field"], names, by, channel.get("title") or "")
    places: dict[float, Part] = {}
    lower: float = down
    for top in sorted(found, reverse=True):
        own = replace(found[top], wide=WIDE)
        lower += found[top].height - own.height
        places[top] = {"columns": own.columns, "legendY": top + lower}
    made = [{**layer, "encoding": dict(layer["encoding"])} if "encoding" in layer else layer for layer in layers]
    for layer in made:
        for name, channel in list(_keyed([layer])):
            legend = channel["legend"]
            layer["encoding"][name] = {**channel, "legend": {**legend, **places[legend["legendY"]]}}
    return made


def _keyed(layers: Sequence[Part]) -> Iterator[tuple[str, Part]]:
    """Encodings that have a legend placed in pixels, by channel."""
    for layer in layers:
        for name in _KEYED:
            channel = layer.get("encoding", {}).get(name)
            if not isinstance(channel, Mapping) or "legendY" not in (legend := channel.get("legend") or {}):
                continue
            if "values" in legend or "domain" in (channel.get("scale") or {}):
                yield name, channel
