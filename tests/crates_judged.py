"""Crates judged by roc-validator, as others would, without a connection: what it would fetch is kept in `tests/data/crates`.

    python tests/crates_judged.py FOLDER

judges each `*.crate.zip` in a folder, and each `*.crate.json` as the description of this checkout itself: those of the
report as a Provenance Run Crate, any other as a Workflow Run Crate. A line for each fault, or to say that there is none; the
exit status is 1 if there is one, or if something could not be judged.
"""

import io
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from rocrate_validator import services
from rocrate_validator.services import ValidationSettings
from urllib3 import HTTPResponse

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data" / "crates"
CONTEXTS = {
    "https://w3id.org/ro/crate/1.1/context": "ro-crate-1.1-context.json",
    "https://w3id.org/ro/terms/workflow-run/context": "workflow-run-context.json",
}
PROVENANCE, WORKFLOW = "provenance-run-crate", "workflow-run-crate"


class _Kept(HTTPAdapter):
    """Answers requests with what is kept."""

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        content = (DATA / CONTEXTS[request.url or ""]).read_bytes()
        answer = HTTPResponse(
            io.BytesIO(content),
            {"Content-Type": "application/ld+json"},
            200,
            preload_content=False,
            request_url=request.url,
        )
        return self.build_response(request, answer)


def fill(cache: Path) -> None:
    """Put what is kept into a cache as the validator has it, which then asks nobody."""
    with CachedSession(str(cache), backend="sqlite", expire_after=-1) as session:
        session.mount("https://", _Kept())
        for address in CONTEXTS:
            session.get(address).raise_for_status()


def faults(crate: Path, profile: str, cache: Path) -> Iterator[str]:
    """What a crate lacks of what a profile, and those it rests on, require; and what of it could not be judged."""
    unpacked = crate.suffix == ".json"
    settings = ValidationSettings(
        rocrate_uri=None if unpacked else crate,
        metadata_dict=json.loads(crate.read_bytes()) if unpacked else None,
        package_root=_checkout(cache.parent) if unpacked else None,
        profile_identifier=profile,
        requirement_severity="REQUIRED",
        offline=True,
        cache_path=cache,
        skip_availability_check=True,  # whether the pages of publishers answer is nothing of the crate's
    )
    result = services.validate(settings)
    for issue in result.get_issues():
        yield f"{issue.message} ({issue.check.identifier}, {issue.violatingEntity})"
    yield from sorted(f"not judged: {check.identifier}" for check in result.skipped_checks)


def _checkout(scratch: Path) -> Path:
    """This checkout, called by a name without a blank, which the validator takes for no address."""
    link = scratch / "checkout"
    if not link.is_symlink():
        link.symlink_to(ROOT, target_is_directory=True)
    return link


def main(folder: Path) -> int:
    found = 0
    with tempfile.TemporaryDirectory() as scratch:
        cache = Path(scratch) / "kept"
        fill(cache)
        for crate in sorted(folder.glob("*.crate.*")):
            profile = PROVENANCE if crate.name.startswith("report") else WORKFLOW
            told = list(dict.fromkeys(faults(crate, profile, cache)))
            for line in told or [f"conforms to {profile}"]:
                print(f"{crate.name}: {line}", flush=True)
            found += len(told)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
