import pytest

from drupelet.ed25519 import BASE_X, BASE_Y, ORDER, D, P, is_signature, is_usable_key
from runtime.signer import public_key, sign

RFC_8032 = [
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
]  # fmt: skip
"""Secret key, public key, message and signature of RFC 8032, section 7.1."""

SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
]
NO_POINTS = [
    "0200000000000000000000000000000000000000000000000000000000000000",  # not on the curve
    "0100000000000000000000000000000000000000000000000000000000000080",  # x = 0 with a sign
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # y = P + 1, another spelling of 1
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def test_the_base_point_lies_on_the_curve():
    assert (BASE_Y * BASE_Y - BASE_X * BASE_X - 1 - D * BASE_X * BASE_X * BASE_Y * BASE_Y) % P == 0


@pytest.mark.parametrize(("secret", "key", "message", "signature"), RFC_8032)
def test_the_vectors_of_the_rfc(secret, key, message, signature):
    secret, key, message, signature = map(bytes.fromhex, (secret, key, message, signature))
    assert is_signature(key, message, signature)
    assert (public_key(secret), sign(message, secret)) == (key, signature)  # so the signer of these tests is right, too


def test_every_changed_bit_is_seen():
    key, message = public_key(), b"a message"
    signature = sign(message)
    assert is_signature(key, message, signature)
    for place in range(512):
        changed = bytearray(signature)
        changed[place // 8] ^= 1 << place % 8
        assert not is_signature(key, message, bytes(changed))
    for place in range(0, 256, 7):
        changed = bytearray(key)
        changed[place // 8] ^= 1 << place % 8
        assert not is_signature(bytes(changed), message, signature)
    assert not is_signature(key, message + b" ", signature)


def test_no_second_signature_can_be_made_of_a_first_one():
    signature = sign(b"m")
    larger = int.from_bytes(signature[32:], "little") + ORDER
    assert not is_signature(public_key(), b"m", signature[:32] + larger.to_bytes(32, "little"))


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_key_of_small_order_signs_nothing(point):
    key = bytes.fromhex(point)
    assert not is_usable_key(key)
    for first in SMALL_ORDER:  # with S = 0, one of them fits some message without the check
        for message in (b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h", b"i"):
            assert not is_signature(key, message, bytes.fromhex(first) + bytes(32))


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_point_of_small_order_in_a_signature_is_refused(point):
    assert not is_signature(public_key(), b"m", bytes.fromhex(point) + sign(b"m")[32:])


@pytest.mark.parametrize("point", NO_POINTS)
def test_a_key_that_is_no_point_or_another_spelling_of_one_is_refused(point):
    assert not is_usable_key(bytes.fromhex(point))
    assert not is_signature(bytes.fromhex(point), b"m", sign(b"m"))


@pytest.mark.parametrize(("key", "signature"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 0)])
def test_other_lengths_are_refused(key, signature):
    assert not is_signature(public_key().ljust(33, b"\0")[:key], b"m", sign(b"m").ljust(65, b"\0")[:signature])
    assert not is_usable_key(public_key()[:31])
