"""Signs as minisign does, with the arithmetic of the checker: these tests run where no library that signs is installed."""

from base64 import b64encode
from hashlib import blake2b, sha512

from drupelet.ed25519 import BASE, IDENTITY, ORDER, _encoded, _sum_of_multiples

SECRET = bytes(range(32))
NUMBER = bytes.fromhex("0123456789abcdef")
NAME = "EFCDAB8967452301"


def _times_base(number):
    return _encoded(_sum_of_multiples(number, BASE, 0, IDENTITY))


def _parts(secret):
    digest = sha512(secret).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return scalar, digest[32:]


def public_key(secret=SECRET):
    """The public key of 32 secret bytes (RFC 8032, section 5.1.5)."""
    return _times_base(_parts(secret)[0])


def sign(message, secret=SECRET):
    """The signature of a message (RFC 8032, section 5.1.6)."""
    scalar, prefix = _parts(secret)
    nonce = int.from_bytes(sha512(prefix + message).digest(), "little") % ORDER
    point = _times_base(nonce)
    challenge = int.from_bytes(sha512(point + public_key(secret) + message).digest(), "little") % ORDER
    return point + ((nonce + challenge * scalar) % ORDER).to_bytes(32, "little")


def key_line(secret=SECRET, number=NUMBER):
    """The line of base64 of a public key."""
    return b64encode(b"Ed" + number + public_key(secret)).decode()


def signature_file(content, comment=b"for the fleet", secret=SECRET, number=NUMBER, algorithm=b"ED"):
    """The signature file of some content."""
    signature = sign(blake2b(content).digest(), secret)
    lines = [b"untrusted comment: x", b64encode(algorithm + number + signature), b"trusted comment: " + comment]
    return b"\n".join([*lines, b64encode(sign(signature + comment, secret)), b""])
