"""Publishing a report: what it says of the registered questions is kept, so that the next can say what has changed since."""

from pathlib import Path

from crimjust_research import project
from crimjust_research.errors import DataError, RunError
from crimjust_research.evidence import published


def publish(name: str, reports: Path) -> Path:
    """Keep the snapshot of the results under `reports` as that of a report published under `name`; returns where.

    The results are current: whoever calls has seen to that.

    Raises
    ------
    DataError
        If the name cannot be that of a report or one has it, or the last report published says the same.
    RunError
        If the scorecard has saved no snapshot.
    """
    place = published.next_file(reports, name)
    found = sorted((reports / "tables").glob(f"*/{published.SNAPSHOT}"))
    if len(found) != 1:
        raise RunError(
            f"{reports / 'tables'} holds {len(found)} files {published.SNAPSHOT}; run `crimjust run all` first"
        )
    content = found[0].read_bytes()
    published.read(content, str(found[0]))
    before = published.files(reports)
    if before and before[-1].read_bytes() == content:
        raise DataError(f"{before[-1]} says the same; there is nothing new to publish")
    project.write_atomically(place, content)
    return place
