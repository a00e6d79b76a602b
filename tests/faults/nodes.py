"""Three real nodes for the fault tests, and what the tests need to see of them from outside: processes, stores, proofs."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import sqlite3
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from detente.adapters.control import Control, unb64
from detente.adapters.tls import SERVER_NAME, client_context
from detente.demo.three import Three
from detente.errors import LocalError
from detente.model.when import read_instant
from detente.proof.checkpoint import parse_checkpoint
from detente.proof.envelope import parse_envelope
from detente.proof.receipt import check_receipt, parse_proof, receipt_policy
from detente.proof.roots import KeyState, read_root
from detente.proof.tree import Tree, leaf_hash

T0 = read_instant("2016-09-17T09:00:00Z")
CODE = "faults-2016"
AGREEMENT = b"language: 1\nagreement: faults-2016\nclauses:\n- id: A\n  at_least: 24h\n"
CODES = ("us", "ru", "un")
PAIRS = tuple((a, b) for a in CODES for b in CODES if a != b)


def notice(words: str) -> dict[str, Any]:
    """Fields of a notice that says `words`."""
    place = {"lat": 352850000, "lon": 401760000, "radius": 2000}
    window = {"start": T0, "end": T0 + 3_600_000}
    return {"operation": "op", "place": place, "window": window, "remark": words}


def origin(sender: str, audience: str) -> str:
    return f"demo/{CODE}/{sender}/to-{audience}"


@contextlib.contextmanager
def three(folder: Path, *, started: bool = True, **more: Any) -> Iterator[Three]:
    """Three nodes on a scenario clock, running and with every first root signed for."""
    folder.mkdir(parents=True, exist_ok=True)
    more.setdefault("start", T0)
    with Three(folder, AGREEMENT, CODE, **more) as nodes:
        try:
            if started:
                nodes.start()
                nodes.settle()
            yield nodes
        finally:
            nodes.stop()
            assert not processes_of(folder), "processes were left behind"


def say(
    nodes: Three, sender: str, audience: str, words: str, *, wait: bool = True, timeout: float = 60
) -> dict[str, Any]:
    """One notice over a line of its own; where it was placed."""
    with Control(nodes.configs[sender].control, timeout=timeout) as line:
        answer = line.ask("say", to=audience, kind="notice", fields=notice(words), wait=wait)
    placed: dict[str, Any] = answer["placed"][0]
    return placed


def eventually(what: Callable[[], Any], seconds: float = 30.0, words: str | Callable[[], str] = "") -> Any:
    """Wait until `what()` is true; its value."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(LocalError):
            value = what()
            if value:
                return value
        if time.monotonic() > end:
            raise AssertionError((words() if callable(words) else words) or f"not within {seconds} s")
        time.sleep(0.02)


def log_of(nodes: Three, sender: str, audience: str) -> dict[str, Any]:
    """What `sender` says of its log to `audience`."""
    return next(log for log in nodes.ask(sender, "state")["logs"] if log["to"] == audience)


def refusals(nodes: Three, code: str) -> list[dict[str, Any]]:
    """All named refusals a node has logged."""
    found: list[dict[str, Any]] = nodes.ask(code, "refusals", last=100_000)["refusals"]
    return found


def tell_time(nodes: Three, now: int, *codes: str) -> None:
    """Bring the nodes named (all, if none is) to an instant of the scenario, and let them do what is due."""
    for do in ("clock", "tick"):
        for code in codes or CODES:
            nodes.ask(code, do, **({"now": now} if do == "clock" else {}))


def assert_no_traceback(nodes: Three) -> None:
    """Nothing went wrong in a way nobody foresaw: what was foreseen is said in one line."""
    log = nodes.log.read_text(errors="replace")
    at = log.find("Traceback")
    assert at < 0, log[max(0, at - 500) : at + 6_000]


def picture(nodes: Three) -> str:
    """What one wants to read when a test of three nodes has failed."""
    lines = []
    for code in CODES:
        state = nodes.ask(code, "state")
        logs = [(log["to"], log["size"], log["signed_for"], log["closed"]) for log in state["logs"]]
        lines.append(f"{code} logs {logs} copies {[(c['from'], c['size']) for c in state['copies']]}")
        lines.append(f"  links {state['links']} trouble {state['trouble']!r} evidence {state['evidence']}")
        jobs = rows(nodes.configs[code].shared_db, "SELECT id, lane, path, length(body), purpose FROM job")
        lines.append(f"  jobs {jobs}")
        inbox = rows(nodes.configs[code].shared_db, "SELECT id, peer, path, job, status FROM inbox")
        lines.append(f"  inbox {inbox}")
        lines += [f"  {r['code']} {r['party']} {r['what'][:200]}" for r in refusals(nodes, code)[-6:]]
    return "\n".join([*lines, nodes.log.read_text(errors="replace")[-1500:]])


def rest(nodes: Three, seconds: float = 30.0) -> None:
    """Wait until every log is open and wholly signed for and nothing is under way."""

    def resting() -> bool:
        for code in CODES:
            logs = nodes.ask(code, "state")["logs"]
            if any(log["closed"] or log["size"] == 0 or log["signed_for"] < log["size"] for log in logs):
                return False
        return not any(nodes.ask(code, "next_due")["busy"] for code in CODES)

    eventually(resting, seconds, lambda: picture(nodes))


# processes


def processes_of(folder: Path, code: str = "") -> list[psutil.Process]:
    """Living processes of the nodes in a folder (or of one of them)."""
    wanted = str(folder.resolve() / code)
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            ours = "--config" in command and command[command.index("--config") + 1].startswith(wanted)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def child(nodes: Three, code: str, name: str) -> int:
    """Process id of the house or the gateway of a node; 0 while it has none."""
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(nodes.process(code).pid).children():
            with contextlib.suppress(psutil.Error):
                if any(word.startswith(f"detente.adapters.{name}") for word in process.cmdline()):
                    return int(process.pid)
    return 0


def await_child(nodes: Three, code: str, name: str, other_than: int = 0) -> int:
    """The same, once it has one (and not `other_than`)."""
    return int(eventually(lambda: (pid := child(nodes, code, name)) and pid != other_than and pid))


# speaking to a listener as a peer's gateway would, or as a stranger


def client_tls(nodes: Three, owner: str, peer: str) -> ssl.SSLContext:
    """The context with which `owner`'s gateway calls `peer`: its own client certificate for it, its authority pinned."""
    return client_context(nodes.configs[owner].tls(peer))


def connect(nodes: Three, server: str, for_peer: str, context: ssl.SSLContext, timeout: float = 30) -> ssl.SSLSocket:
    """A TLS connection to the listener that `server` keeps for `for_peer`."""
    peer = nodes.configs[server].peers[for_peer]
    raw = socket.create_connection((peer.host, peer.port), timeout)
    try:
        return context.wrap_socket(raw, server_hostname=SERVER_NAME.format(code=server))
    except BaseException:
        raw.close()
        raise


def request(
    nodes: Three, client: str, server: str, path: str, body: bytes | None = None, *, method: str = ""
) -> tuple[int, bytes]:
    """One request of `client` to `server` over a connection of its own: status and body."""
    connection = http.client.HTTPConnection("peer")
    connection.sock = connect(nodes, server, client, client_tls(nodes, client, server))
    try:
        connection.request(method or ("GET" if body is None else "POST"), path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


# stores, read from outside


def rows(path: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """A query on a node's shared store as it lies there, read only."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as base:
        return list(base.execute(query, values))


def entries_of(nodes: Three, code: str, log: str) -> list[bytes]:
    """All entries of a log as one node holds them."""
    query = "SELECT data FROM entry JOIN log ON entry.place >> 40 = log.id WHERE origin=? ORDER BY place"
    return [row[0] for row in rows(nodes.configs[code].shared_db, query, log)]


def root_of(nodes: Three, code: str) -> KeyState:
    return read_root(nodes.configs[code].root_path(code).read_bytes())


def heads_of(nodes: Three, code: str) -> list[tuple[str, int, bytes]]:
    """(origin, size, root) of every signed head a node keeps, its receipts' included."""
    path = nodes.configs[code].shared_db
    notes = [row[0] for row in rows(path, "SELECT note FROM head UNION ALL SELECT note FROM receipt")]
    heads = [parse_checkpoint(note).head for note in notes]
    return [(head.origin, head.size, head.root) for head in heads]


def assert_one_history(nodes: Three) -> None:
    """Every copy is a prefix of its sender's log, and every signed head anywhere is a head of that log."""
    trees: dict[str, Tree] = {}
    for sender, audience in PAIRS:
        log = origin(sender, audience)
        own, copy = entries_of(nodes, sender, log), entries_of(nodes, audience, log)
        assert copy == own[: len(copy)], f"{audience} holds another history of {log}"
        trees[log] = Tree(map(leaf_hash, own))
    for code in CODES:
        for log, size, root in heads_of(nodes, code):
            assert size <= trees[log].size, f"{code} keeps a head of {size} over a {log} of {trees[log].size}"
            assert root == trees[log].root(size), f"{code} keeps a conflicting head of {log} at {size}"


def assert_receipted(nodes: Three, placed: list[dict[str, Any]]) -> None:
    """Each statement stands in both stores at its index with the same bytes, and its `.tlog-proof` verifies."""
    by_log: dict[str, list[dict[str, Any]]] = {}
    for one in placed:
        by_log.setdefault(one["origin"], []).append(one)
    for log, each in by_log.items():
        sender, audience = log.split("/")[-2], log.split("/")[-1].removeprefix("to-")
        own, copy = entries_of(nodes, sender, log), entries_of(nodes, audience, log)
        keys, mirror = root_of(nodes, sender).log_keys(log), root_of(nodes, audience).mirror_keys()
        policy = receipt_policy(keys, mirror)
        assert len({one["entry"] for one in each}) == len(each), "one place was given to two statements"
        with Control(nodes.configs[sender].control) as line:
            for one in each:
                entry = own[one["entry"]]
                assert copy[one["entry"]] == entry
                assert parse_envelope(entry).id() == one["id"]
                proof = parse_proof(unb64(line.ask("receipt", origin=log, entry=one["entry"])["file"]))
                assert proof.index == one["entry"]
                assert proof.entry == entry
                assert check_receipt(proof, entry, policy)


def kill(pid: int, number: int) -> bool:
    """Send a signal; whether there was such a process."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
