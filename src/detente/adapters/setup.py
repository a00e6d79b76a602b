"""Making a node: folders, keys, the first root document, and the exchange of public things with each peer.

What is handed to a peer (`public/for-<peer>/`) is our authority for it and our root document; their digests are to be
compared by voice. Private halves never leave `private/`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from detente.adapters.agency_keys import HAND_OUT, PERSONS, begin_policy
from detente.adapters.config import FILE, Config, write_config
from detente.adapters.store_private import PrivateStore, make_store_key
from detente.adapters.tls import Pem, issue, make_authority
from detente.errors import GivenError, LocalError
from detente.model.statement import Code, Origin
from detente.model.terms import ROLE_OTHER, ROLE_PARTY, read_terms
from detente.proof.keys import SoftSigner
from detente.proof.roots import ROLES, KeyEntry, KeyState, RootDocument, Threshold, digest_of, read_root, seal_root

AGENCY = "centre"
MAX_NEEDED = 16
_PLAIN = re.compile(r"[^\W_](?:[\w ().-]*[\w).])?")


def make_keys(
    private: PrivateStore, code: str, name: str, release_agencies: tuple[str, ...] = (AGENCY,), needed: int = 1
) -> bytes:
    """Make one key for each role (one release key for each agency) and the signed first root document."""
    entries: list[KeyEntry] = []
    root_signer: SoftSigner | None = None
    for role in ROLES:
        for agency in release_agencies if role == "release" else (AGENCY,):
            seed = os.urandom(32)
            public = private.put_seed(seed)
            entries.append(KeyEntry(public=public, role=role, agency=agency))  # type: ignore[arg-type]
            if role == "root":
                root_signer = SoftSigner(seed)
    assert root_signer is not None  # noqa: S101 - ROLES holds root
    document = RootDocument(
        participant=code,
        name=name,
        version=1,
        keys=entries,
        thresholds=[Threshold(role="root", needed=1), Threshold(role="release", needed=needed)],
    )
    data = seal_root(document, [root_signer])
    read_root(data)
    return data


def next_root(private: PrivateStore, state: KeyState, roles: tuple[str, ...]) -> bytes:
    """New keys for `roles`, the others kept: the next root document, signed by the old and the new root keys."""
    old = state.document
    entries: list[KeyEntry] = []
    for entry in old.keys:
        public = private.put_seed(os.urandom(32)) if entry.role in roles else entry.public
        entries.append(KeyEntry(public=public, role=entry.role, agency=entry.agency))
    document = RootDocument(
        participant=old.participant,
        name=old.name,
        version=old.version + 1,
        previous=state.digest,
        keys=entries,
        thresholds=old.thresholds,
    )
    signers = {s.public: s for each in (old, document) for s in private.signers(each).get("root", [])}
    if not signers:
        raise LocalError("store-locked", "no root key is in this store", where=str(private.path))
    data = seal_root(document, signers.values())
    read_root(data, state)
    return data


def _fits(value: str, type_: Any, where: str, shown: str = "") -> None:
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise GivenError("bad-field", f"{shown or value!r}: {error}", where=where) from error


def check_names(code: str, name: str, release_agencies: Sequence[str], needed: int) -> None:
    """GivenError(bad-field) naming what cannot stand in a root document or in the names made from it."""
    _fits(code, Code, "code")
    _fits(name, Origin, "name")
    _fits(f"{name}/to-{'x' * 32}", Origin, "name", f"{name!r} with the name of a log after it")
    if {".", ".."} & set(name.split("/")):
        raise GivenError("bad-field", f"{name!r} is not a plain schema-less address", where="name")
    for agency in release_agencies:
        _fits(agency, Code, "release agency")
    if len(set(release_agencies)) != len(release_agencies):
        raise GivenError("bad-field", "an agency is named twice", where="release agency")
    if not 1 <= needed <= min(len(release_agencies), MAX_NEEDED):
        what = f"{needed} of {len(release_agencies)} agencies cannot sign"
        raise GivenError("bad-field", what, where="release needed")


def init_node(
    folder: Path,
    code: str,
    name: str,
    passphrase: str = "",
    release_agencies: tuple[str, ...] = (AGENCY,),
    needed: int = 1,
    persons: Sequence[str] = PERSONS,
) -> bytes:
    """Make a node's folder with store key, private store, first root document and first release policy; the root's bytes.

    The private folder gets its name last: what an attempt left behind that did not come so far is made anew.
    """
    check_names(code, name, release_agencies, needed)
    home, half = folder / "private", folder / "private.half-made"
    if home.exists() and any(home.iterdir()):
        raise LocalError("config-invalid", "keys are there already; a node keeps its keys", where=str(home))
    for part in ("shared/roots", "shared/tls", "run", "public"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(half)
    key = make_store_key(half, passphrase)
    private = PrivateStore(half, key)
    try:
        root = make_keys(private, code, name, release_agencies, needed)
        shutil.rmtree(folder / HAND_OUT, ignore_errors=True)  # of an attempt that did not come as far as its keys
        begin_policy(private, code, folder / HAND_OUT, persons)
    finally:
        private.close()
    (folder / "shared" / "roots" / f"{code}.json").write_bytes(root)
    os.replace(half, home)
    return root


def begin_config(folder: Path, code: str, clock: str = "wall", scenario_start: int = 0) -> bool:
    """Write a node.toml without peers, unless there is one; whether it was written."""
    if (folder / FILE).exists():
        return False
    folder = folder.resolve()
    agreement, terms = folder / "agreement.yaml", folder / "terms.yaml"
    write_config(Config(folder, code, clock, agreement, terms, scenario_start=scenario_start))
    return True


class Paired(NamedTuple):
    """SHA-256 of a TLS authority's certificate (DER) and of a first root document: what is compared by voice."""

    authority: str
    root: str


def _other(config: Config, peer: str) -> None:
    _fits(peer, Code, "peer")
    if peer == config.code:
        raise GivenError("unknown-name", f"{peer} is this node itself, not a peer", where="peer")


def prepare_peer(config: Config, key: bytes, peer: str, *, replace: bool = False) -> Path:
    """Make our authority, listener and client certificate for one peer; the folder to hand to it."""
    _other(config, peer)
    private = PrivateStore(config.private, key)
    try:
        if not replace and private.get("authority", peer) is not None:
            what = f"an authority for {peer} is there already; one made with --replace must be handed over anew"
            raise LocalError("config-invalid", what, where=str(config.tls(peer)))
        authority = make_authority(config.code, peer)
        private.put("authority", peer, authority.certificate + authority.key)
    finally:
        private.close()
    folder = config.tls(peer)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for role, server in (("listener", True), ("client", False)):
        _write_pem(folder, role, issue(authority, config.code, server=server))
    public = config.folder / "public" / f"for-{peer}"
    public.mkdir(parents=True, exist_ok=True)
    (public / "authority.pem").write_bytes(authority.certificate)
    shutil.copyfile(config.root_path(config.code), public / f"{config.code}.json")
    return public


def _write_pem(folder: Path, role: str, pem: Pem) -> None:
    (folder / f"{role}.pem").write_bytes(pem.certificate)
    with os.fdopen(os.open(folder / f"{role}.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem.key)


def digests_in(public: Path, code: str) -> Paired:
    """The digests of what `code` hands over in this folder."""
    return Paired(_authority(public, "")[1], digest_of((public / f"{code}.json").read_bytes()))


def _authority(public: Path, subject: str) -> tuple[bytes, str]:
    """The one certificate in a folder (PEM) and its SHA-256; GivenError unless its subject is this one ("": any)."""
    path = public / "authority.pem"
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        found = ", ".join(str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME))
    except ValueError as error:
        raise GivenError("file-invalid", f"not a certificate: {error}", where=str(path)) from error
    if subject and found != subject:
        raise GivenError("file-invalid", f"this is the {found[:80]!r}, not the {subject!r}", where=str(path))
    return certificate.public_bytes(serialization.Encoding.PEM), certificate.fingerprint(hashes.SHA256()).hex()


def accept_peer(config: Config, peer: str, public: Path, *, replace: bool = False) -> Paired:
    """Take what a peer handed us, if it was made for us; the digests to compare by voice. The root's is in the terms."""
    _other(config, peer)
    root = public / f"{peer}.json"
    try:
        authority_pem, fingerprint = _authority(public, f"{peer} authority for {config.code}")
        document = root.read_bytes()
    except OSError as error:
        raise GivenError("file-unreadable", f"{error.strerror}", where=str(error.filename)) from error
    state = read_root(document)
    if state.document.participant != peer:
        raise GivenError(
            "root-invalid", f"this is the root of {state.document.participant}, not of {peer}", where=str(root)
        )
    folder = config.tls(peer)
    for path, data in ((folder / "authority.pem", authority_pem), (config.root_path(peer), document)):
        if not replace and path.exists() and path.read_bytes() != data:
            what = f"{peer} handed us another before; ask {peer} by voice, then take this one with --replace"
            raise GivenError("file-invalid", what, where=str(path))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "authority.pem").write_bytes(authority_pem)
    config.root_path(peer).write_bytes(document)
    return Paired(fingerprint, digest_of(document))


def draft_terms(
    agreement: str,
    roots: Mapping[str, bytes],
    names: Mapping[str, tuple[str, str]],
    cosigners: Mapping[tuple[str, str], list[str]],
    numbers: Mapping[str, str] | None = None,
) -> bytes:
    """A terms file to negotiate from. `names`: code to (name, role); `cosigners`: (sender, audience) to neutral codes."""
    values = {
        "receipt_due": "60s",
        "clock_error": "30s",
        "heartbeat": "10min",
        "root_max_age": "24h",
        "quorum": "1",
        "liars": "0",
        "entries": "20000",
        "bytes": "64000000",
        "per": "1h",
    } | dict(numbers or {})
    lines = [
        "# How the nodes of this agreement behave; signed together with it. Reference: docs/reference/terms.md",
        "terms: 1",
        f"agreement: {agreement}",
        "verifier: libsodium",
        *(f"{key}: {values[key]}" for key in ("receipt_due", "clock_error", "heartbeat", "root_max_age")),
        f"quorum: {{cosigners: {values['quorum']}, liars: {values['liars']}}}",
        f"quota: {{entries: {values['entries']}, bytes: {values['bytes']}, per: {values['per']}}}",
        "mirror_minimum_index: 0",
        "participants:",
    ]
    for code, (given, role) in names.items():
        name = given if _PLAIN.fullmatch(given) else json.dumps(given, ensure_ascii=False)
        lines.append(f"  {code}: {{name: {name}, role: {role}, root: {digest_of(roots[code])}}}")
    lines.append("logs:")
    for sender in names:
        for audience in names:
            if sender != audience:
                origin = read_root(roots[sender]).document.log_origin(audience)
                neutral = cosigners.get((sender, audience), [])
                tail = f", cosigners: [{', '.join(neutral)}]" if neutral else ""
                lines.append(f"  {origin}: {{from: {sender}, to: {audience}{tail}}}")
    return ("\n".join(lines) + "\n").encode()


def draft_for(
    config: Config,
    agreement: str,
    parties: Mapping[str, str],
    others: Mapping[str, str],
    cosigners: Mapping[tuple[str, str], list[str]],
) -> bytes:
    """Such a file from a node's own and accepted root documents, read back; GivenError names what does not fit."""
    names = {code: (name, ROLE_PARTY) for code, name in parties.items()}
    names |= {code: (name, ROLE_OTHER) for code, name in others.items()}
    roots: dict[str, bytes] = {}
    for code in names:
        _fits(code, Code, "participant")
        if not config.root_path(code).exists():
            what = f"no root document of {code}; take it with `detente keys accept`"
            raise GivenError("unknown-name", what, where=str(config.root_path(code)))
        roots[code] = config.root_path(code).read_bytes()
    for sender, audience in cosigners:
        if sender == audience or not {sender, audience} <= names.keys():
            raise GivenError("unknown-name", f"no log from {sender!r} to {audience!r}", where="cosigner")
    data = draft_terms(agreement, roots, names, cosigners)
    read = read_terms(data, "drafted terms").participants
    for code, (name, _) in names.items():
        if read[code].name != name:
            raise GivenError("bad-field", f"{name!r} is not one line of text", where=code)
    return data
