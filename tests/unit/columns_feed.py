"""What each column of the eleven templates is for: the estimate, table or telling apart that it goes into.

A column that feeds nothing would be asked for in vain; `test_own_records_steps.py` changes each and looks for what moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from crimjust_research.questions.cascade.cases import COOPERATION, SUPPORT

KEY = "tells rows apart"
PERIOD = "which records fall into the period"
SOURCE = "day of the records, in the source of every figure"
LISTED, TOTALS, BY_ROLE, BY_GROUP = "table of what is listed", "table of totals", "defendants by role", "told apart by"

FEEDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "cases": {
            "case_id": "defendants, assets and requests: support and clusters",
            "country": BY_GROUP,
            "seizure_date": "cases.opened_180",
            "drug": "cases.opened_180.adjusted",
            "kilograms": "cases.opened_180.adjusted",
            "precursor_involved": "cases.opened_180.adjusted",
            "investigation_opened": "cases.opened_180",
            "prosecution_started": "stage.pass",
            "charges": LISTED,
            "disposition_date": "stage.pass",
            "disposition": "stage.pass",
            COOPERATION: "cases.opened_180.adjusted",
            SUPPORT: "cases.opened_180.supported_difference",
            "as_of": "cases.opened_180",
        },
        "defendants": {
            "defendant_id": KEY,
            "case_id": "defendants.women",
            "role": "defendants.role",
            "sex": "defendants.women",
            "charged": PERIOD,
            "decided": BY_ROLE,
            "outcome": BY_ROLE,
            "pretrial_days": "defendants.pretrial_median",
            "legal_aid": "defendants.legal_aid",
            "as_of": SOURCE,
        },
        "cooperation_requests": {
            "request_id": KEY,
            "case_id": "requests.answer.hazard_ratio",
            "requesting": BY_GROUP,
            "requested": LISTED,
            "kind": "requests.answer.hazard_ratio",
            "sent": "requests.answer_median",
            "answered": "requests.answer_median",
            "outcome": "requests.granted",
            "programme_supported": "requests.granted.supported_difference",
            "as_of": "requests.answer_median",
        },
        "assets": {
            "asset_id": KEY,
            "case_id": "assets.confiscated_share",
            "kind": LISTED,
            "frozen": PERIOD,
            "value_frozen": "assets.confiscated_share",
            "confiscated": "assets.confiscated_share",
            "value_confiscated": "assets.confiscated_share",
            "as_of": SOURCE,
        },
        "trainings": {
            "training_id": "trainings.women",
            "start": TOTALS,
            "end": TOTALS,
            "topic": LISTED,
            "host": LISTED,
            "country": BY_GROUP,
            "agency": LISTED,
            "participants": TOTALS,
            "women": "trainings.women",
            "men": "trainings.women",
            "speakers": "trainings.women_speakers",
            "women_speakers": "trainings.women_speakers",
        },
        "knowledge_tests": {
            "training_id": "tests.gain",
            "person_code": KEY,
            "country": BY_GROUP,
            "agency": LISTED,
            "sex": BY_GROUP,
            "tested": "tests.lost",
            "before": "tests.gain",
            "after": "tests.gain",
            "follow_up": "tests.gain_kept",
            "as_of": "tests.lost",
        },
        "equipment": {
            "equipment_id": KEY,
            "country": BY_GROUP,
            "agency": LISTED,
            "item": LISTED,
            "units": TOTALS,
            "value": TOTALS,
            "delivered": PERIOD,
            "due_diligence": "equipment.due_diligence",
            "training_id": "equipment.training",
            "in_use_at_6_months": "equipment.in_use",
            "as_of": SOURCE,
        },
        "forums": {
            "forum_id": KEY,
            "held": PERIOD,
            "host": LISTED,
            "countries": LISTED,
            "case_ids": TOTALS,
            "actions_agreed": "forums.actions_done",
            "actions_done": "forums.actions_done",
            "as_of": SOURCE,
        },
        "joint_teams": {
            "team_id": KEY,
            "countries": LISTED,
            "proposed": "teams.signed_median",
            "signed": "teams.signed_median",
            "ended": TOTALS,
            "case_ids": TOTALS,
            "as_of": "teams.signed_median",
        },
        "operations": {
            "operation_id": KEY,
            "countries": LISTED,
            "pre_meeting": "operations.both_meetings",
            "start": TOTALS,
            "end": "operations.both_meetings",
            "post_meeting": "operations.both_meetings",
            "seizures": TOTALS,
            "case_ids": TOTALS,
            "as_of": "operations.both_meetings",
        },
        "expenditure": {
            "activity": "cost.per_training_day",
            "country": BY_GROUP,
            "year": PERIOD,
            "budget": "expenditure.spent_of_budget",
            "spent": "expenditure.spent_of_budget",
        },
    }
)
