"""Files that readers take away, carried within the page itself."""

import base64
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

# The earliest moment a ZIP can tell: equal files come to equal bytes, whenever they are packed.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


@dataclass(frozen=True)
class Download:
    """A file within the page: what a link to it says, the name it is saved under, and its content."""

    label: str
    name: str
    media_type: str
    content: bytes

    @property
    def address(self) -> str:
        """The whole file as an address."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.content).decode()}"


def zipped(label: str, name: str, files: Mapping[str, bytes]) -> Download:
    """Several files, by name, as one ZIP whose bytes depend on nothing else."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(files):
            entry = zipfile.ZipInfo(file, _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = _READABLE
            archive.writestr(entry, files[file])
    return Download(label, name, "application/zip", packed.getvalue())
