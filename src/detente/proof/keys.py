"""Ed25519 keys: admission, signing, verifying, and C2SP verifier keys.

One named verifier decides, libsodium (through PyNaCl): OpenSSL and libsodium disagree on 4 of 12 edge cases, so two
libraries would be two judges. A key is admitted only if it passes libsodium's valid-point check (canonical, on
the main subgroup, not of small order). Key id = hex SHA-256 of the raw public key, always recomputed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import nacl.bindings as sodium
from nacl.exceptions import CryptoError

from detente.errors import GivenError, RemoteError

VERIFIER = "libsodium"
TYPE_NOTE = 0x01
TYPE_COSIGNATURE = 0x04
TYPE_ML_DSA = 0x06  # reserved: read in policies, never accepted as a receipt here (docs/limits.md)
_PUBLIC_SIZE = {TYPE_NOTE: 32, TYPE_COSIGNATURE: 32, TYPE_ML_DSA: 1312}

Check = tuple[bytes, bytes, bytes]
"""(public key, signature, message)."""
VerifyMany = Callable[[Sequence[Check]], Iterable[bool]]
"""Answers in order; they may still be under way when it returns."""


class Signer(Protocol):
    """Something that signs with one Ed25519 key; the private half may live elsewhere."""

    @property
    def public(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes: ...


class SoftSigner:
    """A signer whose 32-byte seed is in memory."""

    def __init__(self, seed: bytes) -> None:
        self._public, self._secret = sodium.crypto_sign_seed_keypair(seed)

    @property
    def public(self) -> bytes:
        return self._public

    def sign(self, message: bytes) -> bytes:
        """The 64-byte detached signature of `message`."""
        return sodium.crypto_sign(message, self._secret)[:64]


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is by `public` over `message`, as libsodium sees it."""
    if len(signature) != 64 or len(public) != 32:
        return False
    try:
        sodium.crypto_sign_open(signature + message, public)
    except (CryptoError, ValueError):
        return False
    return True


def verify_each(checks: Sequence[Check]) -> list[bool]:
    """`verify` for each; the plain `VerifyMany` (adapters bring one that uses both cores)."""
    return [verify(*check) for check in checks]


def admit_public(public: bytes, where: str = "") -> None:
    """Raise RemoteError(key-not-admitted) unless every library reads this key as the same valid point."""
    if len(public) != 32 or not sodium.crypto_core_ed25519_is_valid_point(public):
        raise RemoteError(
            "key-not-admitted", "the public key is not a canonical point of the main subgroup", where=where
        )


@lru_cache(maxsize=1024)
def key_id(public: bytes) -> str:
    """Hex SHA-256 of the raw public key (of the same bytes it is always the same, so it is remembered)."""
    return hashlib.sha256(public).hexdigest()


def b64(data: bytes) -> str:
    """Padded standard base64."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: str, where: str = "") -> bytes:
    """Decode padded standard base64 with zero tail bits; RemoteError(base64-invalid) otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise RemoteError("base64-invalid", f"not base64: {error}", where=where) from error
    if base64.b64encode(data).decode("ascii") != text:
        raise RemoteError("base64-invalid", "base64 with other padding or tail bits", where=where)
    return data


@dataclass(frozen=True)
class VerifierKey:
    """A name, a signature type byte and a public key: whose lines a note reader believes (C2SP signed-note)."""

    name: str
    type: int
    public: bytes

    @cached_property
    def id(self) -> int:
        """The 32-bit key id of signed-note, computed, never taken on trust."""
        digest = hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()
        return int.from_bytes(digest[:4], "big")

    def encode(self) -> str:
        """`<name>+<hex id>+<base64(type || key)>`."""
        return f"{self.name}+{self.id:08x}+{b64(bytes([self.type]) + self.public)}"

    @staticmethod
    def decode(text: str, where: str = "") -> VerifierKey:
        """Read a vkey; GivenError(policy-invalid) if it is malformed or its id does not fit its key."""
        parts = text.split("+", 2)
        if len(parts) != 3 or not parts[0]:
            raise GivenError("policy-invalid", f"{text[:60]!r} is not a vkey name+id+key", where=where)
        try:
            material = unb64(parts[2])
        except RemoteError as error:
            raise GivenError("policy-invalid", f"vkey of {parts[0]}: {error.what}", where=where) from error
        if not material or len(material) - 1 != _PUBLIC_SIZE.get(material[0], -1):
            raise GivenError("policy-invalid", f"vkey of {parts[0]} has an unknown type or length", where=where)
        key = VerifierKey(parts[0], material[0], material[1:])
        if f"{key.id:08x}" != parts[1]:
            raise GivenError("policy-invalid", f"vkey of {parts[0]}: id {parts[1]} does not fit the key", where=where)
        return key
