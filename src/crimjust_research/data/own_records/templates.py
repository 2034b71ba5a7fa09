"""The files of `data/templates`: what a person fills in, and the package that documents it."""

import json

from crimjust_research.data.own_records.schemas import kinds


def templates() -> dict[str, bytes]:
    """The empty file of each kind, and the data package that documents their schemas, by name."""
    resources = [
        {
            "name": name,
            "title": kind.table.title,
            "description": kind.table.description,
            "path": f"{name}.csv",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "rules": [f"{rule.column} {rule.rule}" for rule in kind.rules],
            "schema": kind.table.schema(),
        }
        for name, kind in kinds().items()
    ]
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "crimjust-research-templates",
        "title": "crimjust-research: templates for a programme's own records",
        "description": "Fill in a copy, keep it where it belongs, and check it: crimjust data check FILE --as KIND. "
        "Records are about cases, their defendants, requests, trainings and countries; nothing in them may tell who a "
        "person is.",
        "resources": resources,
    }
    headers = {f"{name}.csv": ",".join(f.name for f in kind.table.fields) + "\n" for name, kind in kinds().items()}
    files = {**headers, "datapackage.json": json.dumps(package, indent=1, ensure_ascii=False) + "\n"}
    return {name: text.encode() for name, text in files.items()}
