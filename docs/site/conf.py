"""How Sphinx makes the site of the pages that `build.py` lays before it: nothing is executed, no other machine is asked."""

import re
from textwrap import indent
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.inspect import TypeAliasForwardRef

from crimjust_research import __version__
from crimjust_research.report.equations import mathml

project = "crimjust-research"
author = "contributors of crimjust-research"
project_copyright = author
version = release = __version__
language = "en-GB"
root_doc = "index"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]

# Notebooks are shown as they were executed.
nb_execution_mode = "off"
myst_enable_extensions = ["attrs_inline", "dollarmath"]
myst_heading_anchors = 4
suppress_warnings = [
    # Blocks of CSV have no lexer, and a notebook written as text is not all Python: both are shown, only not coloured.
    "misc.highlighting_failure",
    # A chart that is moved by sliders needs a kernel; what it says in words is shown instead.
    "mystnb.unknown_mime_type",
]
# Signs in documents are those meant.
smartquotes = False

autosummary_generate = False  # each page lists what stands on it
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "model_config"}  # pydantic's
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
autodoc_type_aliases = {name: name for name in ("ArrayLike", "FloatArray", "IntArray", "BoolArray")}
# Within other types Sphinx prints how it holds such a name, which is not what is written.
TypeAliasForwardRef.__repr__ = lambda self: self.name
numpydoc_show_class_members = False
# What docstrings put between backticks is code, as in Markdown.
default_role = "code"

html_theme = "sphinx_book_theme"
html_title = "crimjust-research"
html_math_renderer = "mathml"
html_static_path = ["static"]
html_favicon = "static/favicon.svg"
html_css_files = ["site.css"]
html_js_files = [("site.js", {"priority": 490})]  # before the search reads its options
html_show_sphinx = False
# The search finds functions and modules, which have a page for each room.
html_use_index = html_domain_indices = False
html_show_copyright = False
html_last_updated_fmt = None
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_persistent": [],  # the search stands above the list of contents
    "footer_content_items": [],
    "show_toc_level": 1,
    "show_navbar_depth": 1,
    "use_download_button": True,
    "use_fullscreen_button": False,
    "show_prev_next": True,
}


_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
_OF_WORDS = ("Parameters", "Returns", "Yields", "Raises")
_NAMED = re.compile(r"^([\w*.]+(?:, [\w*.]+)*)(?: : (.+)|(?=\n    \S))$", re.MULTILINE)
_FURTHER = re.compile(r"; (\w+) : ")


def _in_words(*told: Any) -> None:
    """Parts of a docstring that name things and say in words what they are, which numpydoc takes for types."""
    lines: list[str] = told[-1]
    before, *rest = _SECTION.split("\n".join(lines))
    sections = [*zip(rest[::2], rest[1::2], strict=True)]
    worded = [_worded(title, text.strip()) for title, text in sections if title in _OF_WORDS]
    others = [f"{title}\n{'-' * len(title)}\n{text}" for title, text in sections if title not in _OF_WORDS]
    lines[:] = "\n".join([before, *worded, "", *others]).split("\n")


def _worded(title: str, text: str) -> str:
    entries = _NAMED.sub(_entry, _FURTHER.sub(r".\n\1 : ", text))
    return f":{title}:\n{indent(entries, '    ')}\n"


def _entry(named: re.Match[str]) -> str:
    name = named[1].replace("*", "\\*")
    return f"**{name}**\n    {named[2]}" if named[2] else f"**{name}**"


def _inline(self: nodes.NodeVisitor, node: nodes.math) -> None:
    self.body.append(_equation(node.astext()))
    raise nodes.SkipNode


def _displayed(self: nodes.NodeVisitor, node: nodes.math_block) -> None:
    self.body.append(f'<div class="equation" tabindex="0">{_equation(node.astext(), display=True)}</div>')
    raise nodes.SkipNode


def _equation(tex: str, display: bool = False) -> str:
    made = mathml(tex, display)
    if not made.startswith("<math"):
        raise ValueError(f"this equation cannot be read: {tex}")
    return made


def _lead_to_the_report(
    _app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """An estimate of another notebook stands on the report's page: where a notebook links to one, to that."""
    if page.startswith("reports/notebooks/"):
        context["body"] = re.sub(r'(?<=href=")(?=#estimate-\d\d_)', "../index.html", context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", _in_words, priority=400)  # before numpydoc
    app.connect("html-page-context", _lead_to_the_report)
    app.add_html_math_renderer("mathml", (_inline, None), (_displayed, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
