"""The secret key in a file, as minisign keeps it: enciphered with a password, or plain where that was asked for.

base64 of ``Ed``, the kind of password, ``B2``, salt, two limits of scrypt, and 104 bytes: number of the key, secret and
public key, BLAKE2b-256 of ``Ed`` and these
(zeros without a password). With a password the 104 bytes are xored with as many from scrypt.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import dataclass, field
from pathlib import Path

from drupelet.bounded_read import read_at_most
from drupelet.errors import FormatError, InputError
from drupelet.regular_file import open_regular_file
from drupelet.signature import KEY_ALGORITHM, KEY_BYTES, NUMBER_BYTES, PublicKey
from drupelet_export.errors import LibraryMissingError

WITH_PASSWORD, WITHOUT_PASSWORD = b"Sc", b"\0\0"
CHECKSUM = b"B2"
NO_CHECKSUM = bytes(32)
SALT_BYTES = 32
LIMIT_BYTES = 8
OPERATIONS, MEMORY_BYTES = 1 << 25, 1 << 30
"""Limits of libsodium for what is worth most (SENSITIVE), which minisign takes: 3 s and 1 GiB for a guess of the password."""
MOST_SCRYPT_BYTES = (1 << 31) - 2
"""The most that OpenSSL lets scrypt take. It needs a little more than MEMORY_BYTES."""
ENCIPHERED_BYTES = NUMBER_BYTES + 2 * KEY_BYTES + 32
FILE_BYTES = 2 + 2 + 2 + SALT_BYTES + 2 * LIMIT_BYTES + ENCIPHERED_BYTES
MAX_KEY_FILE_BYTES = 1 << 12
EXPECTED = "expected the secret key of drupelet sign --generate or minisign -G"


@dataclass(frozen=True)
class SecretKey:
    """A secret key: its number, and the 32 bytes (RFC 8032's secret key) from which all else follows, which ``repr`` hides."""

    number: bytes
    secret: bytes = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """The public key that belongs to it."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return PublicKey(self.number, Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature of this message."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.secret).sign(message)


def check_library() -> None:
    """Raises LibraryMissingError where what signs is not installed."""
    try:
        import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401
    except ImportError as error:
        raise LibraryMissingError(
            f"signing needs the package cryptography ({error}); install it with: pip install 'drupelet-export[sign]'"
        ) from error


def generate() -> SecretKey:
    """A new key, from the random numbers of the system."""
    return SecretKey(secrets.token_bytes(NUMBER_BYTES), secrets.token_bytes(KEY_BYTES))


def secret_key_text(
    key: SecretKey, password: bytes | None, operations: int = OPERATIONS, memory_bytes: int = MEMORY_BYTES
) -> bytes:
    """The file of a secret key; without a password it stands there as it is."""
    both = key.secret + key.public.key
    if password is None:
        head = WITHOUT_PASSWORD + CHECKSUM + bytes(SALT_BYTES + 2 * LIMIT_BYTES)
        comment, stored = b"minisign secret key", key.number + both + NO_CHECKSUM
    else:
        salt = secrets.token_bytes(SALT_BYTES)
        limits = b"".join(limit.to_bytes(LIMIT_BYTES, "little") for limit in (operations, memory_bytes))
        head = WITH_PASSWORD + CHECKSUM + salt + limits
        plain = key.number + both + _checksum(key.number, both)
        comment, stored = b"minisign encrypted secret key", _ciphered(plain, password, salt, operations, memory_bytes)
    return b"untrusted comment: " + comment + b"\n" + b64encode(KEY_ALGORITHM + head + stored) + b"\n"


def public_key_text(key: PublicKey) -> bytes:
    """The file of a public key."""
    content = b64encode(KEY_ALGORITHM + key.number + key.key)
    return b"untrusted comment: minisign public key " + key.name.encode() + b"\n" + content + b"\n"


def read_secret_key(path: Path, password: bytes | None) -> SecretKey:
    """The key of a file. Raises InputError where it is none, its password is missing, or does not fit."""
    content = _content(path)
    kind, checksum, rest = content[2:4], content[4:6], content[6:]
    salt, limits, stored = rest[:SALT_BYTES], rest[SALT_BYTES : SALT_BYTES + 2 * LIMIT_BYTES], rest[-ENCIPHERED_BYTES:]
    if content[:2] != KEY_ALGORITHM or checksum != CHECKSUM or kind not in (WITH_PASSWORD, WITHOUT_PASSWORD):
        raise InputError(f"{path}: is a key of a kind that is not known; {EXPECTED}")
    if kind == WITH_PASSWORD:
        if password is None:
            raise InputError(
                f"{path}: has a password; give it in a file with --password-file, or in the variable DRUPELET_SIGN_PASSWORD"
            )
        operations, memory_bytes = (int.from_bytes(limits[at : at + LIMIT_BYTES], "little") for at in (0, LIMIT_BYTES))
        if operations > OPERATIONS or memory_bytes > MEMORY_BYTES:
            raise InputError(
                f"{path}: wants {memory_bytes} bytes of memory for its password, more than minisign; {EXPECTED}"
            )
        stored = _ciphered(stored, password, salt, operations, memory_bytes)
    number, both, found = stored[:NUMBER_BYTES], stored[NUMBER_BYTES:-32], stored[-32:]
    key = SecretKey(number, both[:KEY_BYTES])
    if kind == WITH_PASSWORD and found != _checksum(number, both):
        raise InputError(f"{path}: what was given is not its password")
    if key.public.key != both[KEY_BYTES:]:
        raise InputError(f"{path}: is damaged; take the copy that you keep elsewhere")
    return key


def write_new_key(path: Path, key: SecretKey, password: bytes | None) -> Path:
    """Writes a key, which nobody but the user may read, and its public key beside it; returns the path of that.

    Raises InputError where one of them exists: a key that is lost is worse than an error.
    """
    public = path.with_name(path.name + ".pub")
    for place in (path, public):
        if os.path.lexists(place):
            raise InputError(f"{place}: exists, and a key is never replaced; choose another name, or move it away")
    try:
        _write_new(path, secret_key_text(key, password), 0o600)
        _write_new(public, public_key_text(key.public), 0o644)
    except OSError as error:
        raise InputError(f"{error.filename or path}: cannot be written ({error.strerror})") from error
    return public


def _write_new(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _content(path: Path) -> bytes:
    try:
        with open_regular_file(str(path), EXPECTED) as file:
            lines = read_at_most(file, MAX_KEY_FILE_BYTES).splitlines()
    except (OSError, FormatError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: cannot be read ({reason}); {EXPECTED}") from error
    try:
        content = b64decode(lines[1], validate=True)
    except (IndexError, Error):
        content = b""
    if len(content) == len(KEY_ALGORITHM) + NUMBER_BYTES + KEY_BYTES:
        raise InputError(f"{path}: is a public key; give the secret one")
    if len(content) != FILE_BYTES:
        raise InputError(f"{path}: is no key of minisign; {EXPECTED}")
    return content


def _checksum(number: bytes, both: bytes) -> bytes:
    return hashlib.blake2b(KEY_ALGORITHM + number + both, digest_size=32).digest()


def _ciphered(content: bytes, password: bytes, salt: bytes, operations: int, memory_bytes: int) -> bytes:
    """The bytes, each with one of scrypt's: deciphers what it has enciphered."""
    cost, block, parallel = scrypt_parameters(operations, memory_bytes)
    try:
        stream = hashlib.scrypt(
            password, salt=salt, n=cost, r=block, p=parallel, maxmem=MOST_SCRYPT_BYTES, dklen=len(content)
        )
    except (ValueError, MemoryError) as error:  # OpenSSL reports a lack of memory as a ValueError
        raise InputError(f"the password needs {memory_bytes >> 20} MiB of memory ({error}); free some") from error
    return bytes(a ^ b for a, b in zip(content, stream, strict=True))


def scrypt_parameters(operations: int, memory_bytes: int) -> tuple[int, int, int]:
    """N, r and p of scrypt for two limits, as libsodium chooses them (pickparams in crypto_pwhash_scryptsalsa208sha256)."""
    block = 8
    operations = max(operations, 1 << 15)
    if operations < memory_bytes // 32:
        most = operations // (block * 4)
        cost_bits = _bits(most)
        return 1 << cost_bits, block, 1
    cost_bits = _bits(memory_bytes // (block * 128))
    parallel = min((operations // 4) >> cost_bits, 0x3FFFFFFF) // block
    return 1 << cost_bits, block, max(parallel, 1)


def _bits(most: int) -> int:
    """The least number from 1 on of which the power of two is more than half of ``most``."""
    return next(bits for bits in range(1, 64) if 1 << bits > most // 2)
