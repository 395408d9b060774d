import hashlib
import subprocess
import sys

import pytest

from drupelet.digest import PROVIDERS, sha256_hex


@pytest.mark.parametrize("content", [b"", b"abc", bytes(1000), bytes(range(256)) * 300])
@pytest.mark.parametrize("missing", range(len(PROVIDERS)))
def test_it_is_sha_256_whichever_module_has_it(content, missing, monkeypatch):
    for name in PROVIDERS[:missing]:
        monkeypatch.setitem(sys.modules, name, None)
    assert sha256_hex(content) == hashlib.sha256(content).hexdigest()


def test_it_does_not_load_openssl():
    code = "import sys; from drupelet.digest import sha256_hex; sha256_hex(b''); print('_hashlib' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
