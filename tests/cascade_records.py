"""Made-up case records, in the columns of the template, for tests of the cascade."""

from crimjust_research import project

HEADER = (project.root() / "data" / "templates" / "cases.csv").read_text().strip()
# Eight made-up cases, up to date on 1 January 2024: two convicted (one investigated before its seizure, one charged with no
# investigation noted), one acquitted, two not prosecuted (one without an investigation), one pending in prosecution, one
# in investigation, one seized too recently to count.
HAND = f"""{HEADER}
H-1,PAN,2018-01-01,cocaine,10,true,2017-12-01,2018-07-02,trafficking,2019-01-01,convicted,true,true,2024-01-01
H-2,PAN,2018-01-01,cocaine,,false,,2019-01-01,trafficking,2020-01-01,convicted,true,false,2024-01-01
H-3,CPV,2018-01-01,heroin,5,false,2018-04-02,2019-01-01,trafficking,2021-01-01,acquitted,false,true,2024-01-01
H-4,CPV,2019-01-01,heroin,5,false,2019-07-02,,,2020-01-01,not_prosecuted,false,,2024-01-01
H-5,CPV,2019-01-01,cocaine,5,false,,,,2019-07-02,not_prosecuted,false,false,2024-01-01
H-6,PAN,2019-01-01,cocaine,5,false,2020-01-01,2021-01-01,trafficking,,,,true,2024-01-01
H-7,PAN,2020-01-01,cocaine,5,false,2020-07-01,,,,,true,false,2024-01-01
H-8,PAN,2023-07-01,cocaine,5,true,2023-08-01,,,,,true,true,2024-01-01
"""

DEFENDANTS_HEADER = "defendant_id,case_id,role,charged,decided,outcome,as_of"
# Six made-up cases that came to charges, and ten defendants: three of K-1 (one convicted in time, one acquitted, one convicted
# after three years), one of K-2 (convicted), two of K-3 (none convicted), two of K-4 (one convicted, one open), two of K-5
# (charged too recently to count), none on record of K-6.
SIX_CASES = f"""{HEADER}
K-1,PAN,2018-01-01,cocaine,10,false,2018-02-01,2018-07-01,trafficking,2019-07-01,convicted,false,true,2024-01-01
K-2,PAN,2018-01-01,cocaine,10,false,2018-02-01,2019-01-01,trafficking,2020-01-01,convicted,false,false,2024-01-01
K-3,PAN,2018-01-01,cocaine,10,false,2018-02-01,2019-01-01,trafficking,2020-01-01,acquitted,true,true,2024-01-01
K-4,CPV,2019-01-01,cocaine,10,true,2019-02-01,2020-01-01,trafficking,2021-01-01,convicted,false,false,2024-01-01
K-5,CPV,2022-01-01,cocaine,10,false,2022-02-01,2023-01-01,trafficking,,,true,true,2024-01-01
K-6,CPV,2020-01-01,cocaine,10,false,2020-02-01,2020-06-01,trafficking,,,false,false,2024-01-01
"""
TEN_DEFENDANTS = f"""{DEFENDANTS_HEADER}
D-1,K-1,courier,2018-07-01,2019-07-01,convicted,2024-01-01
D-2,K-1,organiser,2018-07-01,2019-07-01,acquitted,2024-01-01
D-3,K-1,financier,2018-07-01,2021-07-01,convicted,2024-01-01
D-4,K-2,courier,2019-01-01,2020-01-01,convicted,2024-01-01
D-5,K-3,courier,2019-01-01,2020-01-01,acquitted,2024-01-01
D-6,K-3,organiser,2019-01-01,2019-07-01,dismissed,2024-01-01
D-7,K-4,courier,2020-01-01,2021-01-01,convicted,2024-01-01
D-8,K-4,,2020-01-01,,,2024-01-01
D-9,K-5,courier,2023-01-01,,,2024-01-01
D-10,K-5,,2023-02-01,,,2024-01-01
"""
