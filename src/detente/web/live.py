"""Live updates: one follower of the house for this process, and an event stream (SSE) for every open page.

An event's id is the ledger index: for each log of the node, in the order of their names, how many entries are held, as
`12.4.7.0`, then the mark of all else. A page that was away gives the last id it has seen and is told at once what is
newer, so it misses nothing. An event names the logs that grew; the page fetches what it shows anew, from the record.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from detente.errors import DetenteError
from detente.web.line import Line

PAUSE = 0.5
KEEP_ALIVE = 15.0


def index_of(position: dict[str, Any]) -> str:
    """The id of a position: `12.4.7.0-9f86d081884c7d65`."""
    logs = position["logs"]
    return ".".join(str(logs[origin]) for origin in sorted(logs)) + f"-{position['mark']}"


class Hub:
    """Follows the house. `position` is the newest known; `away` says since when the house has not answered, in words."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._changed = asyncio.Condition()
        self.position: dict[str, Any] = {"logs": {}, "mark": "", "now": 0}
        self.trouble = ""

    async def follow(self) -> None:
        """Until cancelled. A house that does not answer is asked again."""
        while True:
            try:
                logs, mark = self.position["logs"], self.position["mark"]
                found, trouble = await self._line.ask("changes", 60.0, logs=logs, mark=mark), ""
            except DetenteError as error:
                found, trouble = self.position, error.what
                await asyncio.sleep(PAUSE)
            if index_of(found) != index_of(self.position) or trouble != self.trouble:
                async with self._changed:
                    self.position, self.trouble = found, trouble
                    self._changed.notify_all()

    async def events(self, seen: str) -> AsyncIterator[str]:
        """The stream of one page that has seen `seen`; a comment now and then keeps it open."""
        told = ""
        while True:
            now = index_of(self.position)
            if now != seen or self.trouble != told:
                grown = _grown(seen, self.position)
                seen, told = now, self.trouble
                data = json.dumps({"grown": grown, "trouble": self.trouble, "now": self.position["now"]})
                yield f"id: {now}\ndata: {data}\n\n"
                continue
            try:
                async with asyncio.timeout(KEEP_ALIVE), self._changed:
                    await self._changed.wait()
            except TimeoutError:
                yield ": still here\n\n"


def _grown(seen: str, position: dict[str, Any]) -> list[str]:
    """The logs with more entries than in an earlier id; all of them if that id is of another shape."""
    origins = sorted(position["logs"])
    before = seen.partition("-")[0].split(".")
    if len(before) != len(origins) or not all(part.isdigit() for part in before):
        return origins
    return [origin for origin, size in zip(origins, before, strict=True) if position["logs"][origin] > int(size)]
