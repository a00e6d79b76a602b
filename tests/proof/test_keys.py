"""Ed25519: RFC 8032 vectors, admission of keys, one verifier that never raises (30-ledger "Keys")."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import nacl.bindings as sodium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import GivenError, RemoteError
from detente.proof.keys import (
    TYPE_COSIGNATURE,
    TYPE_ML_DSA,
    TYPE_NOTE,
    SoftSigner,
    VerifierKey,
    admit_public,
    b64,
    key_id,
    unb64,
    verify,
    verify_each,
)
from tests.proof.builders import log_key, refused, signer

VECTORS = json.loads((Path(__file__).parent.parent / "vectors/rfc8032-ed25519.json").read_text("utf-8"))
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def encode_point(x: int, y: int) -> bytes:
    return (y | (x & 1) << 255).to_bytes(32, "little")


def root(square: int) -> int:
    """A square root mod p; the number must be a square."""
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square % P
    return x


def order_8_y() -> int:
    """y of a point of order 8: doubling it gives a point with y = 0, that is y^2 = -x^2."""
    # On -x^2 + y^2 = 1 + d x^2 y^2 with x^2 = -y^2: 2 y^2 = 1 - d y^4, a quadratic in y^2.
    for sign in (1, -1):
        square = (-1 + sign * root(1 + D)) * pow(D, -1, P) % P
        if pow(square, (P - 1) // 2, P) == 1:
            return root(square)
    raise AssertionError("no point of order 8")


def small_order() -> dict[str, bytes]:
    """All canonical encodings of the eight points of the small subgroup."""
    y8 = order_8_y()
    points = {"order 1": encode_point(0, 1), "order 2": encode_point(0, P - 1)}
    points |= {f"order 4, sign {s}": encode_point(s, 0) for s in (0, 1)}
    points |= {f"order 8, y{n}, sign {s}": encode_point(s, y) for n, y in enumerate((y8, P - y8)) for s in (0, 1)}
    return points


SMALL = small_order()
NON_CANONICAL = {
    "y = p (order 4)": encode_point(0, P),
    "y = p, sign": encode_point(1, P),
    "y = p + 1 (order 1)": encode_point(0, P + 1),
    "order 1 with sign bit": encode_point(1, 1),
    "order 2 with sign bit": encode_point(1, P - 1),
    "y = p + 3": encode_point(0, P + 3),
    "y = 2^255 - 1": encode_point(0, 2**255 - 1),
    "all ones": b"\xff" * 32,
}
NO_KEYS = {
    **SMALL,
    **NON_CANONICAL,
    "not on the curve": encode_point(0, 2),
    "too short": b"\x01" * 31,
    "too long": signer("a").public + b"\x00",
    "empty": b"",
}


def test_the_small_points_are_what_they_are_called():
    """The list above is the whole small subgroup: eight distinct points, each of which times 8 is the neutral one."""
    assert len(set(SMALL.values())) == 8
    for name, point in SMALL.items():
        double = sodium.crypto_core_ed25519_add(point, point)
        four = sodium.crypto_core_ed25519_add(double, double)
        eight = sodium.crypto_core_ed25519_add(four, four)
        assert eight == SMALL["order 1"]
        assert (four != SMALL["order 1"]) == name.startswith("order 8")


@pytest.mark.parametrize("public", NO_KEYS.values(), ids=NO_KEYS.keys())
def test_small_order_and_non_canonical_points_are_not_admitted(public):
    """30-ledger: "Admit a key only if libsodium's valid-point check passes"."""
    with refused("key-not-admitted", naming="us mirror"):
        admit_public(public, "us mirror")


@pytest.mark.parametrize("small", [p for n, p in SMALL.items() if n != "order 1"])
def test_points_outside_the_main_subgroup_are_not_admitted(small):
    """The same rule: a good key plus a small point verifies in some libraries and not in others."""
    with refused("key-not-admitted"):
        admit_public(sodium.crypto_core_ed25519_add(signer("a").public, small))


@given(st.binary(min_size=32, max_size=32))
def test_every_ordinary_key_is_admitted(seed):
    """A key made from any seed passes."""
    admit_public(SoftSigner(seed).public)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda v: v["name"])
def test_rfc_8032_vectors(vector):
    """RFC 8032, 7.1: public key, signature, and verification."""
    seed, public, message, signature = (bytes.fromhex(vector[k]) for k in ("seed", "public", "message", "signature"))
    key = SoftSigner(seed)
    assert key.public == public
    assert key.sign(message) == signature
    assert verify(public, signature, message)
    admit_public(public)
    for wrong in (message + b"x", message[:-1] if message else b"y"):
        assert not verify(public, signature, wrong)


def test_every_flipped_bit_of_a_signature_is_refused():
    """Crash rule: "flipped byte ... a named refusal"; here for each of the 512 bits."""
    message = b"a statement"
    signature = signer("a").sign(message)
    for bit in range(512):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not verify(signer("a").public, bytes(flipped), message)


def test_a_signature_has_one_form():
    """Malleability: S + L satisfies the equation as well; RFC 8032, 5.1.7 asks S < L."""
    signature = signer("a").sign(b"x")
    s = int.from_bytes(signature[32:], "little")
    for n in range(1, (2**256 - s) // L + 1):
        assert not verify(signer("a").public, signature[:32] + (s + n * L).to_bytes(32, "little"), b"x")


@pytest.mark.parametrize("public", [*SMALL.values(), *NON_CANONICAL.values()])
def test_small_keys_sign_nothing(public):
    """Under a small-order key S = 0 with a small R fits every message in a lax verifier; ours takes none of them."""
    for commitment in [*SMALL.values(), public]:
        for message in (b"", b"x", b"y", b"z"):
            assert not verify(public, commitment + bytes(32), message)


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_verify_never_raises_on_junk(public, signature, message):
    """Verified or not, no third outcome (80-style, python-tuf)."""
    assert verify(public, signature, message) is False


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64), st.binary(max_size=80))
def test_verify_never_raises_on_junk_of_the_right_size(public, signature, message):
    """The same, past the length checks."""
    assert verify(public, signature, message) is False


def test_verify_each_answers_in_order():
    """`VerifyMany`: one answer for each check, in the order asked."""
    good = (signer("a").public, signer("a").sign(b"m"), b"m")
    bad = (signer("b").public, signer("a").sign(b"m"), b"m")
    assert verify_each([good, bad, good]) == [True, False, True]
    assert verify_each([]) == []


def test_the_key_id_is_the_digest_of_the_key():
    """05-resolutions 5: key id = hex SHA-256 of the raw public key, recomputed."""
    assert key_id(b"\x01" * 32) == hashlib.sha256(b"\x01" * 32).hexdigest()


@given(st.binary(max_size=80))
def test_base64_round_trips(data):
    """RFC 4648, 4."""
    assert b64(data) == base64.b64encode(data).decode()
    assert unb64(b64(data)) == data


@given(st.text("AQgw+/-_= \n\tZé", max_size=12))
def test_base64_has_one_form(text):
    """Attack row "two byte forms ... base64 tail bits": what is accepted is what we would write."""
    try:
        data = unb64(text)
    except RemoteError:
        return
    assert b64(data) == text


@pytest.mark.parametrize(
    "text", ["AB==", "AA", "AA=", "AA===", "A A=", "AA==\n", "-_==", "A", "=", "====", "é", "AA==AA=="]
)
def test_other_base64_is_refused_with_its_place(text):
    """The same, one by one."""
    with refused("base64-invalid", naming="path line 3"):
        unb64(text, "path line 3")


# --- verifier keys (C2SP signed-note) -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [TYPE_NOTE, TYPE_COSIGNATURE, TYPE_ML_DSA])
def test_verifier_keys_round_trip(kind):
    """signed-note "Verifier keys": name+id+base64(type || key)."""
    public = b"\x07" * (1312 if kind == TYPE_ML_DSA else 32)
    key = VerifierKey("us.example/log", kind, public)
    assert VerifierKey.decode(key.encode()) == key


def test_the_note_key_id_is_the_specified_digest():
    """signed-note: SHA-256(key name || 0x0A || type || public key)[:4]; known keys of the Go checksum database."""
    for text in (
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ):
        assert VerifierKey.decode(text).encode() == text


def test_one_key_has_another_id_under_another_name_or_type():
    """signed-note: the id binds name and type, so a cosigner's line is not a mirror's."""
    public = signer("a").public
    ids = {VerifierKey(name, kind, public).id for name in ("a.example/x", "a.example/y") for kind in (1, 4)}
    assert len(ids) == 4


GOOD = log_key().encode()
NAME, ID, KEY = GOOD.split("+", 2)
BAD = {
    "no parts": "us.example",
    "two parts": f"{NAME}+{ID}",
    "no name": f"+{ID}+{KEY}",
    "name with space": f"us example+{ID}+{KEY}",
    "id of another key": f"{NAME}+00000000+{KEY}",
    "id upper case": f"{NAME}+{'ABCDEF01'}+{KEY}",
    "id too long": f"{NAME}+0{ID}+{KEY}",
    "other name": f"{NAME}x+{ID}+{KEY}",
    "type 0": VerifierKey(NAME, 0, signer("a").public).encode(),
    "type 2 (ECDSA)": VerifierKey(NAME, 2, signer("a").public).encode(),
    "key too short": VerifierKey(NAME, TYPE_NOTE, b"\x01" * 31).encode(),
    "key too long": VerifierKey(NAME, TYPE_NOTE, b"\x01" * 33).encode(),
    "key empty": f"{NAME}+{ID}+",
    "key not base64": f"{NAME}+{ID}+!!",
    "key unpadded": f"{NAME}+{ID}+{KEY.rstrip('=')[:-1]}",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad_verifier_keys_are_refused(text):
    """A vkey stands in a file a person gave: the file is at fault, with its line."""
    with refused("policy-invalid", GivenError, naming="policy line 2"):
        VerifierKey.decode(text, "policy line 2")
