"""The operator's line to a running house: one JSON object a line over a Unix socket only its owner can open."""

from __future__ import annotations

import base64
import json
import socket
from pathlib import Path
from typing import Any

from detente.errors import ADVICE, DetenteError, GivenError, LocalError, RemoteError

LIMIT = 64 * 1024 * 1024
_CLASSES = {"ours": LocalError, "theirs": RemoteError, "given": GivenError}


def error_value(error: DetenteError) -> dict[str, str]:
    """An error as it travels on the control line."""
    return {
        "whose": error.whose,
        "code": error.code,
        "what": error.what,
        "where": error.where,
        "party": error.party,
        "advice": ADVICE.get(error.code, ""),
    }


def raised(value: dict[str, str]) -> DetenteError:
    """The error of the house, to be raised where it was asked."""
    return _CLASSES[value["whose"]](value["code"], value["what"], where=value["where"], party=value["party"])


def b64(data: bytes) -> str:
    """Bytes as they travel on the control line."""
    return base64.b64encode(data).decode()


def unb64(text: str) -> bytes:
    """The other way."""
    return base64.b64decode(text)


class Control:
    """A connection to one house. Usable as a context manager; one request at a time."""

    def __init__(self, path: Path, timeout: float = 60.0) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise LocalError(
                "node-unreachable", f"no node answers: {error.strerror or error}", where=str(path)
            ) from error
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Control:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def ask(self, do: str, /, **values: Any) -> dict[str, Any]:
        """Send one request and wait for its answer; the error of the house is raised here as it was there."""
        try:
            self._socket.sendall(json.dumps({"do": do, **values}).encode() + b"\n")
            line = self._file.readline(LIMIT)
        except OSError as error:
            raise LocalError(
                "node-unreachable", f"the node stopped answering: {error}", where=str(self._path)
            ) from error
        if not line.endswith(b"\n"):  # nothing, or half an answer: the house died over it
            raise LocalError("node-unreachable", "the node hung up", where=str(self._path))
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise raised(answer["error"])
        return answer
