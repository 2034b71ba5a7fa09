"""Terms the publishers release their figures under."""

from crimjust_research.data.tables import NONE_NAMED, Licence

US_GOVERNMENT = Licence(
    name="us-government-work",
    title="Work of the United States Government, in the public domain in the United States",
    path="https://www.usa.gov/government-copyright",
)
CDC_WONDER = Licence(
    name="us-government-work-wonder",
    title="Work of the United States Government; CDC WONDER's data use restrictions apply: no attempt to identify "
    "persons, no sub-national counts of 1 to 9",
    path="https://wonder.cdc.gov/datause.html",
)
UNODC = Licence(
    name="unodc-non-commercial",
    title="UNODC: reproduction for educational or non-profit purposes with acknowledgement of the source",
    path="https://www.unodc.org/unodc/en/copyright.html",
)
WORLD_BANK = Licence(
    name="CC-BY-4.0",
    title="Creative Commons Attribution 4.0 International",
    path="https://creativecommons.org/licenses/by/4.0/",
)
WORLD_JUSTICE_PROJECT = Licence(
    name="wjp-non-commercial",
    title="World Justice Project: use with attribution, non-commercial",
    path="https://worldjusticeproject.org/rule-of-law-index/",
)
EUROPEAN_UNION = Licence(
    name="eu-reuse",
    title="European Union: reuse authorised with acknowledgement of the source (Commission Decision 2011/833/EU)",
    path="https://eur-lex.europa.eu/eli/dec/2011/833/oj",
)
INTERPOL = Licence(
    name="interpol-terms",
    title="INTERPOL: facts cited with acknowledgement of the source, under the terms of its site",
    path="https://www.interpol.int/Terms-of-use",
)
NATURAL_EARTH = Licence(
    name="public-domain",
    title="Natural Earth: public domain",
    path="https://www.naturalearthdata.com/about/terms-of-use/",
)
FATF = Licence(
    name="fatf-non-commercial",
    title="FATF/OECD: reproduction for non-commercial use with acknowledgement of the source",
    path="https://www.fatf-gafi.org/en/pages/Termsandconditions.html",
)
UNITED_NATIONS = Licence(
    name="un-non-commercial",
    title="United Nations: personal, non-commercial use with acknowledgement of the source, under the terms of its site",
    path="https://www.un.org/en/about-us/terms-of-use",
)
ORGANIZED_CRIME_INDEX = Licence(name="none-named", title=NONE_NAMED, path="https://ocindex.net/")
