"""Signatures of bundles and of files, as minisign writes them: who made what is about to be read.

A signature file has four lines: a comment that nobody signed; base64 of ``ED``, the number of the key and an Ed25519 signature
of the BLAKE2b-512 of the file; a comment that is signed, too; base64 of the signature of both. A public key is base64 of
``Ed``, its number and 32 bytes, below a comment.
"""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

from drupelet.bounded_read import read_at_most
from drupelet.control_characters import escaped_line
from drupelet.errors import FormatError, InputError, SignatureError
from drupelet.regular_file import open_regular_file
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SUFFIX = ".minisig"
"""The signature of a file stands beside it, under its name and this ending. That of a bundle is the manifest's, whose hashes
cover every other file of the bundle."""
KEY_ALGORITHM = b"Ed"
SIGNATURE_ALGORITHM = b"ED"
"""``Ed`` in a signature is minisign's older form, which signs the file itself."""
NUMBER_BYTES = 8
KEY_BYTES = 32
SIGNATURE_BYTES = 64
COMMENT = b"untrusted comment: "
TRUSTED_COMMENT = b"trusted comment: "
MAX_SIGNATURE_FILE_BYTES = 1 << 14
"""minisign's comments have at most 1,024 and 8,192 bytes."""
MAX_KEY_FILE_BYTES = 1 << 14
"""A hundred keys. More than two, the old one and the new one, are rarely needed."""
HOW_TO_SIGN = "have its owner sign it with drupelet sign"


class PublicKey(Value):
    """A public key: its number, by which a signature names it, and its 32 bytes."""

    number: bytes
    key: bytes

    @property
    def name(self) -> str:
        """The number as minisign prints it: 16 hexadecimal digits."""
        return name_of(self.number)


class Signature(Value):
    """A signature that fits: the name of its key, and the comment that was signed with it, as it can stand in a line."""

    key: str
    comment: str


def name_of(number: bytes) -> str:
    """The number of a key as minisign prints it: 16 hexadecimal digits, which are those of a little-endian integer."""
    return f"{int.from_bytes(number, 'little'):016X}"


def read_public_keys(given: Iterable[str]) -> tuple[PublicKey, ...]:
    """The public keys of some arguments: each is the line of a key, or a file of such lines and comments above them.

    Raises InputError for what is neither, for no key at all, and for two keys of one number.
    """
    keys: dict[bytes, PublicKey] = {}
    for argument in given:
        for key in _keys_of(argument):
            if keys.setdefault(key.number, key) != key:
                raise InputError(f"{argument:.200}: another key of the number {key.name} was given already; keep one")
    if not keys:
        raise InputError("no public key; give the file that drupelet sign --generate wrote, whose name ends in .pub")
    return tuple(keys.values())


def _keys_of(argument: str) -> list[PublicKey]:
    alone = parse_public_key(argument.encode(errors="surrogateescape"))
    if alone is not None:
        return [alone]
    expected = "expected the .pub file that drupelet sign --generate wrote, or the line of base64 in it"
    try:
        with open_regular_file(argument, expected) as file:
            content = read_at_most(file, MAX_KEY_FILE_BYTES)
    except FormatError as error:
        raise InputError(str(error)) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{argument!r:.200}: cannot be read ({reason}); {expected}") from error
    if len(content) > MAX_KEY_FILE_BYTES:
        raise InputError(f"{argument}: more than {MAX_KEY_FILE_BYTES} bytes; {expected}")
    keys = []
    for place, line in enumerate(content.splitlines(), 1):
        if line.strip() and not line.startswith(COMMENT):
            key = parse_public_key(line)
            if key is None:
                raise InputError(f"{argument}: line {place} is no public key of minisign; {expected}")
            keys.append(key)
    if not keys:
        raise InputError(f"{argument}: holds no public key; {expected}")
    return keys


def parse_public_key(line: bytes) -> PublicKey | None:
    """The public key in a line of base64; None where there is none, or one that nobody can have signed with."""
    from drupelet.ed25519 import is_usable_key

    content = _decoded(line.strip(), len(KEY_ALGORITHM) + NUMBER_BYTES + KEY_BYTES)
    if content is None or not content.startswith(KEY_ALGORITHM):
        return None
    number, key = content[2 : 2 + NUMBER_BYTES], content[2 + NUMBER_BYTES :]
    return PublicKey(number, key) if is_usable_key(key) else None


def check_signature(content: bytes, signature: bytes, keys: Sequence[PublicKey], what: str, where: str) -> Signature:
    """Checks the bytes of a file with those of its signature file. ``what`` and ``where`` are the places of both.

    Raises SignatureError where the signature is none, is of none of these keys, or does not fit.
    """
    from hashlib import blake2b

    from drupelet.ed25519 import is_signature

    number, of_content, comment, of_comment = _parsed(signature, where)
    key = next((key for key in keys if key.number == number), None)
    if key is None:
        raise SignatureError(
            f"{where}: is of the key {name_of(number)}, expected {' or '.join(key.name for key in keys)}; do not use it unless "
            "that key is its owner's, too"
        )
    if not is_signature(key.key, blake2b(content).digest(), of_content):
        raise SignatureError(
            f"{what}: is not what the key {key.name} signed: it was changed, or its signature {where} is forged; do not use "
            f"it, {HOW_TO_SIGN}"
        )
    if not is_signature(key.key, of_content + comment, of_comment):
        raise SignatureError(f"{where}: its trusted comment is not what the key {key.name} signed; do not use it")
    return Signature(key.name, escaped_line(comment.decode(errors="backslashreplace").replace("\t", " ")))


def check_signed_file(path: str, content: bytes, keys: Sequence[PublicKey]) -> Signature:
    """Checks the bytes of a file with the signature file beside it. Raises SignatureError, too, where that is missing."""
    where = path + SUFFIX
    try:
        with open_regular_file(where, HOW_TO_SIGN) as file:
            signature = read_at_most(file, MAX_SIGNATURE_FILE_BYTES)
    except FileNotFoundError as error:
        raise unsigned(path, where) from error
    except (OSError, FormatError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SignatureError(f"{where}: cannot be read ({reason}); {HOW_TO_SIGN}") from error
    return check_signature(content, signature, keys, path, where)


def unsigned(path: str, missing: str) -> SignatureError:
    """The error of what has no signature at all."""
    return SignatureError(f"{path}: is not signed, for {missing} is missing; {HOW_TO_SIGN}")


def _parsed(signature: bytes, where: str) -> tuple[bytes, bytes, bytes, bytes]:
    """Number of the key, signature, trusted comment and its signature. Raises SignatureError."""

    def wrong(what: str) -> SignatureError:
        return SignatureError(f"{where}: is no signature of minisign: {what}; {HOW_TO_SIGN}")

    if len(signature) > MAX_SIGNATURE_FILE_BYTES:
        raise wrong(f"more than {MAX_SIGNATURE_FILE_BYTES} bytes")
    lines = signature.replace(b"\r\n", b"\n").split(b"\n")
    if len(lines) == 5 and not lines[-1]:
        del lines[-1]
    if len(lines) != 4:
        raise wrong(f"{len(lines)} lines, expected 4")
    if not lines[0].startswith(COMMENT) or not lines[2].startswith(TRUSTED_COMMENT):
        raise wrong(f"line 1 or 3 does not begin with {COMMENT.decode()!r}, {TRUSTED_COMMENT.decode()!r}")
    of_content = _decoded(lines[1], len(SIGNATURE_ALGORITHM) + NUMBER_BYTES + SIGNATURE_BYTES)
    of_comment = _decoded(lines[3], SIGNATURE_BYTES)
    if of_content is None or of_comment is None:
        raise wrong("line 2 or 4 is not the base64 of so many bytes")
    algorithm, number = of_content[:2], of_content[2 : 2 + NUMBER_BYTES]
    if algorithm != SIGNATURE_ALGORITHM:
        raise wrong(
            f"algorithm {algorithm!r}, expected {SIGNATURE_ALGORITHM!r} (minisign -H writes it where it is old)"
        )
    return number, of_content[2 + NUMBER_BYTES :], lines[2][len(TRUSTED_COMMENT) :], of_comment


def _decoded(line: bytes, size_bytes: int) -> bytes | None:
    """So many bytes from their base64; None for anything else, and for another spelling of them."""
    try:
        content = a2b_base64(line)
    except Error:
        return None
    return content if len(content) == size_bytes and b2a_base64(content, newline=False) == line else None
