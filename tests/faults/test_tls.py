"""Who is let in: nobody without the right certificate, nobody to another's listener, no junk past a named refusal."""

from __future__ import annotations

import os
import random
import socket
import ssl
import subprocess
import sys

import pytest

from detente.adapters.tls import SERVER_NAME
from detente.proof.wire import MAX_BODY, log_prefix, mirror_prefix
from tests.faults.nodes import (
    CODES,
    PAIRS,
    assert_no_traceback,
    child,
    client_tls,
    connect,
    eventually,
    origin,
    refusals,
    request,
    rest,
    say,
    three,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Three nodes that no test of this file stops."""
    with three(tmp_path_factory.mktemp("tls")) as made:
        for sender, audience in PAIRS:
            say(made, sender, audience, "hello")
        rest(made)
        yield made
        assert_no_traceback(made)


def assert_refused_at_the_handshake(nodes, server, for_peer, context):
    """In TLS 1.3 a server's refusal of the client's certificate arrives with the first read. No byte of HTTP comes."""

    def call():
        with connect(nodes, server, for_peer, context) as stream:
            stream.sendall(b"POST /stranger HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            assert stream.recv(1) == b""
            raise ConnectionError("closed without a word")

    with pytest.raises((ssl.SSLError, ConnectionError)) as caught:
        call()
    assert not [r for r in refusals(nodes, server) if "/stranger" in r["what"]], "the house has heard of it"
    return caught.value


def context_of(nodes, authority, certificate):
    """A client that trusts the listener of (node, peer) and shows the client certificate of (node, peer), or none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(nodes.configs[authority[0]].tls(authority[1]) / "authority.pem")
    if certificate:
        folder = nodes.configs[certificate[0]].tls(certificate[1])
        context.load_cert_chain(folder / "client.pem", folder / "client.key")
    return context


def test_the_peer_itself_is_let_in(nodes):
    """The control of the refusals below: the same call with the right certificate."""
    status, body = request(nodes, "ru", "us", "/mirror/sign-again", origin("ru", "us").encode())
    assert status == 200
    assert body.startswith(origin("ru", "us").encode())
    with connect(nodes, "us", "ru", client_tls(nodes, "ru", "us")) as stream:
        assert stream.version() == "TLSv1.3"


def test_a_client_without_a_certificate_is_refused(nodes):
    """30-ledger, transport: "test that a client without a certificate is refused"."""
    error = assert_refused_at_the_handshake(nodes, "us", "ru", context_of(nodes, ("ru", "us"), None))
    assert "certificate required" in str(error).lower() or "closed" in str(error) or "reset" in str(error).lower()


@pytest.mark.parametrize("certificate", [("un", "us"), ("un", "ru"), ("us", "ru"), ("ru", "un")])
def test_a_certificate_of_another_authority_is_refused(nodes, certificate):
    """05-resolutions 1: each peer has its own listener and its own authority: un's certificate opens none but its own."""
    error = assert_refused_at_the_handshake(nodes, "us", "ru", context_of(nodes, ("ru", "us"), certificate))
    assert "unknown ca" in str(error).lower() or "closed" in str(error) or "reset" in str(error).lower()


def test_a_listeners_certificate_is_no_clients(nodes):
    """tls.py: one certificate for each direction, by extended key usage."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    folder = nodes.configs["ru"].tls("us")
    context.load_verify_locations(folder / "authority.pem")
    context.load_cert_chain(folder / "listener.pem", folder / "listener.key")
    assert_refused_at_the_handshake(nodes, "us", "ru", context)


def test_tls_before_1_3_is_refused(nodes):
    """30-ledger: "over mutual TLS 1.3"."""
    context = client_tls(nodes, "ru", "us")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(nodes, "us", "ru", context)


def test_a_listener_under_another_name_or_authority_is_not_called(nodes):
    """The caller pins the peer's authority and checks the name: un's listener cannot pass for ru's."""
    peer = nodes.configs["un"].peers["us"]
    for context, name in (
        (client_tls(nodes, "us", "ru"), SERVER_NAME.format(code="ru")),
        (client_tls(nodes, "us", "un"), SERVER_NAME.format(code="ru")),
    ):
        with socket.create_connection((peer.host, peer.port), 10) as raw, pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(raw, server_hostname=name)


@pytest.mark.parametrize("prefix", [log_prefix, mirror_prefix])
@pytest.mark.parametrize("name", ["checkpoint", "tile/entries/000.p/1", "tile/0/000.p/1"])
def test_un_reads_its_own_logs_at_its_listener_and_nobody_elses(nodes, prefix, name):
    """05-resolutions 1: "un's valid certificate cannot read us→ru"; another's log looks like a log nobody has."""
    ours = origin("us", "un") if prefix is log_prefix else origin("un", "us")
    assert request(nodes, "un", "us", f"{prefix(ours)}/{name}")[0] in (200, 404)
    assert request(nodes, "un", "us", f"{prefix(ours)}/checkpoint")[0] == 200
    nobodys = request(nodes, "un", "us", f"{prefix('demo/nobody')}/{name}")
    assert nobodys[0] == 404
    for foreign in (origin("us", "ru"), origin("ru", "us"), origin("ru", "un"), origin("un", "ru")):
        assert request(nodes, "un", "us", f"{prefix(foreign)}/{name}") == nobodys
    # nor through the other prefix: our log is no mirror of theirs
    other = mirror_prefix if prefix is log_prefix else log_prefix
    assert request(nodes, "un", "us", f"{other(ours)}/{name}")[0] == 404


def test_the_audience_reads_its_log(nodes):
    """The control: ru gets at its own listener what un was refused."""
    status, body = request(nodes, "ru", "us", f"{log_prefix(origin('us', 'ru'))}/checkpoint")
    assert status == 200
    assert body.startswith(origin("us", "ru").encode() + b"\n")


def refused_since(nodes, code, count):
    return [r["code"] for r in refusals(nodes, code)[count:]]


@pytest.mark.parametrize(
    "path",
    ["/", "/mirror", "/mirror/", "/mirror/add-nothing", "/cosigner/add-nothing", "/admin", "/log/x", "/mirror/../log"],
)
def test_an_unknown_path_is_refused_and_logged(nodes, path):
    """30-ledger: "Bad input … a named refusal, logged"."""
    count = len(refusals(nodes, "us"))
    status, body = request(nodes, "ru", "us", path, b"x")
    assert status in (400, 404)
    assert body.startswith(b"refused: ")
    assert refused_since(nodes, "us", count) in (["request-invalid"], ["note-invalid"])
    assert refusals(nodes, "us")[-1]["party"] == "ru"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_answered(nodes, method):
    assert request(nodes, "ru", "us", "/mirror/add-entries", b"x", method=method)[0] == 405


@pytest.mark.parametrize("path", ["/mirror/add-entries", "/mirror/add-checkpoint", "/cosigner/add-checkpoint", "/x"])
def test_a_body_over_the_limit_is_refused_by_size_and_logged(nodes, path):
    """wire.py: MAX_BODY; the rest of the body is not read, nothing of it is stored."""
    count = len(refusals(nodes, "us"))
    size = nodes.configs["us"].shared_db.stat().st_size
    status = answer_to_an_endless_body(nodes, path)
    assert status == 413
    assert eventually(lambda: refused_since(nodes, "us", count)) == ["too-large"]
    assert nodes.configs["us"].shared_db.stat().st_size < size + MAX_BODY


def answer_to_an_endless_body(nodes, path):
    """Send a body without end in chunks until an answer comes; its status."""
    with connect(nodes, "us", "ru", client_tls(nodes, "ru", "us")) as stream:
        stream.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        sent = 0
        try:
            while sent < 4 * MAX_BODY:
                stream.sendall(chunk)
                sent += 0x10000
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass
        try:
            answer = stream.recv(100)
        except (ConnectionError, ssl.SSLError):
            answer = b""
        return int(answer.split(b" ")[1]) if answer else 0


def test_a_body_just_within_the_limit_is_read_and_refused_for_what_it_says(nodes):
    count = len(refusals(nodes, "us"))
    status, body = request(nodes, "ru", "us", "/mirror/add-entries", b"\xff" * MAX_BODY)
    assert (status, body) == (400, b"refused: request-invalid\n")
    assert refused_since(nodes, "us", count) == ["request-invalid"]


def junk():
    """Bodies that are nothing, nearly something, or something for somebody else."""
    rng = random.Random(1)
    checkpoint = f"old 0\n\n{origin('ru', 'us')}\n1\n{'A' * 43}=\n\n— x AAAA\n"
    yield from [b"", b"\n", b"\x00" * 1000, b"old 0\n\n", b"old -1\n\nx", b"\xff\xfe" * 50, b"{}", "é".encode() * 99]
    yield from [checkpoint.encode(), checkpoint.encode()[:-3], checkpoint.replace("old 0", "old 99").encode()]
    name = origin("ru", "us").encode()
    yield len(name).to_bytes(2, "big") + name + (2**63).to_bytes(8, "big") + (2**64 - 1).to_bytes(8, "big") + b"\0\0"
    yield len(name).to_bytes(2, "big") + name + bytes(8) + (2**40).to_bytes(8, "big") + b"\0\0" + b"\0\1x" * 300
    yield len(name).to_bytes(2, "big") + name + bytes(8) + (300).to_bytes(8, "big") + b"\xff\xff" + b"x" * 10
    for size in (1, 31, 64, 500, 5000):
        yield rng.randbytes(size)


@pytest.mark.parametrize(
    "path", ["/mirror/add-checkpoint", "/mirror/add-entries", "/cosigner/add-checkpoint", "/cosigner/sign-again"]
)
def test_junk_is_refused_by_name_logged_and_harmless(nodes, path):
    """30-ledger: "Bad input … a named refusal, logged". The house that reads it lives on."""
    houses = [child(nodes, code, "house") for code in CODES]
    for server, client in (("us", "ru"), ("un", "ru")):
        count = len(refusals(nodes, server))
        asked = 0
        for body in junk():
            status, answer = request(nodes, client, server, path, body)
            assert 400 <= status < 500, (path, body[:60])
            asked += 1
            if status != 409:
                assert answer.startswith(b"refused: "), (status, answer, body[:60])
        logged = refused_since(nodes, server, count)
        assert len(logged) >= asked - 1, "a 409 that only says a size is the one answer that names nothing"
        assert "internal" not in logged
        assert "fork" not in logged
    assert [child(nodes, code, "house") for code in CODES] == houses
    say(nodes, "ru", "us", "and the link still works")


# refusing to start


def start_node(folder, **environment):
    """Run `detente node` to its end: exit code and what it said."""
    command = [sys.executable, "-m", "detente.cli.main", "node", "--config", str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}, check=False
    )
    return done.returncode, done.stderr


def test_a_node_without_the_authority_of_its_peer_does_not_start(tmp_path):
    """30-ledger: "refuse to start without a CA"."""
    with three(tmp_path, started=False) as nodes:
        us = nodes.configs["us"]
        authority = us.tls("ru") / "authority.pem"
        kept = authority.read_bytes()
        authority.unlink()
        code, said = start_node(us.folder)
        assert code == 3
        assert "[no-ca; fault: ours]" in said
        assert str(authority) in said
        assert "Traceback" not in said
        authority.write_bytes(b"not a certificate")
        code, said = start_node(us.folder)
        assert (code, "[config-invalid;" in said) == (3, True)
        authority.write_bytes(kept)
        (us.tls("un") / "client.key").unlink()
        code, said = start_node(us.folder)
        assert (code, "[config-invalid;" in said) == (3, True)


def test_a_second_start_of_a_running_node_is_refused_and_disturbs_nothing(tmp_path):
    """house_opening.only_one: two houses on one store would sign two histories."""
    with three(tmp_path) as nodes:
        house = child(nodes, "us", "house")
        code, said = start_node(nodes.configs["us"].folder)
        assert code == 3
        assert "[node-running; fault: ours]" in said
        nodes.hang_up("us")
        assert child(nodes, "us", "house") == house
        say(nodes, "us", "ru", "undisturbed")
