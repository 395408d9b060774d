import hashlib
import subprocess
import sys

import pytest

from drupelet.digest import LIBRARY, sha256_hex

CONTENTS = [b"", b"abc", bytes(1000), bytes(range(256)) * 300]


@pytest.mark.parametrize("content", CONTENTS)
def test_it_is_sha_256(content):
    assert sha256_hex(content) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("missing", range(len(LIBRARY)))
def test_without_the_kernel_it_is_sha_256_whichever_module_has_it(content, missing, monkeypatch):
    for name in ("drupelet._native", *LIBRARY[:missing]):
        monkeypatch.setitem(sys.modules, name, None)
    assert sha256_hex(content) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("without_kernel", ["", "sys.modules['drupelet._native'] = None; "])
def test_it_does_not_load_openssl(without_kernel):
    hashes = "from drupelet.digest import sha256_hex; sha256_hex(b'')"
    code = f"import sys; {without_kernel}{hashes}; print('_hashlib' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
