"""Making a node: folders, keys, the first root document, and the exchange of public things with each peer.

What is handed to a peer (`public/for-<peer>/`) is our authority for it and our root document; their digests are to be
compared by voice. Private halves never leave `private/`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from detente.adapters.config import Config
from detente.adapters.store_private import PrivateStore, make_store_key
from detente.adapters.tls import Pem, issue, make_authority
from detente.errors import GivenError, LocalError
from detente.proof.keys import SoftSigner
from detente.proof.roots import ROLES, KeyEntry, KeyState, RootDocument, Threshold, digest_of, read_root, seal_root

AGENCY = "centre"


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


def init_node(
    folder: Path,
    code: str,
    name: str,
    passphrase: str = "",
    release_agencies: tuple[str, ...] = (AGENCY,),
    needed: int = 1,
) -> bytes:
    """Make a node's folder with store key, private store and first root document; the document's bytes."""
    for part in ("shared/roots", "shared/tls", "private", "run", "public"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    os.chmod(folder / "private", 0o700)
    key = make_store_key(folder / "private", passphrase)
    private = PrivateStore(folder / "private", key)
    try:
        root = make_keys(private, code, name, release_agencies, needed)
    finally:
        private.close()
    (folder / "shared" / "roots" / f"{code}.json").write_bytes(root)
    return root


def prepare_peer(config: Config, key: bytes, peer: str) -> Path:
    """Make our authority, listener and client certificate for one peer; the folder to hand to it."""
    authority = make_authority(config.code, peer)
    private = PrivateStore(config.private, key)
    try:
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


def accept_peer(config: Config, peer: str, public: Path) -> str:
    """Take what a peer handed us; the digest of its root document, to be compared by voice and put into the terms."""
    authority, root = public / "authority.pem", public / f"{peer}.json"
    try:
        authority_pem, document = authority.read_bytes(), root.read_bytes()
    except OSError as error:
        raise GivenError("file-unreadable", f"{error.strerror}", where=str(error.filename)) from error
    state = read_root(document)
    if state.document.participant != peer:
        raise GivenError(
            "root-invalid", f"this is the root of {state.document.participant}, not of {peer}", where=str(root)
        )
    folder = config.tls(peer)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "authority.pem").write_bytes(authority_pem)
    config.root_path(peer).write_bytes(document)
    return digest_of(document)


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
    for code, (name, role) in names.items():
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
