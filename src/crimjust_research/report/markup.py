"""What all pages of HTML share: where their templates lie, and the policy that admits their own style sheet and script alone."""

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    import jinja2

# An address, brackets within which pair off, without what ends the sentence it stands in.
_ADDRESS = re.compile(r"https?://[^\s()]*(?:\([^\s()]*\)[^\s()]*)*(?<![.,;])")
_TEMPLATES = Path(__file__).parent / "templates"


def environment() -> "jinja2.Environment":
    """The templates, to which a page adds its own filters; a name that is not told is refused."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def addressed(text: str) -> Markup:
    """Plain text as HTML whose addresses are links."""
    return Markup(_ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', str(escape(text))))


def within(name: str) -> str:
    """A file of the templates as it stands within an element, from which its hash is taken."""
    return f"\n{(_TEMPLATES / name).read_text(encoding='utf-8')}"


def policy(style: str, script: str = "") -> str:
    """The content security policy of a page that holds this style sheet and this script, and loads nothing."""
    admitted = {
        "default-src": "'none'",
        "style-src": _hash(style),
        **({"script-src": _hash(script)} if script else {}),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in admitted.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
