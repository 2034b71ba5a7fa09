"""Where every item of the source document leads, as a section of the evaluation matrix, and what is wrong with that."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from crimjust_research.coverage import FILE, Lead, Way
from crimjust_research.document import FOLDER, Item
from crimjust_research.errors import DataError, did_you_mean
from crimjust_research.framework import Framework, Indicator
from crimjust_research.report.estimate_rows import SIMULATED, Row, is_known, marked, short
from crimjust_research.report.markdown import head, prose, row

_WAYS: Mapping[Way, str] = {
    "estimate": "An estimate bears on it",
    "record": "A programme must collect it",
    "reason": "Neither",
}
# The kinds of item, as headings say them.
_KINDS = {
    "document": "The document",
    "question": "Questions it answers",
    "aim": "Aims",
    "premise": "Premises",
    "interest": "Common interests",
    "experience": "Experience",
    "condition": "Conditions",
    "operation_azure": "Operation Azure",
    "list": "Lists of countries",
    "phase": "Phases",
    "component": "Components",
    "pillar": "Pillars of Component 1",
    "step": "Steps of Component 2",
    "activity": "Activities",
    "outcome": "Outcomes",
    "claim": "Claims that can be checked",
    "review_mechanism": "How the Convention against Corruption is reviewed",
    "review_finding": "What its reviews find",
    "challenge": "Challenges most often met in reviews",
    "assistance_type": "Types of assistance",
    "delivery": "How assistance is delivered",
    "channel": "Channels of assistance",
    "vienna_task": "Tasks of experts at headquarters",
    "adviser": "Advisers",
    "platform": "Regional platforms",
    "platform_task": "Tasks of regional platforms",
    "hub": "Hubs",
    "hub_task": "Tasks of hubs",
    "partner_body": "Partners",
    "reference": "Works it cites",
}


def faults(
    items: Sequence[Item], leads: Sequence[Lead], framework: Framework, estimates: Mapping[str, Row]
) -> tuple[str, ...]:
    """What is wrong with the leads of items: all of it, each in a phrase.

    `estimates` are the rows of the results by RUN#ID. An item without a lead or with two is a fault, and so is an item, an
    indicator or an estimate that is not there, an estimate without a number or of SIMULATED records, which assess
    nothing, and an indicator that no column holds, neither a publisher's nor one of a programme's own records.
    """
    known = {item.name for item in items}
    led = Counter(name for lead in leads for name in lead.items)
    indicators = {indicator.key: indicator for indicator in framework.indicators}
    found = [
        f"the item {name!r} is not in {FOLDER}; {did_you_mean(name, known)}mend it" for name in led if name not in known
    ]
    found += [f"the item {item.name!r} leads nowhere" for item in items if item.name not in led]
    found += [f"the item {name!r} has {count} leads; keep one" for name, count in led.items() if count > 1]
    for lead in leads:
        of = f"{lead.items[0]!r} leads to"
        for name in lead.estimates:
            if name not in estimates:
                found.append(
                    f"{of} the estimate {name!r}, which no result holds; {did_you_mean(name, estimates)}mend it"
                )
            elif not is_known(estimates[name]):
                found.append(f"{of} the estimate {name!r}, which has no number; name one that has, or say why not")
            elif estimates[name]["data_status"] == SIMULATED:
                found.append(f"{of} the estimate {name!r}, which is of SIMULATED records; name the indicator instead")
        for key in lead.indicators:
            if key not in indicators:
                hint = did_you_mean(key, indicators)
                found.append(f"{of} the indicator {key!r}, which is not in the framework; {hint}mend it")
            elif not (indicators[key].record or indicators[key].measure):
                found.append(f"{of} the indicator {key!r}, which no column holds; say why not under `reason`")
    return tuple(found)


def as_markdown(
    items: Sequence[Item], leads: Sequence[Lead], framework: Framework, estimates: Mapping[str, Row]
) -> str:
    """The section "Every item of the document": how many lead where, then every item by kind.

    Raises
    ------
    DataError
        With every fault of the leads.
    """
    if wrong := faults(items, leads, framework, estimates):
        raise DataError(f"{FILE} cannot be written as a page, mend it there: {'; '.join(wrong)}")
    leads_of = {name: lead for lead in leads for name in lead.items}
    by_kind: dict[str, list[Item]] = {kind: [] for kind in _KINDS}
    for item in items:
        by_kind[item.kind].append(item)
    indicators = {indicator.key: indicator for indicator in framework.indicators}
    parts = [_introduction(len(items)), "\n".join(_summary(by_kind, leads_of))]
    for kind, of_kind in by_kind.items():
        parts += [f"### {_KINDS[kind]}", "\n".join(_table(of_kind, leads_of, indicators, estimates))]
    return "\n\n".join(parts)


def _introduction(count: int) -> str:
    return f"""## Every item of the document

The document says {count} things; a list of countries is one. Each leads to an estimate that bears on it, to what a
programme must collect, or to the reason why to neither. The items stand in `{FOLDER}`, their leads in
`{FILE}`. An estimate that bears on an item need not decide it: what it can and cannot tell stands in its
notebook, and `crimjust explain` tells where it comes from. A summary in the answer of what the annex says in full is no item
of its own, nor is an entry that a claim states."""


def _summary(by_kind: Mapping[str, Sequence[Item]], leads: Mapping[str, Lead]) -> Iterator[str]:
    yield from head("Items", "All", *_WAYS.values())
    everything = [item for of_kind in by_kind.values() for item in of_kind]
    for title, counted in (*((_KINDS[kind], of_kind) for kind, of_kind in by_kind.items()), ("**All**", everything)):
        ways = Counter(leads[item.name].way for item in counted)
        yield row(title, str(len(counted)), *(str(ways[way]) for way in _WAYS))


def _table(
    items: Sequence[Item],
    leads: Mapping[str, Lead],
    indicators: Mapping[str, Indicator],
    estimates: Mapping[str, Row],
) -> Iterator[str]:
    """A row for each lead of items of one kind, in the order of the first of them."""
    yield from head("Items", "Where they lead")
    together: dict[int, list[Item]] = {}
    for item in items:
        together.setdefault(id(leads[item.name]), []).append(item)
    for of_lead in together.values():
        named = "<br>".join(f"{prose(item.label)} ({item.place})" for item in of_lead)
        yield row(named, "<br>".join(_told(leads[of_lead[0].name], indicators, estimates)))


def _told(lead: Lead, indicators: Mapping[str, Indicator], estimates: Mapping[str, Row]) -> Iterator[str]:
    for name in lead.estimates:
        found = estimates[name]
        yield f"{prose(found['estimand'])}: {marked(found)} ({short(name)})"
    for indicator in (indicators[key] for key in lead.indicators):
        column = indicator.record or indicator.measure
        assert column  # `faults` refuses an indicator without
        to_do = "To be collected" if indicator.record else "Published"
        yield f"{to_do}: [{prose(indicator.label)}](#{indicator.key}) (`{column.table}.{column.column}`)"
    if lead.reason:
        yield prose(lead.reason)
