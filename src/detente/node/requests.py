"""What peers ask of us: each request goes to our copy of the peer's log, or to our countersigning of a log between others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from detente.errors import LocalError, RemoteError
from detente.node.ports import Reply
from detente.proof.wire import TYPE_TEXT, parse_add_checkpoint

if TYPE_CHECKING:
    from detente.node.house import House


class Requests:
    """Requests to one house. Called inside a batch; refusals are logged, the peer learns the code only."""

    def __init__(self, house: House) -> None:
        self._house = house

    def serve(self, peer: str, path: str, body: bytes, now: int) -> Reply:
        """Answer one request of a peer."""
        if path.startswith("/mirror/") and peer in self._house.mirrors:
            return self._mirror(peer, path, body, now)
        if path.startswith("/cosigner/"):
            return self._cosigner(peer, path, body, now)
        self._house.refuse(now, peer, "", "request-invalid", f"no such path {path[:80]}")
        return Reply(404, TYPE_TEXT, b"refused: request-invalid\n")

    def take_bundle(self, peer: str, checkpoint: bytes, entries: Sequence[bytes], now: int) -> Reply:
        """One round of a peer's requests that came as files."""
        mirror = self._house.mirrors.get(peer)
        if mirror is None:
            raise LocalError("unknown-name", f"no log from {peer!r}; known: {', '.join(sorted(self._house.mirrors))}")
        return mirror.take_bundle(checkpoint, entries, now)

    def _mirror(self, peer: str, path: str, body: bytes, now: int) -> Reply:
        house, mirror = self._house, self._house.mirrors[peer]
        before, unsure = mirror.size, mirror.unsure
        reply = mirror.serve(path, body, now)
        if path == "/mirror/sign-again":
            house.push.look_again(peer)
        if mirror.size > before:
            house.duties.heard(peer, now)
        if unsure and not mirror.unsure:
            house.correspondence.reopen(now)
        return reply

    def _cosigner(self, peer: str, path: str, body: bytes, now: int) -> Reply:
        try:
            again = path.endswith("/sign-again")
            origin = body.decode() if again else parse_add_checkpoint(body).checkpoint.head.origin
            cosigner = self._house.cosigners.get(origin)
            if cosigner is None or peer not in (cosigner.log.sender, cosigner.log.audience):
                raise RemoteError("unknown-origin", f"log {origin[:80]!r} is not countersigned here for {peer}")
            return cosigner.serve(peer, path, body, now)
        except (RemoteError, UnicodeDecodeError) as error:
            code = error.code if isinstance(error, RemoteError) else "request-invalid"
            what = error.what if isinstance(error, RemoteError) else "no origin of a log"
            self._house.refuse(now, peer, "", code, what)
            return Reply(404 if code == "unknown-origin" else 400, TYPE_TEXT, f"refused: {code}\n".encode())
