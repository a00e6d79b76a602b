"""Two zones: the process with the sockets never touches what is private, and only what is released crosses.

10-architecture, "Two zones": "What crosses is a released statement, one at a time. A test proves the gateway cannot open
the private store." With one user this is proved here by looking on: descriptors, memory, every opening (05-resolutions 3).
"""

from __future__ import annotations

import http.server
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from detente.adapters.setup import init_node
from detente.adapters.store_private import PrivateStore, load_store_key
from detente.adapters.tls import server_context
from detente.demo.three import Three
from detente.errors import LocalError
from detente.proof.envelope import parse_envelope
from tests.faults.nodes import (
    AGREEMENT,
    CODE,
    CODES,
    PAIRS,
    T0,
    await_child,
    entries_of,
    eventually,
    kill,
    notice,
    origin,
    processes_of,
    request,
    rest,
    say,
    three,
)
from tests.zones.secrets import files_below, forms, found_in, key_and_seeds, names_in_memory

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
SPY = Path(__file__).parent / "spy"


def traffic(nodes):
    """Everything a gateway does: say in all directions, be read, refuse, fetch."""
    for sender, audience in PAIRS:
        say(nodes, sender, audience, "hello")
    request(nodes, "ru", "us", "/mirror/sign-again", origin("ru", "us").encode())
    request(nodes, "ru", "us", "/log/none/checkpoint")
    request(nodes, "ru", "us", "/mirror/add-entries", b"junk")
    rest(nodes)


@pytest.fixture(scope="module")
def spied(tmp_path_factory):
    """Three nodes whose gateways write down all they open; after traffic, two kills of the gateway of us, and traffic."""
    folder = tmp_path_factory.mktemp("zones")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(SPY), os.environ.get("PYTHONPATH", "")]))
        patch.setenv("ZONES_TRACE", str(folder / "trace"))
        patch.setenv("ZONES_PRIVATE", str(folder / "us" / "private"))
        patch.setenv("ZONES_LINK", str(folder / "link"))
        with three(folder) as nodes:
            (folder / "link").symlink_to(folder / "us" / "private" / "private.db")
            traffic(nodes)
            kill(await_child(nodes, "us", "gateway"), signal.SIGKILL)
            eventually(lambda: say(nodes, "ru", "us", "again"))
            traffic(nodes)
            yield nodes


def openings(nodes):
    lines = (nodes.folder / "trace").read_text().splitlines()
    return [line.split("\t")[1:] for line in lines if line.startswith("opened\t")]


# looking on from outside


def test_the_gateway_holds_nothing_private_open_or_mapped(spied):
    """/proc: descriptors and mappings, with the house as the control that the test can see them."""
    private = str(spied.configs["us"].private)
    for name, expected in (("house", True), ("gateway", False)):
        pid = await_child(spied, "us", name)
        held = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        assert any(path.startswith(private) for path in held) is expected, (name, held)
        assert any(path.endswith("shared.db") for path in held)
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            assert any(private in line for line in maps) is expected, name


def test_the_gateway_has_never_opened_anything_private(spied):
    """An audit hook from before its first line on wrote down every opening by Python and by sqlite3."""
    opened = openings(spied)
    assert len({path for _, path in opened}) > 50
    for code in CODES:
        config = spied.configs[code]
        assert ["sqlite3.connect", str(config.shared_db)] in opened, "the control: the shared store"
        private = [(event, path) for event, path in opened if os.path.realpath(path).startswith(str(config.private))]
        assert private == []


def test_strace_sees_the_gateway_open_nothing_private(tmp_path):
    """The same from the kernel's side: what SQLite and OpenSSL open in C is there too, and every thread."""
    strace = shutil.which("strace")
    if not strace or subprocess.run([strace, "-o", "/dev/null", "true"], check=False, capture_output=True).returncode:
        pytest.skip("strace is not here, or may not trace")
    with three(tmp_path, started=False) as nodes:
        command = [strace, "-D", "-ff", "-qq", "-e", "trace=execve,open,openat,openat2", "-o", str(tmp_path / "calls")]
        command += [sys.executable, "-m", "detente.cli.main", "node", "--config", str(nodes.configs["us"].folder)]
        nodes.start("ru", "un")
        with nodes.log.open("ab") as log:
            nodes._processes["us"] = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        nodes.line("us")
        rest(nodes)
        traffic(nodes)
        threads = {name: os.listdir(f"/proc/{await_child(nodes, 'us', name)}/task") for name in ("gateway", "house")}
        supervisor = str(nodes.process("us").pid)
        nodes.stop("us")
    private = str(nodes.configs["us"].private) + "/"
    calls = {path.suffix[1:]: path.read_text(errors="replace") for path in tmp_path.glob("calls.*")}
    touched = {pid for pid, text in calls.items() if private in text}
    assert touched, "the control: the house opens the private store, the supervisor the key"
    assert touched <= {supervisor, *threads["house"]}
    gateway = "".join(calls.get(pid, "") for pid in threads["gateway"])
    assert "shared.db" in gateway
    assert "private.db" not in gateway
    assert "store.key" not in gateway


def test_neither_environment_nor_memory_of_the_gateway_holds_key_or_seed(spied):
    """Every readable page of the process, searched for the store key and each signing seed, raw, hex and base64."""
    secrets = key_and_seeds(spied.configs["us"])
    house, gateway = (await_child(spied, "us", name) for name in ("house", "gateway"))
    for pid in (house, gateway, spied.process("us").pid):
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert found_in(environment, secrets.values()) == []
        assert found_in(Path(f"/proc/{pid}/cmdline").read_bytes(), secrets.values()) == []
    try:
        known = names_in_memory(house, secrets)
    except PermissionError:
        pytest.skip("reading another process's memory needs root")
    assert "store key" in known, "the control: the house holds them"
    assert len(known) >= 4
    assert names_in_memory(gateway, secrets) == set()


def test_opening_the_private_store_from_inside_the_gateway_is_barred(spied):
    """`gateway-barred`, whatever way the process tries it (and whoever made it try)."""
    kill(await_child(spied, "us", "gateway"), signal.SIGUSR1)
    trace = spied.folder / "trace"
    eventually(lambda: "tried\tthe end" in trace.read_text())
    tried = dict(line.split("\t")[1:] for line in trace.read_text().splitlines() if line.startswith("tried"))
    assert tried.pop("the end") == ""
    assert len(tried) >= 14
    assert tried == dict.fromkeys(tried, "gateway-barred")
    say(spied, "us", "ru", "and the gateway goes on")


# files


def test_private_files_are_their_owners_alone(spied):
    """store_private: 0700 and 0600; nobody else on the machine reads the released record either, nor asks the house."""
    for code in CODES:
        config = spied.configs[code]
        assert stat.S_IMODE(config.private.stat().st_mode) == 0o700
        names = {path.name for path in config.private.iterdir()}
        assert {"private.db", "private.db-wal", "store.key", "highwater.json"} <= names
        for path in config.private.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(config.control.stat().st_mode) == 0o600
        keys = list((config.shared / "tls").rglob("*.key"))
        assert len(keys) == 4
        for path in [*keys, *config.shared.glob("shared.db*")]:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


# drafts


class Listener(http.server.ThreadingHTTPServer):
    """ru's listener for us, run by the test: takes TLS off and keeps every byte that us sends."""

    daemon_threads = True

    def __init__(self, nodes):
        peer = nodes.configs["ru"].peers["us"]
        super().__init__((peer.host, peer.port), Answers)
        self.heard = bytearray()
        self.entries = 503
        self.socket = server_context(nodes.configs["ru"].tls("us")).wrap_socket(self.socket, server_side=True)

    def handle_error(self, request, client_address):
        """A client that hangs up is no fault of the test."""


class Answers(http.server.BaseHTTPRequestHandler):
    """Accepts heads, so that entries follow; those are put off until the test says otherwise."""

    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard += self.requestline.encode() + bytes(self.headers) + body
        status = self.server.entries if self.path.endswith("entries") else 200
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")  # so that ru itself is called when it is back
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""


def everywhere_outside(nodes, code):
    """Files of all nodes but the private folders; of `code`, those too (they are encrypted)."""
    folders = [nodes.configs[c].folder / part for c in CODES for part in ("shared", "public", "run")]
    yield from files_below(*folders, nodes.configs[code].private)
    yield nodes.log, nodes.log.read_bytes()


def test_only_what_is_released_crosses(tmp_path):
    """Not a form of a draft's text lies in the clear anywhere or is sent; after release exactly that statement crossed."""
    kept, released = b"KEPT-the-depot-is-at-the-old-mill-7f3a91", b"RELEASED-the-convoy-leaves-at-dawn-55c0d2"
    with three(tmp_path) as nodes:
        traffic(nodes)
        entries = {(a, b): len(entries_of(nodes, a, origin(a, b))) for a, b in PAIRS}
        nodes.stop("ru")
        listener = Listener(nodes)
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        try:
            names = {}
            for text in (kept, released):
                names[text] = nodes.ask("us", "draft", to="ru", kind="notice", fields=notice(text.decode()))["draft"]
            assert set(nodes.ask("us", "drafts")["drafts"]) == set(names.values())
            say(nodes, "us", "ru", "an open word", wait=False)
            eventually(lambda: found_in(bytes(listener.heard), [b"an open word"]))
            for path, data in everywhere_outside(nodes, "us"):
                assert found_in(data, [kept, released]) == [], path
            assert found_in(bytes(listener.heard), [kept, released]) == []
            boxes = [row[0] for row in boxes_of(nodes.configs["us"].private)]

            nodes.ask("us", "release", draft=names[released], wait=False)
            say(nodes, "us", "un", "and something for un")
            listener.entries = 200  # without a signature: the next round brings what was said since
            eventually(lambda: found_in(bytes(listener.heard), [released]), words="the released draft was never sent")
            assert found_in(bytes(listener.heard), [kept]) == []
        finally:
            listener.shutdown()
            listener.server_close()
        nodes.start("ru")
        rest(nodes)

        # exactly the released statement crossed, to its audience alone
        for pair in PAIRS:
            fresh = [parse_envelope(e).payload for e in entries_of(nodes, pair[1], origin(*pair))[entries[pair] :]]
            for text, expected in ((released, pair == ("us", "ru")), (kept, False)):
                assert sum(text in payload for payload in fresh) == expected, (pair, text)
        assert len(entries_of(nodes, "ru", origin("us", "ru"))) == entries["us", "ru"] + 2
        for path, data in everywhere_outside(nodes, "us"):
            assert found_in(data, [kept]) == [], path
        for path, data in files_below(nodes.configs["un"].folder):
            assert found_in(data, [released]) == [], path
        try:
            memory = names_in_memory(await_child(nodes, "us", "gateway"), {"kept": kept})
        except PermissionError:
            memory = set()
        assert memory == set()

        # the released draft is a draft no more, and its box was overwritten, not only unlinked
        assert list(nodes.ask("us", "drafts")["drafts"]) == [names[kept]]
        with pytest.raises(LocalError, match="not-released"):
            nodes.ask("us", "release", draft=names[released])
        left = {row[0] for row in boxes_of(nodes.configs["us"].private)}
        gone = [box for box in boxes if box not in left]
        assert len(gone) == 1
        for path, data in files_below(nodes.configs["us"].private):
            assert gone[0] not in data, path


def boxes_of(private):
    base = sqlite3.connect(f"file:{private / 'private.db'}?mode=ro", uri=True)
    try:
        return base.execute("SELECT box FROM record").fetchall()
    finally:
        base.close()


# the store key


def test_a_wrong_passphrase_opens_nothing(tmp_path):
    """store_private: argon2id; `store-locked` without, and with another, passphrase."""
    init_node(tmp_path / "us", "us", "demo/zones/us", passphrase="correct horse")
    private = tmp_path / "us" / "private"
    assert b"correct" not in (private / "store.key").read_bytes()
    for passphrase in ("", "wrong horse"):
        with pytest.raises(LocalError, match="store-locked"):
            PrivateStore(private, load_store_key(private, passphrase))
    store = PrivateStore(private, load_store_key(private, "correct horse"))
    assert store.names("seed")
    store.close()
    for path, data in files_below(tmp_path / "us"):  # two persons' keys lie in hand-out until each takes its own away
        assert b'"seed' not in data or path.parent.name == "hand-out", path


def test_a_node_under_a_passphrase_starts_with_it_alone_and_hands_it_to_nobody(tmp_path):
    """`detente node` takes it from DETENTE_PASSPHRASE: exit 3 and a plain word for a wrong one; children never see it."""
    word = "correct horse battery"
    nodes = Three(tmp_path, AGREEMENT, CODE, start=T0)
    us = nodes.configs["us"]
    relock(us.private, word)
    command = [sys.executable, "-m", "detente.cli.main", "node", "--config", str(us.folder)]
    for given in (None, "wrong"):
        environment = {k: v for k, v in os.environ.items() if k != "DETENTE_PASSPHRASE"}
        environment |= {"DETENTE_PASSPHRASE": given} if given else {}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 3, done.stderr
        assert "[store-locked; fault: ours]" in done.stderr
        assert "Traceback" not in done.stderr
    assert not processes_of(tmp_path)
    with nodes:
        os.environ["DETENTE_PASSPHRASE"] = word
        try:
            nodes.start("us")
        finally:
            del os.environ["DETENTE_PASSPHRASE"]
        for name in ("house", "gateway"):
            given_to_child = Path(f"/proc/{await_child(nodes, 'us', name)}/environ").read_bytes()
            assert word.encode() not in given_to_child
            assert b"DETENTE_PASSPHRASE" not in given_to_child


def relock(private: Path, passphrase: str) -> None:
    """Put a node's records under a key from a passphrase, as if it had been made with one."""
    old = PrivateStore(private, load_store_key(private))
    records = [old._open(row[0]) for row in old._db.execute("SELECT box FROM record")]
    old.close()
    for path in [*private.glob("private.db*"), private / "store.key"]:
        path.unlink()
    from detente.adapters.store_private import make_store_key

    new = PrivateStore(private, make_store_key(private, passphrase))
    for kind, name, data in records:
        new.put(kind, name, data)
    new.close()


def test_what_the_tests_look_for_they_would_find():
    """The forms: raw, hex, and base64 at each of its three alignments."""
    secret = b"a secret of some length"
    import base64

    for shift in range(3):
        text = base64.b64encode(b"x" * shift + secret + b"tail")
        assert found_in(text, [secret]) == [secret]
    assert found_in(b"..." + secret.hex().encode() + b"...", [secret]) == [secret]
    assert found_in(b"nothing", [secret]) == []
    assert re.fullmatch(rb"[\x20-\x7e]+", b"".join(forms(secret)))
