"""Exporting a node from its folder: the store is only read, so the node may be running."""

from __future__ import annotations

from pathlib import Path

from detente.adapters.config import Config
from detente.adapters.export import Exported, export_node
from detente.adapters.store_shared import SqliteShared
from detente.errors import LocalError
from detente.node.keyring import shown_keys
from detente.proof.roots import KeyState, read_root


def keys_as_of_now(store: SqliteShared, code: str, first: bytes) -> KeyState:
    """A participant's keys: its first root document, then every root and revocation in the logs held of it."""
    return shown_keys(store, code, read_root(first))


def export_folder(config: Config, out: Path) -> Exported:
    """Write everything the node of this folder holds to `out`, for anyone to verify."""
    terms = config.terms()
    roots = config.roots(terms)
    missing = sorted(set(terms.participants) - set(roots))
    if missing:
        raise LocalError(
            "root-invalid", f"no root document of {', '.join(missing)}", where=str(config.shared / "roots")
        )
    store = SqliteShared(config.shared_db)
    try:
        states = {code: keys_as_of_now(store, code, document) for code, document in roots.items()}
        return export_node(store, terms, config.terms_bytes(), config.agreement(), roots, states, out)
    finally:
        store.close()
