"""Settings of the documentation pages (`make docs`)."""

project = "handful"
author = "The handful maintainers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "handful"
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_custom_sections = ["Source"]
suppress_warnings = ["myst.xref_missing"]
