"""The proposed intervention: two components with their pillars, steps, activities and costs; three outcomes."""

from crimjust_research.programme.model import (
    Component,
    Fact,
    Outcome,
    Quantity,
    WorkStream,
    between,
    stated,
    sum_of_ranges,
)

_ANSWER = "Q1"
_NATURE = "Q1, Annex 1, Nature"
_ESTIMATES = "Q1, Annex 1, Estimates, bullet 1"

DURATION = Fact(
    key="duration",
    label="Period over which each component is costed",
    wording="over 4 years",
    place=_ESTIMATES,
    quantity=stated(4, "years"),
)


def _stream(
    component: int,
    name: str,
    number: int,
    label: str,
    wording: str,
    summary: tuple[str, str],
    *activities: tuple[str, str, str],
) -> WorkStream:
    """A pillar or step; `summary` is (label, wording) in the answer, each activity (key, label, wording)."""
    place = f"{_NATURE}, Component {component}, {name} {number}"
    answer = f"{_ANSWER}, Component {component}" + (f", pillar {number}" if name == "pillar" else "")
    return WorkStream(
        number=number,
        label=label,
        wording=wording,
        place=place,
        summary=Fact(f"{name}_{number}", *summary, place=answer),
        activities=tuple(
            Fact(key, text, phrase, f"{place}, bullet {position}")
            for position, (key, text, phrase) in enumerate(activities, start=1)
        ),
    )


PILLARS = (
    _stream(
        1,
        "pillar",
        1,
        "Criminal justice cooperation across borders, so that drug cases are investigated past the seizure",
        "Transnational criminal justice cooperation",
        (
            "Transnational cooperation: exchange of intelligence and evidence, post-seizure investigation, "
            "joint investigation teams",
            "Transnational cooperation – focusing on exchange of intelligence and evidence",
        ),
        (
            "post_seizure_forums",
            "Post-seizure investigative forums: exchange of intelligence and evidence after significant or "
            "clustered seizures; operational contacts, trust and practice shared between officials against "
            "obstacles of language, law and trust; a case for pursuing financiers and organisers beyond "
            "interdiction",
            "Post-seizure investigative forums",
        ),
        (
            "joint_investigation_teams",
            "Support to joint investigation teams against drug trafficking networks",
            "Supporting joint investigation teams",
        ),
        (
            "prosecution_networks",
            "Anti-drug prosecution networks developed and supported",
            "anti-drug prosecution networks",
        ),
    ),
    _stream(
        1,
        "pillar",
        2,
        "Capacity building: skills to investigate and prosecute cross-border narcotic cases",
        "Capacity Building to provide the skills",
        (
            "Capacity building: skills for cross-border cases, special investigative techniques, financial "
            "investigation, proceeds of crime",
            "special investigative techniques and financial investigation and proceeds of crime",
        ),
        (
            "special_investigative_techniques",
            "Special investigative techniques, controlled deliveries among them, to map, identify and prosecute "
            "networks after a seizure of narcotics or precursors",
            "Special investigative techniques, including controlled deliveries",
        ),
        (
            "case_management",
            "Managing transnational drug investigations and prosecutions",
            "Managing transnational drug investigations and prosecutions",
        ),
        (
            "cyber",
            "Technical training on the cyber side of trafficking: online investigation (dark net, "
            "cryptocurrencies, admissible digital evidence) and prevention of cyber-enabled drug crime",
            "cyber elements of drug trafficking",
        ),
        (
            "formal_cooperation_channels",
            "Training on formal channels of cooperation, extradition and mutual legal assistance included, for "
            "cases of precursors or narcotics",
            "formal channels of criminal justice cooperation",
        ),
        (
            "drug_production_processes",
            "Training on how drugs are produced, the use of precursor chemicals and the legal and health "
            "challenges that follow",
            "drug production processes",
        ),
        (
            "financial_investigation",
            "Financial investigation training: financial intelligence used to choose targets",
            "Financial investigation training",
        ),
        (
            "asset_confiscation",
            "Training on proceeds of crime and confiscation of assets",
            "Proceeds of crime and asset confiscation training",
        ),
    ),
    _stream(
        1,
        "pillar",
        3,
        "Institutional ethics and integrity: where law enforcement is open to organised crime, and which "
        "accountability and transparency mechanisms exist",
        "Strengthening institutional ethics and integrity",
        ("Ethics and integrity: trusted working relationships", "Ethics and Integrity – building trusted"),
    ),
)

STEPS = (
    _stream(
        2,
        "step",
        1,
        "Series of trainings on every stage of the drug and precursor supply chains",
        "Series of trainings",
        (
            "Each cluster of countries trained on aspects of transnational trafficking",
            "a cluster of countries trained on various aspects",
        ),
        (
            "best_practice_trainings",
            "Best practice in profiling, investigating, prosecuting and adjudicating trafficking cases",
            "profiling, investigating, prosecuting and adjudicating",
        ),
        (
            "whole_justice_chain",
            "All actors of the criminal justice chain included, for one standard of knowledge and cooperation "
            "between agencies",
            "include all actors along criminal justice chain",
        ),
        (
            "safe_handling",
            "Best practice in handling narcotics and precursors safely",
            "safe handling narcotics and precursors",
        ),
    ),
    _stream(
        2,
        "step",
        2,
        "Provision of equipment",
        "Provision of equipment",
        ("Each cluster equipped to detect narcotics", "equipped with narcotic detection equipment"),
        (
            "field_testing_equipment",
            "Electronic field drug-testing equipment for law enforcement agencies, with training in its use",
            "field drug-testing equipment",
        ),
    ),
    _stream(
        2,
        "step",
        3,
        "Operational activities that need agencies to work together and use what was trained",
        "Operational activities requiring inter-agency cooperation",
        (
            "Each cluster applies training and equipment in operations",
            "undertake operational activity applying the training and equipment",
        ),
        (
            "concept_of_operations",
            "A concept of operations for each country, to coordinate its arrangements",
            "concept of operations for each country",
        ),
        (
            "real_life_practice",
            "Beneficiaries apply what they learnt in their real professional setting",
            "real-life professional environment",
        ),
        (
            "pre_and_post_operational_meetings",
            "Meetings before and after each operation, to plan targeting and investigation and to draw lessons",
            "Pre- and post-operational meetings",
        ),
    ),
)

COMPONENTS = (
    Component(
        number=1,
        label="Capability of the countries to support and cooperate with source, destination and transit "
        "countries, the United States among them, in transnational drug cases",
        wording="Strengthen the capability of the countries of concern to support and cooperate",
        place=f"{_NATURE}, Component 1",
        summary=Fact(
            key="component_1",
            label="Interventions tried along the cocaine route, replicated in the target countries",
            wording="replicate its interventions successfully applied along the cocaine trafficking route",
            place=f"{_ANSWER}, Component 1",
        ),
        streams=PILLARS,
        cost=Fact(
            key="component_1",
            label="Cost of Component 1 over four years, by the number of groups of partner countries",
            wording="anywhere from $10 to $14 million",
            place=_ESTIMATES,
            quantity=between(10_000_000, 14_000_000, "USD"),
        ),
    ),
    Component(
        number=2,
        label="Capacities and cooperation put to work in a real-life setting, through end-to-end support to "
        "clusters of countries in phases",
        wording="Operationalize capacities and criminal justice cooperation in real-life environment",
        place=f"{_NATURE}, Component 2",
        summary=Fact(
            key="component_2",
            label="Component 1 put to work in end-to-end targeted operations, partner countries together with "
            "other countries of strategic and regional weight",
            wording="end-to-end targeted operations",
            place=f"{_ANSWER}, Component 2",
        ),
        streams=STEPS,
        cost=Fact(
            key="component_2",
            label="Cost of Component 2 over four years, by the number of groups of partner countries",
            wording="anywhere from $4 to $6 million",
            place=_ESTIMATES,
            quantity=between(4_000_000, 6_000_000, "USD"),
        ),
    ),
)


def total_cost() -> Quantity:
    """Cost of both components over four years in USD; the document gives no total, so the ranges are summed."""
    return sum_of_ranges(component.cost.quantity for component in COMPONENTS if component.cost.quantity is not None)


def _outcome(number: int, title: str, quotation: str) -> Outcome:
    return Outcome(number, title, quotation, f"{_NATURE}, Outcome {number}")


OUTCOMES = (
    _outcome(
        1,
        "Drug and precursor markets understood together",
        "Greater understanding of the inherent dynamics between these two markets and the need to prioritize "
        "efforts to prevent both drug and precursor chemical trafficking.",
    ),
    _outcome(
        2,
        "Capacity to investigate and prosecute",
        "Enhanced capacity of law enforcement and criminal justice agencies to investigate and prosecute both "
        "illicit drugs and their precursor chemicals.",
    ),
    _outcome(
        3,
        "Communication and cooperation that last and keep pace",
        "Sustained communication and cooperation between countries to match the rapid and constant development "
        "and diversification of trends and supply chains.",
    ),
)

AZURE_RESULTS = "UNODC, CRIMJUST news on the results of Operation Azure in October and November 2021"

OPERATION_AZURE = (
    Fact(
        key="launch",
        label="Operation Azure launched, CRIMJUST's model adapted to synthetic opioids",
        wording="in 2021, CRIMJUST adapted its model and launched “Operation Azure”",
        place="Q1, Annex 1, Rationale, bullet 5",
        date="2021",
    ),
    Fact(
        key="framework",
        label="Run under the UNODC Opioids Strategy",
        wording="under the framework of the UNODC Opioids Strategy",
        place="Q1, Annex 1, Rationale, bullet 5",
    ),
    Fact(
        key="countries_equipped",
        label="Countries of Latin America, the Caribbean and Africa to be equipped; the document names none",
        wording="to equip thirteen countries in Latin America, the Caribbean and Africa",
        place="Q1, Annex 1, Rationale, bullet 5",
        quantity=stated(13, "countries"),
    ),
    Fact(
        key="countries_in_operation",
        label="Countries that took part in the operation, as UNODC reported its results",
        wording="10 countries",
        place=AZURE_RESULTS,
        quantity=stated(10, "countries"),
    ),
    Fact(
        key="target",
        label="Aimed at synthetic opioids sent by post and courier",
        wording="synthetic opioids trafficking via postal and courier services",
        place="Q1, Annex 1, Rationale, bullet 5",
    ),
    Fact(
        key="method",
        label="Training, technical guidance and operational activity in one sequence",
        wording="a combination of training, technical guidance and operational activity",
        place="Q1, Annex 1, Rationale, bullet 5",
    ),
    Fact(
        key="feedback",
        label="Participants and institutions spoke well of it, the training and equipment above all",
        wording="received positive feedback from participants and their institutions",
        place="Q1, Annex 1, Rationale, bullet 5",
    ),
    Fact(
        key="interagency",
        label="Many reported cooperation between agencies at a level they had not known",
        wording="bolstered interagency collaboration to a level not previously experienced",
        place="Q1, Annex 1, Rationale, bullet 5",
    ),
    Fact(
        key="interdictions",
        label="Its interdictions taken as a sign that the model carries over to any narcotic or precursor",
        wording="interdiction outcomes during its roll-out demonstrated real possibilities",
        place="Q1, Annex 1, Rationale, bullet 6",
    ),
)
