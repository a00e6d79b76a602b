"""Exporting a node from its folder: the store is only read, so the node may be running."""

from __future__ import annotations

from pathlib import Path

from detente.adapters.config import Config
from detente.adapters.export import Exported, export_node
from detente.adapters.store_shared import SqliteShared
from detente.errors import LocalError
from detente.model.statement import Revoke, Root, decode_statement
from detente.proof.envelope import parse_envelope
from detente.proof.roots import KeyState, read_root


def keys_as_of_now(store: SqliteShared, code: str, first: bytes) -> KeyState:
    """A participant's keys: its first root document, then every root and revocation that counts in one log held of it."""
    state = read_root(first)
    rows = [row for kind in ("root", "revoke") for row in store.statements(kind) if row.author == code]
    origin = max((row.origin for row in rows), key=lambda each: sum(r.origin == each for r in rows), default="")
    for row in sorted((row for row in rows if row.origin == origin), key=lambda row: row.entry):
        data = store.entries(row.origin, row.entry, row.entry + 1)[0]
        statement = decode_statement(parse_envelope(data).payload, row.kind)
        if isinstance(statement, Root) and statement.version > state.document.version:
            state = read_root(statement.document, state)
        elif isinstance(statement, Revoke):
            state = state.revoke(statement.key)
    return state


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
