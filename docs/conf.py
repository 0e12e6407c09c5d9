# SPDX-License-Identifier: Apache-2.0
"""How Sphinx makes the site: .ci/docs says where from and where to."""

import os
import re
from pathlib import Path

root = Path(os.environ["TROUPE_ROOT"])
found = re.search(r"project\(troupe VERSION ([0-9.]+)",
                  (root / "CMakeLists.txt").read_text())
project = "Troupe"
release = version = found[1]
author = "the Troupe authors"
copyright = author

extensions = ["breathe", "myst_parser", "sphinx_copybutton", "sphinx_design"]
myst_enable_extensions = ["colon_fence"]
# Links to headings are checked as all others are.
myst_heading_anchors = 4
suppress_warnings = [
    # Every header opens the same namespace, and Sphinx calls that a second one.
    "duplicate_declaration.cpp",
]
breathe_projects = {"troupe": os.environ["TROUPE_XML"]}
breathe_default_project = "troupe"
breathe_show_include = False
primary_domain = "cpp"
highlight_language = "text"
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True

html_theme = "furo"
html_title = f"Troupe {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = False
html_last_updated_fmt = None
