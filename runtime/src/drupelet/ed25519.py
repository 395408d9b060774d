"""Checks Ed25519 signatures with the standard library alone: RFC 8032, section 5.1, and as strict as libsodium.

Points are on the twisted Edwards curve -x^2 + y^2 = 1 + d x^2 y^2 over integers modulo P, as (X, Y, Z, T): x = X / Z,
y = Y / Z, x y = T / Z. Nothing here is secret, so nothing has to take the same time for all values. Nothing is signed.
"""

from __future__ import annotations

from hashlib import sha512

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    Point = tuple[int, int, int, int]

KEY_BYTES = 32
SIGNATURE_BYTES = 64

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
"""The number of points that the base point generates (L in RFC 8032)."""
D = -121665 * pow(121666, P - 2, P) % P
SQUARE_ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def is_signature(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64 bytes of a signature are those that the owner of this public key, 32 bytes, made of the message.

    Refused as libsodium refuses them, so that no second signature can be made of a first one, and no key fits every message: a
    number S of L or more, a point in another encoding than the shortest, a key or a point R of small order. The equation
    is the one without the cofactor: S B = R + k A.
    """
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    number = int.from_bytes(signature[32:], "little")
    point = _decoded(key)
    if number >= ORDER or point is None or _has_small_order(point):
        return False
    challenge = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % ORDER
    x, y, z, t = point
    found = _sum_of_multiples(number, BASE, challenge, (P - x, y, z, P - t))
    return not _has_small_order(found) and _encoded(found) == signature[:32]


def is_usable_key(key: bytes) -> bool:
    """Whether these bytes are a public key that can have signed something: a point, and none of small order."""
    point = _decoded(key) if len(key) == KEY_BYTES else None
    return point is not None and not _has_small_order(point)


def _decoded(encoded: bytes) -> Point | None:
    """The point of 32 bytes (RFC 8032, section 5.1.3); None for bytes that are no point, or a longer spelling of one."""
    bits = int.from_bytes(encoded, "little")
    sign, y = bits >> 255, bits & ((1 << 255) - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * SQUARE_ROOT_OF_MINUS_1 % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _encoded(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    return ((y * inverse % P) | (x * inverse % P & 1) << 255).to_bytes(KEY_BYTES, "little")


def _has_small_order(point: Point) -> bool:
    """Whether eight times the point is the identity."""
    x, y, z, _ = _doubled(_doubled(_doubled(point)))
    return x == 0 and y == z


def _sum_of_multiples(n: int, first: Point, m: int, second: Point) -> Point:
    """n times one point plus m times another, both from the highest bit on, with the doublings shared (Shamir's trick)."""
    either = (IDENTITY, first, second, _added(first, second))
    total = IDENTITY
    for place in range(max(n.bit_length(), m.bit_length()) - 1, -1, -1):
        total = _doubled(total)
        which = n >> place & 1 | (m >> place & 1) << 1
        if which:
            total = _added(total, either[which])
    return total


def _added(first: Point, second: Point) -> Point:
    """The sum of two points (RFC 8032, section 5.1.4)."""
    x1, y1, z1, t1 = first
    x2, y2, z2, t2 = second
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _doubled(point: Point) -> Point:
    """Twice a point (RFC 8032, section 5.1.4)."""
    x, y, z, _ = point
    a, b = x * x % P, y * y % P
    h = a + b
    e, g = h - (x + y) * (x + y), a - b
    f = 2 * z * z + g
    return e * f % P, g * h % P, f * g % P, e * h % P
