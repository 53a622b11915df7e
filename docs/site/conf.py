# SPDX-License-Identifier: Apache-2.0
"""The site of docs/: tools/docs_site.sh copies the pages beside this file and runs Sphinx. Whoever reads it needs no network:
formulas are MathML, search is a script of the site."""
import re
from pathlib import Path

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

here = Path(__file__).parent
project = "Apical"
author = "The Apical developers"
copyright = "2026 The Apical developers. Apache-2.0"  # noqa: A001  (Sphinx calls it so)
version = release = re.search(r"project\(apical VERSION ([\d.]+)", (here / "CMakeLists.txt").read_text()).group(1)
extensions = ["myst_nb"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # tools/docs_site.sh has executed them where the Python package is built
html_theme = "furo"
html_title = f"Apical {version}"
html_math_renderer = "mathml"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
exclude_patterns = ["site", "frames", "decisions/README.md"]
suppress_warnings = ["misc.highlighting_failure"]  # blocks of TOML with "…" where a page leaves something out


def without_lost_links(_app, docname, source):
    """Links to files that are no pages stay as their words: the site is read without the sources."""
    folder = (here / docname).parent

    def replaced(match):
        words, target = match.group(1), match.group(2).split("#")[0]
        if not target or "://" in target or (folder / target).exists():
            return match.group(0)
        return words

    if not docname.startswith("notebooks/"):
        source[0] = re.sub(r"(?<!\!)\[([^\]\n]+)\]\(([^)\s]+)\)", replaced, source[0])


def visit_inline(self, node):
    self.body.append(convert(node.astext()))
    raise SkipNode


def visit_display(self, node):
    self.body.append(convert(node.astext(), display="block"))
    raise SkipNode


def setup(app):
    app.connect("source-read", without_lost_links)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
