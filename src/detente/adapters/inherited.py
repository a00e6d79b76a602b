"""What a process of a node inherits from its supervisor, and what becomes of it when the supervisor is gone.

A supervisor can be killed at any instant: before a child has read its key, while it still opens its stores, in the middle
of a batch. From its first line on a child therefore waits for the end of the life pipe in a thread of its own and leaves as
if it were killed too, which nothing it does has to fear. Otherwise it would keep the store's lock or the ports from
the child of the next supervisor for as long as it is busy.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading

KEY_BYTES = 32
NO_SUPERVISOR = 4


def leave_with_supervisor(life: int) -> None:
    """End this process, at once and in silence, when the supervisor's end of the pipe is closed."""

    def watch() -> None:
        os.read(life, 1)
        os._exit(0)

    threading.Thread(target=watch, name="life", daemon=True).start()


def inherited_key(descriptor: int) -> bytes:
    """The store key (32 bytes) out of its pipe; SystemExit with one line on stderr if it is not in it."""
    with os.fdopen(descriptor, "rb") as pipe:
        key = pipe.read()
    if len(key) != KEY_BYTES:
        print("house: the supervisor ended before it had handed over the store key", file=sys.stderr, flush=True)
        sys.exit(NO_SUPERVISOR)
    return key


def inherited_poke(descriptor: int) -> socket.socket:
    """This process's end of the socket pair between house and gateway."""
    poke = socket.socket(fileno=descriptor)
    poke.setblocking(False)
    return poke


def send_poke(poke: socket.socket, word: bytes) -> None:
    """Wake the other process. If it is not there, it will look by itself when it is."""
    with contextlib.suppress(BlockingIOError, ConnectionError):
        poke.send(word)


def take_pokes(poke: socket.socket) -> bytes:
    """What the other has poked with; empty too if both it and the supervisor are gone."""
    try:
        return poke.recv(4096)
    except (BlockingIOError, ConnectionError):
        return b""
