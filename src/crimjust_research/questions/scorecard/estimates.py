"""What the scorecard's estimates are called: those of the registered questions, under the questions' own names."""

from crimjust_research.study import Kind

ESTIMATES: dict[str, Kind] = {
    "graded": {
        "id": "{id}",
        "outcome": "{outcome}",
        "question": "{question}",
        "estimand": "{estimand}",
        "method": "{method}",
        "specification": "from {notebook}; evidence {grade}; {agree:.0%} of {specifications} specifications agree",
        "unit": "{unit}",
    }
}
