"""Parameters of the scorecard: types, bounds and a sentence each."""

from crimjust_research.questions.parameters import ConfidenceLevel
from crimjust_research.study import StudyParams


class Params(StudyParams):
    """What a person may change in the scorecard."""

    confidence_level: ConfidenceLevel
