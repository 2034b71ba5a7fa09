"""Panels of ratings, scores, treaties and precursor reports on small frames."""

import pandas as pd
import pytest

from crimjust_research.data.panels import evaluations, organized_crime, precursor_reports, treaties
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import fatf, states
from crimjust_research.vocabulary import treaties as known_treaties

RATED = fatf.load()
PROGRAMME = pd.DataFrame(
    [("major", "PER", None), ("proposed_country", "PER", None), ("phase_country", "PER", "phase_2")],
    columns=["kind", "iso3", "group"],
)
ENTRY = pd.DataFrame(
    [("PER", "I", "by", "2017-08", "2016-07-20", "2017-08-31")],
    columns=["iso3", "tier", "precision", "documented", "earliest", "latest"],
)


def report(iso3: str, month: str, kind: str, outcome: str, compliance: str, body: str | None = "APG") -> pd.DataFrame:
    frame = pd.DataFrame({"measure": list(RATED.measures)})
    is_outcome = frame["measure"].str.startswith("IO.")
    frame["rating"] = is_outcome.map({True: outcome, False: compliance})
    return frame.assign(iso3=iso3, month=month, report=kind, body=body)


RATINGS = pd.concat(
    [
        report("PER", "2018-09", "mutual evaluation", "ME", "N/A"),
        report("PER", "2020-03", "follow-up", "ME", "LC", None),
        report("PER", "2023-04", "follow-up", "ME", "C"),
        report("PER", "2023-04", "mutual evaluation", "HE", "PC"),
        report("COG", "2022-09", "mutual evaluation", "LE", "NC", None),
    ],
    ignore_index=True,
)


def test_an_evaluation_has_the_follow_ups_to_it() -> None:
    frame = evaluations.country_evaluations(RATINGS, PROGRAMME, ENTRY).set_index(["iso3", "evaluated"])
    assert list(frame.index) == [("COG", "2022-09"), ("PER", "2018-09"), ("PER", "2023-04")]
    first, second = frame.loc[("PER", "2018-09")], frame.loc[("PER", "2023-04")]
    assert (first["followups"], first["last_report"], first["io_7"], first["r_37_last"]) == (2, "2023-04", 1, 3)
    assert pd.isna(first["r_37_first"])
    assert (second["followups"], second["io_7"], second["r_37_first"], second["r_37_last"]) == (0, 3, 1, 1)
    assert (first["phase"], first["entry_documented"]) == (2, 2017)
    congo = frame.loc[("COG", "2022-09")]
    assert (congo["io_2"], congo["r_40_first"], congo["proposed"]) == (0, 0, False)
    assert pd.isna(congo["body"])


def test_ratings_without_a_measure_make_no_panel() -> None:
    with pytest.raises(DataError, match=r"'fatf_ratings' has no row with measure R\.40"):
        evaluations.country_evaluations(RATINGS[RATINGS["measure"] != "R.40"], PROGRAMME, ENTRY)


def test_scores_keep_their_edition_beside_the_programme() -> None:
    names = [field.name for field in organized_crime.ORGANIZED_CRIME_INDEX.fields[2:]]
    scores = pd.DataFrame([("PER", 2023, *[2.5] * len(names))], columns=["iso3", "edition", *names])
    frame = organized_crime.organized_crime_edition(scores, PROGRAMME, ENTRY)
    assert frame[["iso3", "edition", "cocaine", "phase"]].to_numpy().tolist() == [["PER", 2023, 2.5, 2]]


def test_a_year_of_consent_is_empty_where_there_was_none() -> None:
    names = list(known_treaties.load().by_name)
    rows = [(name, "PER", "1990-01-02") for name in names] + [(names[0], "COG", None)]
    frame = treaties.country_treaties(pd.DataFrame(rows, columns=["treaty", "iso3", "consent"]), PROGRAMME, ENTRY)
    assert frame["iso3"].tolist() == ["COG", "PER"]
    years = frame.set_index("iso3")[[f"{name}_consent" for name in names]]
    assert years.loc["COG"].isna().all()
    assert (years.loc["PER"] == 1990).all()
    lost = pd.DataFrame(rows[1:-1], columns=["treaty", "iso3", "consent"])
    with pytest.raises(DataError, match=f"'treaties' has no row with treaty {names[0]}"):
        treaties.country_treaties(lost, PROGRAMME, ENTRY)


def test_precursors_nobody_reported_are_zero_where_the_family_was_reported() -> None:
    family = pd.DataFrame(
        [
            (half, state, substance, n)
            for half in ("2024H1", "2024H2")
            for state, substance, n in (("OH", "Fentanyl", 10), ("OH", "4-ANPP", 4), ("TX", "Fentanyl", 2))
        ],
        columns=["half_year", "state", "substance", "reports"],
    )
    materials = pd.DataFrame(
        [
            ("2024H1", "OH", "4_anpp", 3),
            ("2024H1", "OH", "4_anpp", 1),
            ("2024H2", "OH", None, 2),
            ("2024H2", "PR", "4_ap", 9),
        ],
        columns=["half_year", "state", "falls_under", "reports"],
    )
    controls = pd.DataFrame(
        [
            ("2019-05", "USA", "4_ap", "targeted", "published"),
            ("2020-05", "USA", "4_ap benzylfentanyl", "targeted", "in_force"),
            ("2018-01", "USA", "unnamed", "broad", "in_force"),
            ("2024-03", "UN", "1_boc_4_piperidone", "targeted", "voted"),
        ],
        columns=["month", "jurisdiction", "substances", "kind", "status"],
    )
    frame = precursor_reports.halfyear_state_precursors(family, materials, controls)
    assert len(frame) == 2 * len(states.load().states) * frame["precursor"].nunique()
    cell = frame.set_index(["half_year", "state", "precursor"])
    assert cell.loc[("2024H1", "OH", "4_anpp"), ["reports", "reports_family"]].tolist() == [4, 14]
    assert cell.loc[("2024H2", "OH", "none"), "reports"] == 2
    assert cell.loc[("2024H1", "TX", "4_anpp"), ["reports", "reports_family"]].tolist() == [0, 2]
    assert cell.loc[("2024H1", "AK", "4_anpp"), ["reports", "reports_family"]].isna().all()
    dates = frame.drop_duplicates("precursor").set_index("precursor")
    assert dates.loc["4_ap", "controlled_usa"] == "2020-05"
    assert dates.loc["1_boc_4_piperidone", "controlled_un"] == "2024-03"
    assert dates["controlled_chn"].isna().all()
