"""Write the region of each country in the Rule of Law Index as a small table of this project.

    python tests/data/published/carry_regions.py PATH_OF_PUBLISHERS_WORKBOOK

The workbook is the World Justice Project's historical data file, as its site offers it. The latest edition is kept.
"""

import sys
from pathlib import Path

import pandas as pd

TARGET = Path(__file__).parent / "rule_of_law_regions" / "regions.csv"


def regions(workbook: Path) -> pd.DataFrame:
    """iso3 and region, as the publisher writes them, of the countries in the latest edition."""
    frame = pd.read_excel(workbook, sheet_name="Historical Data", engine="calamine").astype({"Year": str})
    frame = frame[frame["Year"] == frame["Year"].max()]
    frame = frame.rename(columns={"Country Code": "iso3", "Region": "region"})
    return frame[["iso3", "region"]].sort_values("iso3")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    TARGET.parent.mkdir(exist_ok=True)
    regions(Path(sys.argv[1])).to_csv(TARGET, index=False, lineterminator="\n")
