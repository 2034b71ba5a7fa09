"""What an audit of the lock found: `python -m reliability.audit FILE`, of the JSON that pip-audit writes.

A package that its index knows nothing of was not judged: that is said, and is no clean bill. Ends with 1 where a fault is known,
with 2 where nothing could be judged.
"""

import json
import sys
from pathlib import Path
from typing import Any


def told(found: dict[str, Any]) -> tuple[int, str]:
    """Exit code, and what was found in words."""
    packages = found["dependencies"]
    judged = [package for package in packages if "skip_reason" not in package]
    faulty = [package for package in judged if package["vulns"]]
    lines = [f"{len(judged)} of {len(packages)} packages were judged; in {len(faulty)} faults are known."]
    for package in faulty:
        for fault in package["vulns"]:
            mended = ", ".join(fault["fix_versions"]) or "no version yet"
            lines.append(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}")
    if not judged:
        lines.append(
            "Nothing was judged: the index that is asked here lists no faults. Run it where the public one is reached."
        )
    return (2 if not judged else int(bool(faulty))), "\n".join(lines)


if __name__ == "__main__":
    code, words = told(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(words)
    sys.exit(code)
