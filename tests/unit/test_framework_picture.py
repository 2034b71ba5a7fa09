"""The framework's picture: what bears on an edge is worked out here by hand."""

import pytest

from crimjust_research.evidence.rule import CONTRARY, NO_DATA, NOT_ANSWERABLE, SUGGESTIVE, SUPPORTED, UNDECIDED
from crimjust_research.framework import Edge, Framework, Node
from crimjust_research.questions.evaluation import picture

GRADES = {
    "01_one#firm": SUPPORTED,
    "01_one#against": CONTRARY,
    "02_two#hint": SUGGESTIVE,
    "02_two#open": UNDECIDED,
    "03_three#blind": NOT_ANSWERABLE,
}


def edge(*estimates: str) -> Edge:
    return Edge(source="a", target="b", assumption="it holds", threat="it may not", estimates=estimates)


@pytest.mark.parametrize(
    ("estimates", "evidence"),
    [
        ((), NO_DATA),
        (("04_four#counted",), picture.NOT_GRADED),
        (("01_one#firm",), SUPPORTED),
        (("01_one#firm", "04_four#counted"), SUPPORTED),
        (("01_one#firm", "02_two#hint"), SUGGESTIVE),
        (("02_two#hint", "03_three#blind", "02_two#open"), NOT_ANSWERABLE),
        (("01_one#against", "03_three#blind"), CONTRARY),
    ],
)
def test_an_edge_is_drawn_by_the_weakest_grade_and_what_speaks_against_it_is_never_hidden(
    estimates: tuple[str, ...], evidence: str
) -> None:
    assert picture.together(estimates, GRADES) == evidence


def test_frames_have_a_row_a_node_by_level_and_a_row_an_edge_in_words() -> None:
    framework = Framework.model_construct(  # of two nodes without indicators, which no file may hold
        nodes=(
            Node(key="b", level="end", label="An end in full", short="An end", items=()),
            Node(key="a", level="cost", label="A cost in full", short="A cost", items=("costs/component_1",)),
        ),
        edges=(edge("02_two#hint", "04_four#counted"),),
        indicators=(),
        criteria=(),
    )
    assert picture.nodes(framework).to_numpy().tolist() == [["a", "A cost", "Costs"], ["b", "An end", "Ends"]]
    (row,) = picture.edges(framework, GRADES).to_dict("records")
    assert (row["leads_from"], row["leads_to"], row["evidence"]) == ("A cost", "An end", SUGGESTIVE)
    assert row["estimates"] == "02_two#hint 04_four#counted"


def test_every_grade_has_a_look() -> None:
    assert set(GRADES.values()) | {NO_DATA, picture.NOT_GRADED} <= set(picture.LOOKS)
    assert len(set(picture.LOOKS.values())) == len(picture.LOOKS)
