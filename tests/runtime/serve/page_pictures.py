"""Takes the pictures of the page that docs/guide/serve.md shows: ``python -m runtime.serve.page_pictures FOLDER``.

The answers are those of artifacts/imdb. Needs Chromium and waitress.
"""

import sys
import tempfile
from pathlib import Path

from runtime.serve.asking import Served
from runtime.serve.chromium import Browser

BUNDLE = Path(__file__).parents[3] / "artifacts" / "imdb"
TEXT = "A quiet, wonderful film. The first half is slow and the music is dull, but the ending is lovely and the acting superb."
PICTURES = {"serve-phone.png": (390, 844, "light"), "serve-desk.png": (1280, 900, "dark")}
"""Name -> width and height of the window in CSS pixels, and the colours that its user prefers."""


def main(folder):
    """Writes PICTURES into a folder."""
    server = Served(BUNDLE).wait_until_ready()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            for name, (width, height, scheme) in PICTURES.items():
                browser.open(f"http://127.0.0.1:{server.port}/", width, height, scheme)
                browser.wait_for("document.querySelector('#card dd')")
                browser.type(TEXT)
                browser.wait_for(f"document.getElementById('words').textContent === {TEXT!r}")
                browser.wait_for("document.getElementById('spoken').textContent")
                (folder / name).write_bytes(browser.picture())
        finally:
            browser.close()
            server.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
