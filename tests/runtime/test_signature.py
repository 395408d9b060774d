import re

import pytest

from drupelet.errors import InputError, SignatureError
from drupelet.signature import (
    MAX_KEY_FILE_BYTES,
    MAX_SIGNATURE_FILE_BYTES,
    PublicKey,
    Signature,
    check_signature,
    check_signed_file,
    read_public_keys,
)
from runtime.signer import NAME, NUMBER, key_line, public_key, signature_file

# Written by minisign 0.11: minisign -G -W, then minisign -S -H -m of a file with the content b"hello\n".
MINISIGN_KEY = "RWTXccZeKU9OyN8zNL+w3OJX5rr5vC/AoYtYHrPTlEkZiEitnWvWC7c5"
MINISIGN_SIGNATURE = b"""untrusted comment: signature from minisign secret key
RUTXccZeKU9OyB3vBEDzO1y64G91xwhYI8FogbiUjCJUcvAmI+8sMaUvr1uSrhHiWSGApRp7iSB9l7fSlF2GvVijEB6LsZ0VVwk=
trusted comment: hello from minisign
xQO5eR8bnm+sziQaAr9Hbtvg4dcNyn3gCEjr+hBfzn4TXCWo0jVMsH/gSWzUUdRby1+CsKFFIO/8NpzrEr5yAw==
"""

KEY = PublicKey(NUMBER, public_key())
CONTENT = b"what is signed"


def check(signature, content=CONTENT, keys=(KEY,)):
    return check_signature(content, signature, keys, "the file", "the signature")


def test_what_minisign_signs_is_read():
    (key,) = read_public_keys([MINISIGN_KEY])
    found = check(MINISIGN_SIGNATURE, b"hello\n", [key])
    assert found == Signature("C84E4F295EC671D7", "hello from minisign")
    with pytest.raises(
        SignatureError, match=r"^the file: is not what the key C84E4F295EC671D7 signed: it was changed, or its sig"
    ):
        check(MINISIGN_SIGNATURE, b"hello", [key])


def test_the_name_of_a_key_is_that_of_minisign():
    assert (KEY.name, check(signature_file(CONTENT)).key) == (NAME, NAME)


def test_any_of_the_keys_will_do():
    other = PublicKey(b"another ", public_key(b"x" * 32))
    assert check(signature_file(CONTENT), keys=[other, KEY]).key == NAME
    with pytest.raises(
        SignatureError, match=r"the signature: is of the key EFCDAB8967452301, expected 20726568746F6E61; do not"
    ):
        check(signature_file(CONTENT), keys=[other])


def test_another_key_under_the_number_of_ours_is_seen():
    with pytest.raises(SignatureError, match="the file: is not what the key EFCDAB8967452301 signed"):
        check(signature_file(CONTENT, secret=b"x" * 32))


def test_a_changed_comment_is_seen():
    changed = signature_file(CONTENT).replace(b"for the fleet", b"for the float")
    with pytest.raises(
        SignatureError, match="the signature: its trusted comment is not what the key EFCDAB8967452301 signed"
    ):
        check(changed)


def test_the_comment_can_stand_in_a_line():
    assert check(signature_file(CONTENT, b"a\tb\x1b[2J\xff\xc3\xa9")).comment == "a b\\x1b[2J\\xff\u00e9"


def test_a_line_may_end_as_on_windows_and_the_last_one_not_at_all():
    whole = signature_file(CONTENT)
    for spelled in (whole.replace(b"\n", b"\r\n"), whole[:-1]):
        assert check(spelled).key == NAME


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda whole: b"", "1 lines, expected 4"),
        (lambda whole: whole + b"\n", "6 lines, expected 4"),
        (lambda whole: whole + b"more", "5 lines, expected 4"),
        (lambda whole: b"x" * (MAX_SIGNATURE_FILE_BYTES + 1), f"more than {MAX_SIGNATURE_FILE_BYTES} bytes"),
        (lambda whole: whole.replace(b"untrusted comment", b"comment"), "line 1 or 3 does not begin with"),
        (lambda whole: whole.replace(b"\ntrusted comment", b"\ncomment"), "line 1 or 3 does not begin with"),
        (lambda whole: whole.replace(b"=\n", b"\n"), "line 2 or 4 is not the base64 of so many bytes"),
        (lambda whole: whole.replace(b"RUQB", b"RUQ B"), "line 2 or 4 is not the base64 of so many bytes"),
        (lambda whole: whole.replace(b"RUQB", b"\xff\xff"), "line 2 or 4 is not the base64 of so many bytes"),
        (lambda whole: signature_file(CONTENT, algorithm=b"Ed"), r"algorithm b'Ed', expected b'ED' \(minisign -H"),
    ],
)
def test_each_way_to_be_no_signature_has_its_message(change, message):
    with pytest.raises(SignatureError, match=f"^the signature: is no signature of minisign: {message}"):
        check(change(signature_file(CONTENT)))


def test_keys_come_from_lines_and_files(tmp_path):
    two = tmp_path / "two.pub"
    second = key_line(b"y" * 32, b"number 2")
    two.write_text(f"untrusted comment: old\n{key_line()}\n\nuntrusted comment: new\n{second}\n")
    assert read_public_keys([key_line()]) == (KEY,)
    assert [key.number for key in read_public_keys([str(two), key_line()])] == [NUMBER, b"number 2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"untrusted comment: none\n", "holds no public key; expected the .pub file"),
        (b"untrusted comment: x\nhello\n", "line 2 is no public key of minisign"),
        (key_line().replace("RW", "RU").encode(), "line 1 is no public key of minisign"),
        (b"RWQ" + b"A" * 53, "line 1 is no public key of minisign"),  # a point of small order
        (b"\n" * (MAX_KEY_FILE_BYTES + 1), f"more than {MAX_KEY_FILE_BYTES} bytes"),
        (key_line().encode() + b"\n" + key_line(b"z" * 32).encode(), f"another key of the number {NAME} was given"),
    ],
)
def test_each_way_to_be_no_key_has_its_message(tmp_path, content, message):
    path = tmp_path / "k.pub"
    path.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)):
        read_public_keys([str(path)])


@pytest.mark.parametrize("given", ["nowhere.pub", "a\0b", "", ".", "RWQ" + "A" * 53, "\udcff"])
def test_a_key_that_is_neither_a_line_nor_a_file(given):
    with pytest.raises(InputError, match=r"expected the \.pub file"):
        read_public_keys([given])


def test_no_key_at_all_is_an_error_and_never_no_check():
    with pytest.raises(InputError, match=r"^no public key; give the file"):
        read_public_keys([])


def test_a_file_is_signed_beside_it(tmp_path):
    path = tmp_path / "program"
    with pytest.raises(
        SignatureError, match=r"program: is not signed, for .*program.minisig is missing; have its owner"
    ):
        check_signed_file(str(path), CONTENT, [KEY])
    (tmp_path / "program.minisig").write_bytes(signature_file(CONTENT))
    assert check_signed_file(str(path), CONTENT, [KEY]).comment == "for the fleet"
    (tmp_path / "program.minisig").unlink()
    (tmp_path / "program.minisig").mkdir()
    with pytest.raises(SignatureError, match=r"program\.minisig: cannot be read"):
        check_signed_file(str(path), CONTENT, [KEY])
