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
