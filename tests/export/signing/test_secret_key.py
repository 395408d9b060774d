import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.ed25519 import is_signature
from drupelet.errors import InputError
from drupelet.signature import read_public_keys
from drupelet_export.errors import LibraryMissingError
from drupelet_export.signing import secret_key as module
from drupelet_export.signing.secret_key import (
    MEMORY_BYTES,
    OPERATIONS,
    SecretKey,
    check_library,
    generate,
    read_secret_key,
    scrypt_parameters,
    secret_key_text,
    write_new_key,
)

FEW = {"operations": 1 << 15, "memory_bytes": 1 << 22}
"""Limits with which a test takes milliseconds."""

# minisign -G -W of minisign 0.11; the number of its key is 69DC7CBEBCD423ED.
PLAIN = (
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA7SPUvL583Gn09a0JKJ8WpO2/CwrW"
    "0XZZTECxAKx1fGf5b7jG6KSwpbP7sef75Q1pznQdfl0Vj4y352dFrEXB/Lv9Ib8Sz6/DAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_what_cryptography_signs_the_device_checks(secret, message, bit):
    key = SecretKey(b"a number", secret)
    signature = bytearray(key.sign(message))
    assert is_signature(key.public.key, message, bytes(signature))
    signature[bit // 8] ^= 1 << bit % 8
    assert not is_signature(key.public.key, message, bytes(signature))


def test_a_key_of_minisign_is_read(tmp_path):
    path = tmp_path / "minisign.key"
    path.write_text(f"untrusted comment: minisign encrypted secret key\n{PLAIN}\n")
    key = read_secret_key(path, None)
    assert key.public.name == "69DC7CBEBCD423ED"


def test_a_password_guards_the_key(tmp_path, monkeypatch):
    path = tmp_path / "k"
    key = generate()
    path.write_bytes(secret_key_text(key, b"a password", **FEW))
    assert key.secret not in path.read_bytes()
    assert read_secret_key(path, b"a password") == key
    with pytest.raises(InputError, match="k: what was given is not its password"):
        read_secret_key(path, b"another")
    with pytest.raises(
        InputError, match="k: has a password; give it in a file with --password-file, or in the variable"
    ):
        read_secret_key(path, None)
    monkeypatch.setattr(module, "MEMORY_BYTES", 1 << 21)
    with pytest.raises(InputError, match="k: wants 4194304 bytes of memory for its password"):
        read_secret_key(path, b"a password")


def test_the_limits_choose_what_libsodium_chooses():
    # crypto_pwhash_scryptsalsa208sha256: SENSITIVE, INTERACTIVE, and the floor of operations
    assert scrypt_parameters(OPERATIONS, MEMORY_BYTES) == (1 << 20, 8, 1)
    assert scrypt_parameters(1 << 19, 1 << 24) == (1 << 14, 8, 1)
    assert scrypt_parameters(1, 1 << 30) == (1 << 10, 8, 1)


def test_files_of_a_new_key(tmp_path):
    key = generate()
    public = write_new_key(tmp_path / "fleet.key", key, None)
    assert public == tmp_path / "fleet.key.pub"
    assert (tmp_path / "fleet.key").stat().st_mode & 0o777 == 0o600
    assert read_public_keys([str(public)]) == (key.public,)
    assert read_secret_key(tmp_path / "fleet.key", None) == key
    assert repr(key.secret)[2:-1] not in repr(key)
    for place in ("fleet.key", "fleet.key.pub"):
        with pytest.raises(InputError, match="exists, and a key is never replaced"):
            write_new_key(tmp_path / "fleet.key", key, None)
        (tmp_path / place).unlink()
    with pytest.raises(InputError, match="nowhere/k: cannot be written"):
        write_new_key(tmp_path / "nowhere" / "k", key, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no key of minisign; expected the secret key of drupelet sign --generate"),
        (b"untrusted comment: x\n!!!!\n", "is no key of minisign"),
        (b"untrusted comment: x\nRWRlcg==\n", "is no key of minisign"),
    ],
)
def test_each_way_to_be_no_key_has_its_message(tmp_path, content, message):
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(InputError, match=f"k: {message}"):
        read_secret_key(tmp_path / "k", None)


def test_other_kinds_of_keys_and_damaged_ones_are_said(tmp_path):
    key = generate()
    public = write_new_key(tmp_path / "k", key, None)
    with pytest.raises(InputError, match="is a public key; give the secret one"):
        read_secret_key(public, None)
    with pytest.raises(InputError, match="gone: cannot be read"):
        read_secret_key(tmp_path / "gone", None)
    right = (tmp_path / "k").read_text()
    (tmp_path / "k").write_text(right.replace("RWQ", "RUQ"))
    with pytest.raises(InputError, match="is a key of a kind that is not known"):
        read_secret_key(tmp_path / "k", None)
    line = right.splitlines()[1]
    damaged = line[:140] + ("A" if line[140] != "A" else "B") + line[141:]
    (tmp_path / "k").write_text(f"x\n{damaged}\n")
    with pytest.raises(InputError, match="is damaged; take the copy that you keep elsewhere"):
        read_secret_key(tmp_path / "k", None)


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    with pytest.raises(
        LibraryMissingError, match=r"signing needs the package cryptography .*'drupelet-export\[sign\]'"
    ):
        check_library()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not installed (make debian-packages)")
def test_minisign_reads_a_key_with_a_password(tmp_path):
    if os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") < 3 << 30:
        pytest.skip("a password takes 1 GiB of memory")
    key = generate()
    public = write_new_key(tmp_path / "k", key, b"a password")
    (tmp_path / "f").write_bytes(b"hello")
    command = ["minisign", "-S", "-s", tmp_path / "k", "-m", tmp_path / "f"]
    subprocess.run(command, input=b"a password\n", check=True, capture_output=True)
    subprocess.run(["minisign", "-V", "-p", public, "-m", tmp_path / "f"], check=True, capture_output=True)
