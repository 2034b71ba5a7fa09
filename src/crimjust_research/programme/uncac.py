"""The review mechanism of the UN Convention against Corruption (UNCAC), its findings and its 23 challenges."""

from crimjust_research.programme.model import Challenge, Chapter, Fact, about, over, stated

REVIEW_MECHANISM = (
    Fact(
        key="launch",
        label="Implementation Review Mechanism launched, UNODC its secretariat",
        wording="the Mechanism), which was launched in 2010",
        place="Q2, I, paragraph 1",
        date="2010",
    ),
    Fact(
        key="peer_review",
        label="States parties are reviewed by peers",
        wording="Through a peer review process",
        place="Q2, I, paragraph 1",
    ),
    Fact(
        key="desk_review",
        label="First stage: a desk review",
        wording="Through a desk review",
        place="Q2, I, paragraph 1",
    ),
    Fact(
        key="joint_dialogue",
        label="Second stage: a joint dialogue, as a rule a country visit",
        wording="usually in the form of a three-day country visit",
        place="Q2, I, paragraph 1",
        quantity=stated(3, "days"),
    ),
    Fact(
        key="self_assessment_question",
        label="The State under review says whether it needs technical assistance",
        wording="require technical assistance for the (full) implementation of the article under review",
        place="Q2, II, paragraph 1",
    ),
    Fact(
        key="report_needs",
        label="The country report states technical assistance needs",
        wording="a country report that includes technical assistance needs",
        place="Q2, II, paragraph 1",
    ),
    Fact(
        key="report_recommendations",
        label="The country report recommends how to close gaps",
        wording="recommendations to bridge implementation gaps",
        place="Q2, II, paragraph 1",
    ),
    Fact(
        key="report_good_practices",
        label="The country report names successes and good practices",
        wording="identified successes and good practices",
        place="Q2, II, paragraph 1",
    ),
    Fact(
        key="executive_summary",
        label="Its executive summary is public",
        wording="an executive summary that is made public as an official document",
        place="Q2, II, paragraph 1",
    ),
)

REVIEW_FINDINGS = (
    Fact(
        key="states_reviewed",
        label="States parties that have completed their country reviews",
        wording="173 States parties that have completed their country reviews",
        place="Q2, II, paragraph 1",
        quantity=stated(173, "States"),
    ),
    Fact(
        key="implementation_gaps",
        label="Implementation gaps identified across those States",
        wording="some 8,000 implementation gaps",
        place="Q2, II, paragraph 1",
        quantity=about(8_000, "gaps", rounded_to=1_000),
    ),
    Fact(
        key="technical_assistance_needs",
        label="Technical assistance needs identified across those States",
        wording="over 4,000 technical assistance needs",
        place="Q2, II, paragraph 1",
        quantity=over(4_000, "needs"),
    ),
    Fact(
        key="states_expressing_need",
        label="Share of States parties that have asked for technical assistance",
        wording="two thirds of States parties have expressed the need",
        place="Q2, II, paragraph 2",
        quantity=stated(2 / 3, "share"),
    ),
    Fact(
        key="reviews_without_challenges",
        label="Reviews concluded without a challenge or gap being found",
        wording="no review has been concluded without the identification of challenges and gaps",
        place="Q2, II, paragraph 2",
        quantity=stated(0, "reviews"),
    ),
    Fact(
        key="needs_addressable",
        label="UNODC can meet only a fraction of the needs, with extrabudgetary money alone",
        wording="Only a fraction of the over 4,000 needs can be addressed by UNODC",
        place="Q2, II, paragraph 2",
    ),
    Fact(
        key="starting_point",
        label="Challenges and needs together are where tailored interventions start",
        wording="serves as a starting point to better prevent and fight corruption",
        place="Q2, II, paragraph 2",
    ),
    Fact(
        key="kinds_of_gap",
        label="Gaps lie in legal and institutional frameworks or in the operational capacity to implement",
        wording="issues related to the legal and institutional frameworks in place and to the operational capacity",
        place="Q2, I, paragraph 2",
    ),
    Fact(
        key="mutual_legal_assistance_routine",
        label="Laws are often there, but many States lack experience and routine in mutual legal assistance, so "
        "requests take long or fail",
        wording="lack experience and routine in mutual legal assistance",
        place="Q2, I, paragraph 3",
    ),
)


CHAPTERS = (
    Fact("chapter_II", "Preventive measures", "Preventive measures", "Q2, I, Chapter II"),
    Fact(
        "chapter_III",
        "Criminalization and law enforcement",
        "Criminalization and law enforcement",
        "Q2, I, Chapter III",
    ),
    Fact("chapter_IV", "International cooperation", "International cooperation", "Q2, I, Chapter IV"),
    Fact("chapter_V", "Asset recovery", "Asset recovery", "Q2, I, Chapter V"),
)


def _chapter(chapter: Chapter, *challenges: tuple[str, str, str]) -> tuple[Challenge, ...]:
    return tuple(
        Challenge(key, chapter, label, wording, f"Q2, I, Chapter {chapter}, bullet {position}")
        for position, (key, label, wording) in enumerate(challenges, start=1)
    )


CHALLENGES = (
    *_chapter(
        "II",
        (
            "public_sector_integrity",
            "Transparency and integrity of the public sector",
            "public sector transparency and integrity",
        ),
        ("private_sector", "Prevention of corruption in the private sector", "corruption in the private sector"),
        ("codes_of_conduct", "Codes of conduct for public officials", "codes of conduct for public officials"),
        ("procurement", "Public procurement and budgeting", "public procurement and budgeting"),
        ("money_laundering", "Prevention of money-laundering", "the prevention of money-laundering"),
    ),
    *_chapter(
        "III",
        (
            "freezing_and_confiscation",
            "Freezing, seizing and confiscating assets",
            "freezing, seizure and confiscation of assets",
        ),
        (
            "value_based_confiscation",
            "No measures that enable confiscation, value-based included",
            "including value-based confiscation",
        ),
        ("proceeds_definition", "Proceeds of crime defined too narrowly", "too narrow a definition of proceeds"),
        (
            "asset_administration",
            "Capacity of authorities and administration of frozen or seized assets",
            "administration of frozen or seized assets",
        ),
        (
            "prosecution",
            "Prosecution, adjudication and sanctions",
            "prosecution, adjudication and sanctions",
        ),
        ("jurisdiction", "Jurisdiction", "challenges related to jurisdiction"),
    ),
    *_chapter(
        "IV",
        (
            "mutual_legal_assistance",
            "Ability to give mutual legal assistance",
            "ability to render mutual legal assistance",
        ),
        ("law_enforcement_cooperation", "Law enforcement cooperation", "effective law enforcement cooperation"),
        (
            "joint_teams_and_technology",
            "Joint investigative teams and use of modern technology",
            "joint investigative teams, the use of modern technology",
        ),
        ("extradition", "Extradition", "extradition"),
        ("extraditable_offences", "Narrow lists of extraditable offences", "narrow lists of extraditable offences"),
        ("minimum_penalties", "Minimum penalties for extradition", "minimum penalty thresholds for extradition"),
        ("dual_criminality", "Dual criminality requirements", "dual criminality requirements"),
    ),
    *_chapter(
        "V",
        (
            "transfers_of_proceeds",
            "Preventing and detecting transfers of proceeds",
            "prevention and detection of transfers of proceeds",
        ),
        (
            "non_conviction_based",
            "Confiscation without conviction lacking",
            "the lack of non-conviction-based confiscation",
        ),
        (
            "foreign_orders",
            "Foreign orders of confiscation without conviction not enforceable",
            "inability to enforce foreign non-conviction-based confiscation orders",
        ),
        (
            "proactive_freezing",
            "Proactive freezing orders",
            "the proactive issuance of freezing orders",
        ),
        (
            "asset_recovery_units",
            "Specialised asset recovery units to be set up",
            "establishment of specialized asset recovery units",
        ),
    ),
)
