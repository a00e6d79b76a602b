"""Mutual TLS 1.3 between gateways: one private authority for each peer, one certificate for each direction.

Servers do not show the client certificate to the application, so authority comes from signed objects only; TLS keeps
strangers out. A listener without the authority of its peer does not start. TLS uses wall time whatever the scenario.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from detente.errors import LocalError

SERVER_NAME = "{code}.detente.invalid"


class Pem(NamedTuple):
    """A certificate and its private key, PEM."""

    certificate: bytes
    key: bytes


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def make_authority(code: str, peer: str, days: int = 3650) -> Pem:
    """Our private authority for one peer: it signs our listener for that peer and our client towards it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"{code} authority for {peer}")
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(False, False, False, False, False, True, True, False, False),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    return Pem(certificate.public_bytes(serialization.Encoding.PEM), _key_pem(key))


def issue(authority: Pem, code: str, *, server: bool, days: int = 825) -> Pem:
    """A certificate for our listener (`server`) or our client, signed by our authority for the peer."""
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = serialization.load_pem_private_key(authority.key, None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)  # noqa: S101 - make_authority made it
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(code))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SERVER_NAME.format(code=code))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return Pem(certificate.public_bytes(serialization.Encoding.PEM), _key_pem(key))


def _context(folder: Path, role: str, purpose: int) -> ssl.SSLContext:
    authority = folder / "authority.pem"
    if not authority.exists():
        raise LocalError("no-ca", "the authority of the peer is missing", where=str(authority))
    context = ssl.SSLContext(purpose)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(str(authority))
        context.load_cert_chain(str(folder / f"{role}.pem"), str(folder / f"{role}.key"))
    except (OSError, ssl.SSLError) as error:
        raise LocalError("config-invalid", f"TLS files cannot be used: {error}", where=str(folder)) from error
    return context


def server_context(folder: Path) -> ssl.SSLContext:
    """For the listener of one peer: TLS 1.3 only, a client certificate of the peer's authority required."""
    return _context(folder, "listener", ssl.PROTOCOL_TLS_SERVER)


def client_context(folder: Path) -> ssl.SSLContext:
    """For calls to one peer: TLS 1.3 only, the peer's authority pinned, the name checked."""
    return _context(folder, "client", ssl.PROTOCOL_TLS_CLIENT)
