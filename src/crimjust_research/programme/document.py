"""The document the registry encodes, the questions it answers, its reasoning and the works it cites."""

from crimjust_research.programme.model import Fact

DOCUMENT = Fact(
    key="responses_2021",
    label="UNODC's answers to questions for the record from Senator Sheldon Whitehouse, U.S. Senate Caucus on "
    "International Narcotics Control, after its hearing on the illicit drug trade and corruption",
    wording="Responses to Questions for the Record from Senator Sheldon Whitehouse",
    place="Title",
    date="2021-12-12",
)

QUESTIONS = (
    Fact(
        key="expand",
        label="Can CRIMJUST cover other drugs and precursors bound for the United States?",
        wording="Can UNODC expand CRIMJUST to cover other types of drugs and their precursor chemicals",
        place="Q1, question",
    ),
    Fact(
        key="resources",
        label="Which further resources would the expansion need?",
        wording="What additional resources will UNODC need",
        place="Q1, resources, question",
    ),
    Fact(
        key="uncac",
        label="What most often keeps countries from complying with UNCAC, and how does UNODC help?",
        wording="What are the most common challenges precluding countries from complying",
        place="Q2, question",
    ),
)

PREMISES = (
    Fact(
        key="replicable",
        label="The model carries over to any narcotic or precursor",
        wording="intervention model is replicable, regardless of the type of narcotic or precursor",
        place="Q1, bullet 1",
    ),
    Fact(
        key="beyond_interdiction",
        label="Criminal justice must go past interdiction and prosecute those who profit",
        wording="go beyond interdiction activities to prosecute individuals",
        place="Q1, bullet 3",
    ),
    Fact(
        key="interdependency",
        label="The dependence of drug and precursor markets on each other is what to target",
        wording="target the interdependency between precursor and drug markets",
        place="Q1, bullet 3",
    ),
    Fact(
        key="scalable",
        label="The model scales to other contexts and countries",
        wording="designed in a scalable manner that can be replicated",
        place="Q1, resources, bullet 1",
    ),
    Fact(
        key="footprint",
        label="UNODC already works in a number of the 17 countries",
        wording="UNODC’s solid footprint covering a number of the countries",
        place="Q1, resources, bullet 1",
    ),
    Fact(
        key="mandate",
        label="UNODC is the United Nations Secretariat's specialised body against drug trafficking and organised crime",
        wording="the specialized organ of the UN Secretariat in charge of combating drug trafficking",
        place="Q1, Annex 1, Rationale, bullet 1",
    ),
    Fact(
        key="since_2016",
        label="CRIMJUST has supported cross-border investigations after seizures, with stronger institutions and "
        "channels between regions",
        wording="Since 2016, the program has supported countries",
        place="Q1, Annex 1, Rationale, bullet 3",
        date="2016",
    ),
    Fact(
        key="all_commodities",
        label="Work on all drugs reaches more of organised crime than work on one",
        wording="rather than concentrating on a single commodity",
        place="Q1, Annex 1, Rationale, bullet 6",
    ),
    Fact(
        key="supply_chain_dynamics",
        label="The intervention is aimed at how drug and precursor supply chains move together",
        wording="inherent dynamics between drugs and precursor chemicals supply chains",
        place="Q1, Annex 1, Scope, bullet 3",
    ),
    Fact(
        key="fragmentation",
        label="Fragmented, global supply chains let groups spread production and methods",
        wording="increasing fragmentation and globalization of drug supply chains",
        place="Q1, Annex 1, Scope, bullet 4",
    ),
    Fact(
        key="shared_routes",
        label="Groups move different commodities along the same routes and transit points",
        wording="utilize established routes and points of transit to traffic different commodities",
        place="Q1, Annex 1, Scope, bullet 5",
    ),
    Fact(
        key="inter_regional_responses",
        label="Criminal justice can answer across regions and against trafficking in several drugs at once",
        wording="inter-regional criminal justice responses targeting poly-drug trafficking",
        place="Q1, Annex 1, Scope, bullet 5",
    ),
    Fact(
        key="convergence_risks",
        label="Converging routes raise security, financial and health risks and tie illicit activities together",
        wording="convergence of trafficking routes poses heightened security, financial and health risks",
        place="Q1, Annex 1, Scope, bullet 6",
    ),
    Fact(
        key="interlinked_strategies",
        label="Countries develop strategies of their own, linked with those of United States authorities",
        wording="to develop their own and interlinked strategies with U.S. authorities",
        place="Q1, Annex 1, Nature, bullet 1",
    ),
)

INTERESTS = (
    Fact(
        key="availability",
        label="Fewer illicit drugs available in the United States",
        wording="limit availability of illicit drugs in the US",
        place="Q1, Annex 1, Scope, bullet 1",
    ),
    Fact(
        key="violence",
        label="Less violence and political instability in source and transit countries",
        wording="reduce violence and political instability in source and transit countries",
        place="Q1, Annex 1, Scope, bullet 1",
    ),
    Fact(
        key="development",
        label="Economic development restored along supply chains",
        wording="resolve diminished economic development along drug supply chains",
        place="Q1, Annex 1, Scope, bullet 1",
    ),
)

EXPERIENCE = (
    Fact(
        key="south_south",
        label="South-South cooperation used to build institutions",
        wording="leveraging on South-South cooperation",
        place="Q1, Annex 1, Rationale, bullet 4",
    ),
    Fact(
        key="criminal_environments",
        label="Criminal justice cooperation used to understand criminal environments and to follow up seizures",
        wording="increase understanding of national and regional criminal environments",
        place="Q1, Annex 1, Rationale, bullet 4",
    ),
    Fact(
        key="tools_and_platforms",
        label="Tools and platforms given to countries against barriers to cooperation",
        wording="the necessary tools and platforms for countries to overcome common barriers",
        place="Q1, Annex 1, Rationale, bullet 4",
    ),
)

REFERENCES = (
    Fact(
        key="footnote_2",
        label="Congressional Research Service report R46695 on the Majors List, by Liana W. Rosen",
        wording="Congressional Research Service, 25 February 2021",
        place="footnote 2",
        date="2021-02-25",
    ),
    Fact(
        key="footnote_4",
        label="U.S. Department of State, International Narcotics Control Strategy Report",
        wording="International Narcotics Control Strategy Report",
        place="footnote 4",
    ),
    Fact(
        key="footnote_5",
        label="UNODC on ten years of the Implementation Review Mechanism",
        wording="Celebrating 10 years of the UNCAC Implementation Review Mechanism",
        place="footnote 5",
    ),
    Fact(
        key="footnote_6",
        label="Thematic report on chapter II (preventive measures), yearly",
        wording="Implementation of chapter II (Preventive measures)",
        place="footnote 6",
    ),
    Fact(
        key="footnote_7",
        label="UNODC's study of chapters III and IV: the state of implementation of UNCAC",
        wording="State of Implementation of the United Nations Convention against Corruption",
        place="footnote 7",
    ),
    Fact(
        key="footnote_8",
        label="Thematic report on chapter V (asset recovery)",
        wording="Implementation of chapter V (Asset recovery)",
        place="footnote 8",
    ),
    Fact(
        key="footnote_9",
        label="Country profiles with the executive summaries of reviews",
        wording="https://www.unodc.org/unodc/en/corruption/country-profile/index.html",
        place="footnote 9",
    ),
    Fact(
        key="footnote_10",
        label="Note by the Secretariat on technical assistance needs and the assistance delivered",
        wording="Analysis of technical assistance needs emerging from the country reviews",
        place="footnote 10",
    ),
)
