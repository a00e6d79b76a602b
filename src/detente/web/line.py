"""The control line as the pages use it: one connection for each request, the house's errors raised here as they were there."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from detente.adapters.control import LIMIT, raised
from detente.errors import LocalError

PATIENCE = 30.0


class Line:
    """Questions to the house of one node; `path`: its control socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def ask(self, do: str, /, patience: float = PATIENCE, **values: Any) -> dict[str, Any]:
        """One request; DetenteError as the house raised it, LocalError(node-unreachable) if it does not answer."""
        where = self._path.name
        try:
            async with asyncio.timeout(patience):
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=LIMIT)
                try:
                    writer.write(json.dumps({"do": do, **values}).encode() + b"\n")
                    await writer.drain()
                    line = await reader.readline()
                finally:
                    writer.close()
        except TimeoutError as error:
            raise LocalError(
                "node-unreachable", f"the house has not answered in {patience:g} s", where=where
            ) from error
        except (OSError, ValueError) as error:
            raise LocalError("node-unreachable", f"the house does not answer: {error}", where=where) from error
        if not line:
            raise LocalError("node-unreachable", "the house hung up", where=where)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise raised(answer["error"])
        return answer
