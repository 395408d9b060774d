"""Sphinx configuration of the documentation site; ``make docs`` builds it."""

from __future__ import annotations

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

# The reference is that of this checkout, whatever release is installed; the extensions are in docs/tools.
sys.path[:0] = [str(REPOSITORY / part) for part in ("runtime/src", "export/src", "train/src", ".")]

from drupelet.version import __version__  # noqa: E402

project = "Drupelet"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "docs.tools.python_names", "docs.tools.repository_links"]

# Files of the repository that are pages of the site: the page includes the file, links to the file lead to the page.
repository_pages = {
    "CHANGELOG.md": "internals/changelog",
    "CONTRIBUTING.md": "internals/contributing",
    "RELEASING.md": "internals/releasing",
    "SECURITY.md": "internals/security",
    "runtime/csrc/drupelet.h": "reference/c_header",
    "train/README.md": "guide/training",
}
repository = str(REPOSITORY)

nitpicky = True
# Names of the standard library and of numpy: their indexes are on the network, which a build does not use.
nitpick_ignore_regex = [
    ("py:.*", r"(collections|np|npt|numpy|os|pathlib|typing)\..*"),
    ("py:class", "Mapping|Path"),  # as sources annotate
]

myst_heading_anchors = 4

autodoc_mock_imports = ["ai_edge_litert", "h5py", "keras", "matplotlib", "onnx", "onnxruntime", "optuna", "tensorflow"]
autodoc_default_options = {"members": True, "special-members": "__call__"}
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
add_module_names = False

html_theme = "furo"
html_title = f"Drupelet {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
html_domain_indices = False
