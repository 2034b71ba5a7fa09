"""The forms of chart, and the house style they share: each takes a tidy frame and the names of its columns.

>>> import pandas as pd
>>> from crimjust_research import charts
>>> frame = pd.DataFrame({"year": [2019, 2020, 2021], "rate": [1.0, 1.5, 1.2], "country": "Panama"})
>>> drawn = charts.lines(frame, "year", "rate", by="country", y_title="Rate per 100,000")
>>> drawn.alt
'Line chart. Panama: 1 at 2019, 1.50 at 2020, 1.20 at 2021.'

A form returns what it drew (`Drawn`): the chart, the numbers in it and a text for those who do not see it.
"""

from altair.utils import schemapi

from crimjust_research.charts.diagram import diagram
from crimjust_research.charts.drawn import Drawn, stack
from crimjust_research.charts.estimates import event_study, intervals, specification_curve
from crimjust_research.charts.figure import Figure
from crimjust_research.charts.judged import judged
from crimjust_research.charts.places import country_map as map
from crimjust_research.charts.places import network
from crimjust_research.charts.quantities import bars, heat_map, points, timeline
from crimjust_research.charts.series import lines, power, survival

# A figure is checked against Vega-Lite's schema once, as a whole, and not each of its parts whenever two are put together.
schemapi.disable_debug_mode()

__all__ = [
    "Drawn",
    "Figure",
    "bars",
    "diagram",
    "event_study",
    "heat_map",
    "intervals",
    "judged",
    "lines",
    "map",
    "network",
    "points",
    "power",
    "specification_curve",
    "stack",
    "survival",
    "timeline",
]
