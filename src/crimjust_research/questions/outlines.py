"""Outlines of countries and the points their names are written at, as the form of maps takes them."""

from __future__ import annotations

import re

import pandas as pd

TABLE = "country_outlines"
# Antarctica would take a third of a map of the world.
_LEFT_OUT = ("ATA",)
# A tenth of a degree is less than a pixel on the widest map.
_DECIMALS = 1

Ring = list[list[float]]


def rings_of_countries(outlines: pd.DataFrame) -> list[list[Ring]]:
    """Outer rings of every country of the raw table that has an outline, degrees of longitude and latitude.

    The largest come first, so that enclaves lie on top.
    """
    drawn = outlines.loc[outlines["outline"].notna() & ~outlines["unit"].isin(_LEFT_OUT), "outline"]
    by_size = drawn.str.len().sort_values(ascending=False, kind="stable").index
    return [rings(outline) for outline in drawn.loc[by_size]]


def rings(outline: str) -> list[Ring]:
    """Outer rings of one outline in well-known text."""
    return [
        [[round(float(number), _DECIMALS) for number in point.split()] for point in ring.split(", ")]
        for ring in re.findall(r"\(\(([^()]+)\)\)", outline)
    ]


def points(outlines: pd.DataFrame) -> pd.DataFrame:
    """Longitude and latitude by the code of the country."""
    return outlines.dropna(subset=["iso3"]).set_index("iso3")[["longitude", "latitude"]]
