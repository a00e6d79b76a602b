"""What must stay in the private zone, in every form in which it could be found elsewhere; and where to look for it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path

from detente.adapters.config import Config
from detente.adapters.store_private import PrivateStore, load_store_key

CHUNK = 16 * 1024 * 1024


def forms(data: bytes) -> set[bytes]:
    """The bytes as they are, in hex, and as any base64 text that holds them anywhere."""
    found = {data, data.hex().encode(), data.hex().upper().encode()}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + data)
        found.add(text[(0, 2, 3)[shift] : len(text) - 4])
        found.add(base64.urlsafe_b64encode(b"\0" * shift + data)[(0, 2, 3)[shift] : len(text) - 4])
    return found


def found_in(data: bytes, secrets: Iterable[bytes]) -> list[bytes]:
    """Those secrets of which any form stands in the data."""
    return [secret for secret in secrets if any(form in data for form in forms(secret))]


def key_and_seeds(config: Config) -> dict[str, bytes]:
    """The store key of a node (without passphrase) and every signing seed in its private store."""
    key = load_store_key(config.private)
    private = PrivateStore(config.private, key)
    try:
        seeds = {f"seed {name[:8]}": private.get("seed", name) or b"" for name in private.names("seed")}
    finally:
        private.close()
    assert all(len(seed) == 32 for seed in seeds.values())
    assert len(seeds) >= 5
    return {"store key": key, **seeds}


def memory_of(pid: int) -> Iterator[bytes]:
    """All readable memory of a process, in pieces that overlap by more than the longest secret."""
    with (
        open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps,
        open(f"/proc/{pid}/mem", "rb", 0) as memory,
    ):
        for line in maps:
            span, rights, *rest = line.split()
            if not rights.startswith("r") or (rest and rest[-1] in ("[vvar]", "[vvar_vclock]", "[vsyscall]")):
                continue
            start, end = (int(word, 16) for word in span.split("-"))
            for at in range(start, end, CHUNK):
                try:
                    memory.seek(at)
                    yield memory.read(min(CHUNK + 4096, end - at))
                except (OSError, ValueError):
                    break


def names_in_memory(pid: int, secrets: dict[str, bytes]) -> set[str]:
    """Names of the secrets of which any form stands in the memory of a process."""
    wanted = {name: forms(secret) for name, secret in secrets.items()}
    found = set()
    for piece in memory_of(pid):
        found |= {name for name, each in wanted.items() if any(form in piece for form in each)}
    return found


def files_below(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below the folders with its bytes as they lie on the disk."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path, path.read_bytes()
