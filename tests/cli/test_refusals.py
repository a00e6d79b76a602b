"""What the commands refuse, and in which words: no input of an operator ends in a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from detente.adapters.commands import HEAD_FIELDS, SPOKEN
from detente.adapters.config import load_config
from detente.cli import main as main_module
from detente.cli.readable import readable
from detente.demo.three import Three
from detente.errors import DetenteError, GivenError, LocalError
from detente.model.statement import KINDS
from detente.model.terms import read_terms
from tests.cli.conftest import AGREEMENT, Run

CALL = {"about": "line", "text": "do you read us?"}


def node(three: Three, code: str) -> list[str]:
    return ["--node", str(three.configs[code].folder)]


def run(*arguments: object, status: int = 0) -> str:
    """A command that needs no node, in this process; its output, or its refusal in the words of a shell."""
    result = CliRunner().invoke(main_module.cli, [str(each) for each in arguments])
    if isinstance(result.exception, DetenteError):
        assert status == 1, result.exception
        return str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.output


def pair(folder: Path, *codes: str) -> None:
    """Nodes with keys and, for each other, folders to hand over."""
    for code in codes:
        run("keys", "init", folder / code, "--code", code, "--name", f"example.org/line/{code}")
    for code in codes:
        for peer in codes:
            if peer != code:
                run("keys", "prepare", "--node", folder / code, peer)


# what an operator may say


def test_the_head_and_the_kinds_of_the_node_are_not_an_operators_to_say(three: Three):
    for name in sorted(HEAD_FIELDS):
        for do, more in (("say", {"fields": CALL | {name: 1}}), ("say_many", {"many": [CALL, CALL | {name: 1}]})):
            with pytest.raises(GivenError, match=rf"bad-field.*|{name}") as refused:
                three.ask("us", do, to="ru", kind="call", **more)
            assert refused.value.where == f"call {name}"
    with pytest.raises(GivenError, match="label"):
        three.ask("us", "draft", to="ru", kind="call", fields=CALL | {"label": "releasable to all"})
    for kind in {*KINDS, "order"} - set(SPOKEN):
        for do in ("say", "draft"):
            with pytest.raises(GivenError, match="notice, call, account, attachment, received"):
                three.ask("us", do, to="ru", kind=kind, fields={})
        with pytest.raises(GivenError, match="no kind an operator says"):
            three.ask("us", "say_many", to="ru", kind=kind, many=[{}])
    with pytest.raises(GivenError, match="no key"):
        three.ask("us", "revoke", key="0" * 64, reason="none")


def test_voice_and_receipt_name_what_is_unknown(three: Three):
    for text in ("12", "zz" * 8, "0" * 17):
        with pytest.raises(GivenError) as refused:
            three.ask("us", "words", peer="ru", challenge=text)
        assert (refused.value.code, refused.value.where) == ("bad-field", "challenge")
    for do, values in (
        ("challenge", {"peer": "fr"}),
        ("words", {"peer": "fr", "challenge": "0" * 16}),
        ("receipt", {"origin": "example.org/none", "entry": 0}),
        ("receipt", {"origin": three.ask("us", "state")["logs"][0]["origin"], "entry": 10**6}),
    ):
        with pytest.raises(GivenError) as refused:
            three.ask("us", do, **values)
        assert refused.value.code == "unknown-name"
    said = run("voice", "words", *node(three, "us"), "ru", "00" * 8)
    assert "a voice statement was logged" in said


def test_state_log_and_drafts_are_readable(three: Three, tmp_path: Path):
    said = run("state", *node(three, "un"))
    assert "all signed for by this node" in said
    assert "1 entries" not in said
    assert "un (other): takes part" in said or "un (other): nothing yet" in said
    refused = run("log", *node(three, "us"), "ru", "un", status=1)
    assert "us does not hold the log from ru to un" in refused
    assert "<" in run("log", *node(three, "us"), "us", "ru").splitlines()[0]
    file = tmp_path / "call.json"
    file.write_text(json.dumps(CALL))
    name = run("draft", *node(three, "us"), "--to", "*", "--kind", "call", file).split()[1]
    assert f"{name}  to all  call: " in run("release", *node(three, "us"))
    assert json.loads(run("release", *node(three, "us"), "--json"))["drafts"][name]["fields"] == CALL


def test_fields_are_shown_in_degrees_instants_and_digests():
    fields = {
        "place": {"lat": 352040000, "lon": -401760000, "radius": 2000},
        "window": {"start": 1474115400000, "end": 1474124400000},
        "document": b"abc",
        "text": "words",
    }
    assert json.loads(readable(fields)) == {
        "place": {"at": "35.2040000 N 40.1760000 W", "radius": 2000},
        "window": {"start": "2016-09-17 12:30:00Z", "end": "2016-09-17 15:00:00Z"},
        "document": "<3 bytes, sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad>",
        "text": "words",
    }


def test_adopt_prints_every_differing_line_and_names_the_other_side(three: Three, detente: Run, tmp_path: Path):
    long = tmp_path / "long.yaml"
    long.write_bytes(AGREEMENT + b"".join(b"- id: X%d\n  says: %s\n" % (n, b"long " * 30) for n in range(9)))
    detente("offer", *node(three, "ru"), "--agreement", long)
    refused = detente("adopt", *node(three, "us"), status=1).stderr
    assert "fault: ru" in refused
    assert "they offer - id: X8" in refused
    assert "…" not in refused
    detente("offer", *node(three, "ru"))


def test_a_bundle_whose_receipt_has_no_place_is_not_taken_in(three: Three, tmp_path: Path):
    run("bundle", "export", *node(three, "us"), "--to", "ru", tmp_path / "b")
    to = ("bundle", "import", *node(three, "ru"), "--from", "us", "--receipt-to")
    refused = run(*to, tmp_path / "none", tmp_path / "b", status=1)
    assert "nothing was taken in; name another folder with --receipt-to" in refused
    (tmp_path / "back").mkdir()
    assert str(tmp_path / "back") in run(*to, tmp_path / "back", tmp_path / "b")
    assert (tmp_path / "back" / "receipt").is_file()
    assert not (tmp_path / "b" / "receipt").exists()


def test_a_key_is_revoked_by_eight_digits_and_after_a_question(three: Three):
    shown = run("keys", "show", *node(three, "un"))
    key = next(line.split()[2] for line in shown.splitlines() if line.split()[0] == "cosigner")
    revoke = ("keys", "revoke", *node(three, "un"), "--reason", "test")
    for short in ("0", key[:7], "ABCDEF12"):
        assert "bad-field" in run(*revoke, short, "--yes", status=1)
    assert "cosigner key of centre" in run(*revoke, key[:8], status=1)  # nobody answers the question
    assert "REVOKED" not in run("keys", "show", *node(three, "un"))


# files


def test_files_that_are_missing_are_named(three: Three, detente: Run, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    origin = three.ask("us", "state")["logs"][0]["origin"]
    for arguments in (
        ("offer", *node(three, "us"), "--agreement", tmp_path / "missing"),
        ("bundle", "receipt", *node(three, "us"), tmp_path / "empty"),
        ("receipt", *node(three, "us"), origin, 0, tmp_path / "none" / "out"),
        ("export", *node(three, "us"), "/proc/none/out"),
    ):
        refused = detente(*arguments, status=1).stderr
        assert "file-unreadable; fault: the file or argument given" in refused
        assert "Traceback" not in refused


def test_what_nobody_foresaw_is_one_line(monkeypatch, capsys):
    def fail(error: BaseException) -> int | str | None:
        def command(**_: object) -> None:
            raise error

        monkeypatch.setattr(main_module, "cli", command)
        with pytest.raises(SystemExit) as left:
            main_module.main()
        return left.value.code

    assert fail(ZeroDivisionError("odd\nthing")) == 70
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "[internal; fault: ours]" in said
    assert "DETENTE_DEBUG=1" in said
    monkeypatch.setenv("DETENTE_DEBUG", "1")
    fail(ZeroDivisionError("odd"))
    assert "Traceback" in capsys.readouterr().err
    assert fail(KeyboardInterrupt()) == 130


def test_a_reader_that_leaves_is_no_fault(tmp_path: Path):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "detente.cli.main", "--help"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, timeout=60)
    os.close(write)
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("peers = 3", "node.toml peers"),
        ('peers = {"../x" = {listen = "h:1", url = "https://h"}}', "is not the code"),
        ("limits = {shared_pages = 'x'}", "limits.shared_pages"),
        ("agreement = '/etc/passwd'", "node.toml agreement"),
        ("terms = '../terms.yaml'", "node.toml terms"),
        ("agreement = 3", "node.toml agreement"),
    ],
)
def test_a_wrong_node_toml_is_named(tmp_path: Path, line: str, expected: str):
    (tmp_path / "node.toml").write_text(f'code = "us"\n{line}\n')
    with pytest.raises(LocalError, match="config-invalid") as refused:
        load_config(tmp_path)
    assert expected in str(refused.value)


def test_a_code_that_is_not_in_the_terms_is_named(three: Three, tmp_path: Path):
    shutil.copy(three.configs["us"].terms_path, tmp_path / "terms.yaml")
    (tmp_path / "node.toml").write_text('code = "fr"\n')
    for command in (("log", "--node", tmp_path, "us", "ru"), ("export", "--node", tmp_path, tmp_path / "out")):
        assert "'fr' is not among the participants" in run(*command, status=1)


# making a node


@pytest.mark.parametrize(
    "wrong",
    [
        ("--code", "US", "--name", "example.org/us"),
        ("--code", "us", "--name", "Example"),
        ("--code", "us", "--name", "example.org/../us"),
        ("--code", "us", "--name", "example.org/a/b/c/d"),
        ("--code", "us", "--name", "example.org/us", "--release-needed", 2),
        ("--code", "us", "--name", "example.org/us", "--release-agency", "A B"),
    ],
)
def test_init_refuses_before_it_writes(tmp_path: Path, wrong):
    assert "bad-field; fault: the file or argument given" in run("keys", "init", tmp_path / "us", *wrong, status=1)
    assert not (tmp_path / "us").exists()


def test_init_goes_on_from_a_half_made_folder_and_not_over_keys(tmp_path: Path):
    half = tmp_path / "us" / "private.half-made"
    half.mkdir(parents=True)
    (half / "store.key").write_text("{}")
    init = ("keys", "init", tmp_path / "us", "--code", "us", "--name", "example.org/us")
    run(*init)
    assert not half.exists()
    key = (tmp_path / "us" / "private" / "store.key").read_bytes()
    config = load_config(tmp_path / "us")
    assert (config.code, config.clock, config.peers) == ("us", "wall", {})
    assert "keys are there already" in run(*init, status=1)
    assert (tmp_path / "us" / "private" / "store.key").read_bytes() == key


def test_a_folder_for_another_peer_is_not_accepted_and_a_good_authority_stays(tmp_path: Path):
    pair(tmp_path, "us", "ru", "un")
    accept = ("keys", "accept", "--node", tmp_path / "us")
    assert "'ru authority for un', not the 'ru authority for us'" in run(
        *accept, "ru", tmp_path / "ru" / "public" / "for-un", status=1
    )
    assert "this node itself" in run(*accept, "us", tmp_path / "us" / "public" / "for-ru", status=1)
    held = tmp_path / "us" / "shared" / "tls" / "ru" / "authority.pem"
    assert not held.exists()
    prepare = ("keys", "prepare", "--node", tmp_path / "ru", "us")
    assert "--replace" in run(*prepare, status=1)
    handed = tmp_path / "ru" / "public" / "for-us"
    taken = run(*accept, "ru", handed)
    assert held.read_bytes() == (handed / "authority.pem").read_bytes()
    assert run(*accept, "ru", handed) == taken
    made = run(*prepare, "--replace")
    assert "--replace" in run(*accept, "ru", handed, status=1)
    digests = [line for line in run(*accept, "--replace", "ru", handed).splitlines() if ": " in line]
    assert digests == made.splitlines()[1:]
    assert digests != taken.splitlines()[:2]


def test_peers_and_terms_need_no_file_written_by_hand(tmp_path: Path):
    pair(tmp_path, "us", "ru", "un")
    us = tmp_path / "us"
    peer = ("keys", "peer", "--node", us)
    (us / "node.toml").write_text((us / "node.toml").read_text() + "# ours\n")
    run(*peer, "ru", "--listen", "127.0.0.1:7101", "--url", "https://127.0.0.1:7201")
    run(*peer, "un", "--listen", "127.0.0.1:7102", "--url", "https://127.0.0.1:7301")
    assert load_config(us).peers["un"].port == 7102
    assert "# ours" in (us / "node.toml").read_text()
    before = (us / "node.toml").read_bytes()
    for code, listen in (("ru", "h:1"), ("us", "h:1"), ("../x", "h:1"), ("fr", "nothing")):
        assert "config-invalid" in run(*peer, code, "--listen", listen, "--url", "https://h:1", status=1)
    assert (us / "node.toml").read_bytes() == before
    words = ["--agreement", "line-2016", "--party", "us=United States", "--party", "ru=Russia: the Federation"]
    draft = ("terms", "--node", us, *words, "--other", "un=UN, Geneva", "--cosigner", "us:ru:un")
    assert "keys accept" in run(*draft, us / "terms.yaml", status=1)
    for code in ("ru", "un"):
        run("keys", "accept", "--node", us, code, tmp_path / code / "public" / "for-us")
    said = run(*draft, us / "terms.yaml")
    terms = read_terms((us / "terms.yaml").read_bytes())
    assert terms.digest in said
    assert terms.participants["ru"].name == "Russia: the Federation"
    assert terms.parties() == ["ru", "us"]
    assert terms.logs["example.org/line/us/to-ru"].cosigners == ("un",)
    assert "unknown-name" in run(*draft, "--cosigner", "us:fr:un", us / "other.yaml", status=1)
    run(*draft, "--other", "no name", us / "other.yaml", status=2)
    with pytest.raises(FileExistsError):
        run(*draft, us / "terms.yaml")
