"""Names UNODC gives seized drugs and chemicals, and the family each belongs to.

UNODC publishes seizures under several lists of names: the annual totals of 2012-2016, those of the World Drug Report
and the individual seizures. A family gathers what the lists call differently, so that the same drug can be followed
from one to the next. Names too vague to place (a trade name, a fragment of a chemical name) are `other`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from crimjust_research.errors import VocabularyError

if TYPE_CHECKING:
    import pandas as pd

PRECURSORS = "precursors"

_NAMES = {
    "cocaine": """
        Cocaine; Cocaine (base, paste and salts); Cocaine salts; Cocaine hydrochloride; Cocaine HCL; Cocaine
        Base; Coca paste; Coca paste/cocaine base; Crack; "Crack" cocaine; Liquid cocaine; Non-specified
        cocaine; Non-specified coca/cocaine type; Other coca/cocaine type; Other coca/cocaine-type drugs; Coca
        paste/refined cocaine base (intermediate products) (please specify); Cocaine (total of the above,
        including if unspecified/undistinguished, but excluding coca leaf and coca bush); Other smokable forms
        of cocaine (consumer products such as basuco, merla, paco, pasta base, etc.) (please specify)
    """,
    "coca": "Coca bush; Coca leaf; Coca Plant; Coca Seeds",
    "heroin": "Heroin; Heroin Base",
    "opium": """
        Opium; Acetylated Opium; Acetylated opium; Extract from Opium poppy; Opium Poppy; Pavots; Poppy plants;
        Poppy seed; Poppy Seeds; Poppy straw; Poppy straw (seed heads, pods or capsules)
    """,
    "morphine": "Illicit morphine; Morphine; 6-Monoacetylmorphine",
    "fentanyls": """
        3-Methylfentanyl; 3-Methylfentanyl (3-MF, mefentanyl); Alpha-Methylfentanyl; Carfentanil; Fentanyl; Phentanyl
    """,
    "pharmaceutical opioids": """
        Pharmaceutical opioids; Pharmaceutical Opioids; Buprenorphine; Butorphanol; Codeine; Codidol; Cough
        sirups; Dextropoxyphene; Dextropropoxyphene; Diphenoxylate; Hydrocodone; Hydromorphone; Methadone;
        Naloxone; Oxycodone; Pentazocine; Phensydyl; Promedol; Spasmo proxyvon; Substitol (slow release
        Morphine); Tapentadol; Tilidate; Tramadol
    """,
    "other opioids": """
        6-Desoxycodeine; 6-Monoacetylcodeine; Desomorphine; Levomethorphan; MPPP; Non-specified opioids;
        Opiates; Other illicit opiates; Other illicit opioids; Other opioids; U-47700
    """,
    "methamphetamine": "Liquid methamphetamine; Methamphetamine; Yava; “Yaba”",
    "amphetamine": 'Adderall; Amphetamine; Captagon; "Captagon"; Dexamfetamine; Dextroamphetamine (Dexedrine)',
    "amphetamine-type stimulants": """
        ATS; Non-specified ATS; Non-specified amphetamine-type stimulants; Total amphetamine-type stimulants
        (ATS) (including the above, all other ATS, and any unspecified/undistinguished quantities of ATS)
    """,
    "ecstasy": """
        3,4-methylenedioxymethamphetamine (MDMA); Ecstasy; Ecstasy-type substances; MBDB; MDA; MDEA; MDPA; MDMA
        & Mephedrone; MMDA; Non-specified “ecstasy”-type substances; Tenamfetamine (MDA); Total "ecstasy"-type
        substances (including the above, all other substances of this type and any unspecified/undistinguished
        quantities of substances of this type)
    """,
    "other stimulants": """
        2-Aminoindane; 2-Fluoromethamphetamine; 2-MMC; 3 fluoromethamphetamine; 3,4-Methylenedioxypyrovalerone
        (MDPV); 3-Fluoroethamphetamine (3-FEA); 4-Bromomethcathinone; 4-CI-α-PVP; 4-CMC; 4-Chloromethcathinone;
        4-Fluoroamphetamine; 4-Fluoroamphetamine (4-FA); 4-Fluoroethamphetamine; 4-Fluoromethamphetamine;
        4-Fluoromethamphetamine (4-FMA); 4-MA (4-methylamphetamine); 4-MEC; 4-MePPP; 4-fluoromethcathinone;
        5-APB; 6-MAPB; Alpha-PHpP (PV8); Alpha-Pyrrolidinohexiophenone (alpha-PHP); Alpha-pvp; Amfepramone
        Hydrochloride; Benzofuran; Benzphetamine; Benzylpiperazine; Buphedrone; Butilona; Butylone;
        CHLORMETHCATHINON; Cathinone; Desoxypipradol; Dimethocaine; Dimethylamphetamine; Dimetilona; Ephedrone;
        Ephylone; Ethylone; Ethylphenidate; Fenfluramine; Isoethcathinone; MDAI; MDPV; Mephedrone; Mephedrone
        (4-methylmethcathinone, 4-MMC); Methcathinone; Methiopropamine; Methylhexanamine; Methylone;
        Methylphenidate; Methylphenidate (Ritalin, Concerta); Modafinil; N-Methylephedrone; Non-specified
        stimulants; Other stimulants; Para-methoxyamphetamine (PMA); Pentedrone; Phendimetrazine; Phenmetrazine;
        Phenylpiperazine; Phentermine; Pipradrol; Prescription stimulants; Pyrovalerone; Retalin Tablets;
        Synthetic cathinones; TFMPP; Thiopropamine; bk_MDEA; mCPP; para-Methoxy-N-methylamphetamine;
        para-Methoxyamphetamine; β-Keto-Methylbenzodioxolylpentanamine
    """,
    "synthetic cannabinoids": """
        1 benzyl N (quinolin 8 yl) 1H indazole 3 carboxamide; 3- (Naphthalene-1-ilocos methyl)
        -1-pentyl-1H-indazole and its derivatives; 3-Naphthoylindole; 3-butenoyl-1-methylindole [1-
        (1-methyl-1H-indol-3-yl) butan-1-one] and derivatives; 5F-ADB; 5F-AKB48; 5F-AMB; 5F-AB-PINACA;
        5F-APINACA; 5F-APINACA, 5F-AKB-48; 5F-CUMYL-PINACA; 5F-PB-22; AB-CHMINACA; AB-FUBINACA; AB-PINACA;
        ADB-CHMINACA; ADBICA; AM-2201; BB-22; CP 47; CP-55; CUMYL-5F-PINACA; FUB-144; FUB-PB-22; FUBIMINA;
        HU-210; JWH-018; JWH-073; JWH-081; JWH-122; JWH-167; JWH-200; JWH-203; JWH-210; JWH-250; MDMB-CHMCZCA;
        MDMB-CHMICA; MMB(N)-BZ-F; N-(1-carbamoil-2-methylpropil)-1-pentil-1n-indazole-3-carboxamyde and its
        derivates; N-(1-carbamoil-2-methylpropyl)-1-(pentil)-1n-indole-3-carboxamide;
        N-(1-carbamoil-2-methylpropyl)-1-(phenylmethyl)-1n-indazole-3-carboxamide and its derivaties;
        N-(adamantan-1-yl)-1-pentil-1N-indazole-3-carboxamyde and its derivates;
        N-(adamantan-1-yl)-1-pentil-1N-indole-3-carboxamyde; N-(naphtalene-1-yl)-1H-indole-3-carboxamide;
        N-Adamant-yl-indole; NM-2201; Naphtalene-1-yl-benzyl-1H-indole-3-carboxylate;
        Naphtalene-1-yl-pentil-1H-indole-3-carboxylate; PB-22;
        Quinoline-8-yl-1-pentil-1N-indazole-3-carboxylate; Quinoline-8-yl-1-pentil-1N-indole-3-carboxylate;
        RCS-4; SDB-006; Synthetic Cannabinoid; Synthetic cannabinoids (Spice); Synthetic cannabinoids (“Spice”);
        Synthetic cannabinoids under international control; THJ-018; THJ-2201; UR-144; XLR-11;
        naphthalen-1-yl-1-benzyl-1H-indole-3-carboxylate and its deriviatives
    """,
    "cannabis": """
        Cannabis herb (marijuana); Cannabis oil; Cannabis plants; Cannabis resin (hashish); Cannabis seed;
        Cannabis-type; Edible cannabis; Hashish (resin); Marijuana (herb); Non-specified cannabis-type; Other
        types of cannabis; THC
    """,
    "hallucinogens": """
        25B-NBOMe; 25B-NBOMe (2C-B-NBOMe); 25C-NBOMe; 25C-NBOMe (NBOMe-2C-C, 2C-C-NBOMe, Cimbi-82); 25I-NBOMe;
        2C-B; 2C-E; 2,5-Dimethoxy-4-chloroamphetamine (DOC); 2C (psychedelics); 2C-H; 3,4-Methylenedioxyphenyl;
        4-HO-DiPT; 4-HYDROXYTRYPTAMINE; 4-bromo-2,5-dimethoxyphenethylamine (2C-B); 5-MeO-DALT; 5-MeO-DMT;
        5-MeO-MIPT; 5-hydroxy-N-methyltryptamine; Alpha-Methyltryptamine; Ayahuasca; Brolamfetamine (DOB,
        dimethoxybromoamphetamine, bromo-DMA); DOB; DOC; Dimethyltryptamine (DMT); Hallucinogens; LSD; Lysergic
        acid diethylamide (LSD); Mescaline; Mushrooms (hallucinogenic); Non-specified hallucinogens;
        O-Acetylpsilocin; Other Hallucinogens; Other hallucinogens; Psilocybin (mushrooms); Psilocybine; STP
        ("DOM"); STP (DOM, 2,5-dimethoxy-4-methylamphetamine); Salvia divinorum; Salvinorin; Total hallucinogens
        (including the above, all other hallucinogens, and any unspecified/undistinguished quantities of
        hallucinogens); Tryptamines
    """,
    "ketamine and phencyclidine": """
        Eticyclidine; Ketamine; Ketamine and phencyclidine-type substances; Methoxetamine; Phencyclidine;
        Phencyclidine (PCP)
    """,
    "other new psychoactive substances": """
        Aminoindanes; Non-specified NPS; Other NPS; Phenethylamine; Phenethylamines; Piperazines; Plant-based
        new psychoactive substances
    """,
    "plant-based substances": """
        Khat; Kratom; Kratom (Mitragyna speciosa); Lactuca virosa; Leonotis leonurus; Mitragynine; Other
        Plant-based substances; Plant-based NPS; Plant-based substances; Turnera diffusa
    """,
    "sedatives": """
        Alprazolam (Xanax); Alprazolam (Xanax, Pranax, Ksalol); Amobarbital; Anxiolit; Barbiturates;
        Benzodiazepine; Benzodiazepines; Bromazepam; Brotizolam; Chlordiazepoxide; Clobazam; Clonazepam;
        Clonazepam (Rivotril); Clorazepate; Diazepam; Diazepam (Stesolid); Equinil (Meprobamates); Estazolam
        (desmethylalprazolam); Ethyl loflazepate; Flunitrazepam; Flunitrazepam (Disomnilan, Flumipam, Rohypnol);
        GABA; GBL; GHB; GHB/GBL; Gamma-Butyrolactone (GBL); Gamma-Hydroxybutyric acid (GHB); Lorazepam;
        Lorazepam (Ativan, Temesta); Lormetazepam; Lysanxia; Medazepam; Methaqualone; Midazolam; Nimetazepam;
        Nimetazepam (Erimin, “Happy Five”); Nitrazepam; Non-specified Sedatives and Tranquilizers; Non-specified
        sedatives and Tranquilizers; Non-specified sedatives and tranquillizers; Nozepane; Orzepam; Other
        sedatives and tranquillizers; Oxazepam; Parkenal; Phenazepam; Phenobarbital; Praxiten; Prazepam; Roche;
        Sedatives and tranquillizers; Seresta (Oxazepam); Somnubene; Tetrazepam; Tofisopam; Total sedatives and
        tranquillizers (including the above, all other sedatives and tranquillizers, and any
        unspecified/undistinguished quantities of sedatives and tranquillizers); TRANKXENEK; Valium; Zolpidem;
        Zopalet; Zopiclone
    """,
    "solvents": "Solvents and inhalants",
    PRECURSORS: """
        1-phenethyl-4-hydroxypiperidine; 3,4-Methylenedioxyphenyl-2-propanone (3,4-MDP-2-P, PMK); APAA; APAAN
        (alpha-phenylacetoacetonitrile); Acetic Anhydride; Acetic anhydride; Acetone; Acetone/Ethyl Ether;
        Ammonium chloride; Cyclohexanone; Dimethylamine; Ephedrine; Hydrochloric Acid; Hydrochloric acid;
        Hypophosphorous Acid; Iodine; MDP2P; Methyl Ethyl Ketone; Methylamine; Non-specified precursors; Other
        precursors; PMK-glycidate; Phenyl-2-nitropropene; Phenylacetone; Phenylacetone (P-2-P); Phosphorous
        Acid; Piperidine; Potassium Permanganate; Potassium permanganate; Pseudoephedrine; Pyrrolidine; Sodium
        Carbonate; Sodium hydroxide; Sulphuric Acid; Sulphuric acid; Toluene
    """,
    "other": """
        ANAFRANIL (CLOMIPRAMINE); Acyl; Alcohol; Amantadine; Ammonia Sprit; Amphetamine-Ketamine Mix; Anabolic
        steroids; BUSPAR (CHYDRATE DE BUSPIRONE); Caffeine; Carbamazepine; Chlorpromazine; Colina; Controlled
        Drug Mix; Dextromethorphan; Elavil (Amitriptyline); Fuelite; Halbiridol; Karcidone; Kitil; LIOREZAL;
        Largactile; Lozenal; Ludiomil (Maprotiline); METHANDROSTENOLONE; Methanone; Methyl ether; Methylester;
        Methylsulfonylmethane; Multiple drugs; Non-specified; Non-specified pharmaceuticals; Non-specified
        psychotropic substances; Non-specified substances not under int. control; Novazine; Other; Other
        drugs/substances; Other miscellaneous; Other prescription medicines; Other substances not under int.
        control; Parkedil; Pinix; Pregabalin; Psychotropic substances; Quinoline; Sinequan (Doxepine);
        Soulperane; Synthetics; Tabacco; Taren; Tianeptine; Tofranil (Imipramine); Unknown; Valproic acid;
        Zirexa
    """,
}

FAMILIES = tuple(_NAMES)
FAMILY: Mapping[str, str] = MappingProxyType(
    {" ".join(name.split()): family for family, names in _NAMES.items() for name in names.split(";")}
)


def families_of(published: "pd.Series[str]", where: str) -> "pd.Series[str]":
    """Family of each of UNODC's drug names; `where` names the file in an error.

    Raises
    ------
    VocabularyError
        Naming file, row, column and value of the first unknown name, and the nearest known one.
    """
    unknown = published[~published.isin(list(FAMILY))]
    if len(unknown):
        from difflib import get_close_matches

        row, value = next(unknown.items())
        near = get_close_matches(str(value), FAMILY, n=1)
        hint = f"did the publisher mean {near[0]!r}? " if near else ""
        raise VocabularyError(
            f"{where}: row {row}, {published.name} = {value!r} is not a known drug; {hint}mend the cell, or add the "
            f"name to its family in vocabulary/seized_drugs.py ({unknown.nunique()} unknown in all)"
        )
    return published.map(FAMILY).astype("str")
