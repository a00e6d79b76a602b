"""The commands on three running nodes, through the shell: what an operator types and reads."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from detente.adapters.store_shared import SqliteShared
from detente.demo.three import Three
from tests.cli.conftest import AGREEMENT, Run

NOTICE = {
    "operation": "op-1",
    "place": {"lat": 352040000, "lon": 401760000, "radius": 2000},
    "window": {"start": 1474115400000, "end": 1474124400000},
}


def node(three: Three, code: str) -> list[str]:
    return ["--node", str(three.configs[code].folder)]


def test_help_names_every_command(detente: Run):
    text = detente("--help").stdout
    for command in ("node", "keys", "offer", "compare", "adopt", "say", "verify", "bundle", "import", "demo"):
        assert command in text


def test_an_altered_copy_is_compared_line_by_line_and_not_signed(three: Three, detente: Run, tmp_path: Path):
    altered = tmp_path / "altered.yaml"
    altered.write_bytes(AGREEMENT.replace(b"24h", b"12h"))
    detente("offer", *node(three, "us"))
    detente("offer", *node(three, "ru"), "--agreement", altered)
    said = detente("compare", *node(three, "us"), "ru", status=1).stdout
    assert "agreement line 6" in said
    assert "at_least: 24h" in said
    assert "at_least: 12h" in said
    refused = detente("adopt", *node(three, "us"), status=1).stderr
    assert "agreement-differs" in refused
    assert "12h" in refused
    assert "fault: ours" in refused or "fault: ru" in refused


def test_adoption_by_both_parties_and_un_without_a_vote(three: Three, detente: Run):
    detente("offer", *node(three, "us"))
    detente("offer", *node(three, "ru"))
    assert "signed for it at" in detente("adopt", *node(three, "us")).stdout
    assert "not in force" in detente("state", *node(three, "us")).stdout
    detente("adopt", *node(three, "ru"))
    for code in ("us", "ru"):
        state = detente("state", *node(three, code)).stdout
        assert " in force" in state
        assert "not in force" not in state
    assert "signature" not in detente("log", *node(three, "us"), "un", "us").stdout
    detente("adopt", *node(three, "un"))
    assert "participation" in detente("log", *node(three, "us"), "un", "us").stdout


def test_a_draft_stays_home_until_it_is_released(three: Three, detente: Run, tmp_path: Path):
    file = tmp_path / "notice.json"
    file.write_text(json.dumps(NOTICE))
    drafted = detente("draft", *node(three, "us"), "--to", "ru", "--kind", "notice", file).stdout
    name = drafted.split()[1]
    before = three.ask("ru", "state")["copies"][0]["size"]
    assert name in detente("release", *node(three, "us")).stdout
    assert three.ask("ru", "state")["copies"][0]["size"] == before
    assert "ru signed for it at" in detente("release", *node(three, "us"), name).stdout
    assert name not in detente("release", *node(three, "us")).stdout


def test_bad_fields_are_named(three: Three, detente: Run, tmp_path: Path):
    for change, expected in (
        ({"weapon": "x"}, "unknown field `weapon`"),
        ({"operation": 5}, "$.operation"),
        ({"operation": "OP ONE"}, "$.operation"),
        ({"window": {"start": 1.5, "end": 2}}, "$.window.start"),
        ({"remark": "left\u202eright"}, "U+202E"),
    ):
        file = tmp_path / "bad.json"
        file.write_text(json.dumps({**NOTICE, **change}))
        refused = detente("say", *node(three, "us"), "--to", "ru", "--kind", "notice", file, status=1).stderr
        assert expected in refused
        assert "Next:" in refused
    file.write_text("{")
    assert "json-invalid" in detente("say", *node(three, "us"), "--to", "ru", "--kind", "notice", file, status=1).stderr
    file.write_text(json.dumps(NOTICE))
    assert "unknown-name" in detente("say", *node(three, "us"), "--to", "xx", "--kind", "notice", file, status=1).stderr
    missing = detente("say", *node(three, "us"), "--to", "ru", "--kind", "notice", tmp_path / "none.json", status=1)
    assert "file-unreadable" in missing.stderr


def test_a_folder_without_a_node_says_what_to_do(detente: Run, tmp_path: Path):
    assert "file-unreadable" in detente("state", "--node", tmp_path, status=1).stderr


def test_bundle_over_files_with_overlap_replay_and_a_flipped_byte(three: Three, detente: Run, tmp_path: Path):
    """Issue 2 point 5: bundle export|import over files, with overlap and replay handled."""
    store = SqliteShared(three.configs["us"].shared_db)
    gateway = int(store.meta("gateway pid"))
    store.close()
    file = tmp_path / "call.json"
    os.kill(gateway, signal.SIGSTOP)
    try:
        for number in range(3):
            file.write_text(json.dumps({"about": "op-1", "text": f"by courier {number}"}))
            detente("say", *node(three, "us"), "--to", "ru", "--kind", "call", file, "--no-wait")
        first = tmp_path / "first"
        detente("bundle", "export", *node(three, "us"), "--to", "ru", first)
        bad = tmp_path / "bad"
        detente("bundle", "export", *node(three, "us"), "--to", "ru", bad)
        body = bytearray((bad / "0002-add-entries").read_bytes())
        body[len(body) // 2] ^= 1
        (bad / "0002-add-entries").write_bytes(bytes(body))
        refused = detente("bundle", "import", *node(three, "ru"), "--from", "us", bad, status=1).stderr
        assert "entry-mismatch" in refused
        missing = tmp_path / "missing"
        missing.mkdir()
        (missing / "0001-add-checkpoint").write_bytes((first / "0001-add-checkpoint").read_bytes())
        assert (
            "bundle-invalid"
            in detente("bundle", "import", *node(three, "ru"), "--from", "us", missing, status=1).stderr
        )
        detente("bundle", "import", *node(three, "ru"), "--from", "us", first)
        size = three.ask("ru", "state")["copies"]
        detente("bundle", "import", *node(three, "ru"), "--from", "us", first)
        assert three.ask("ru", "state")["copies"] == size
        overlap = tmp_path / "overlap"
        file.write_text(json.dumps({"about": "op-1", "text": "later"}))
        detente("say", *node(three, "us"), "--to", "ru", "--kind", "call", file, "--no-wait")
        detente("bundle", "export", *node(three, "us"), "--to", "ru", "--from", 0, overlap)
        detente("bundle", "import", *node(three, "ru"), "--from", "us", overlap)
        assert "signed for up to entry" in detente("bundle", "receipt", *node(three, "us"), overlap).stdout
        logs = {log["to"]: log for log in three.ask("us", "state")["logs"]}
        assert logs["ru"]["signed_for"] == logs["ru"]["size"]
    finally:
        os.kill(gateway, signal.SIGCONT)
    three.settle()
    assert three.ask("us", "state")["evidence"] == []
    assert three.ask("ru", "state")["evidence"] == []


def test_words_over_the_line(three: Three, detente: Run):
    spoken = detente("voice", "challenge", *node(three, "ru"), "us").stdout.removeprefix("speak: ").split()
    read = detente("voice", "words", *node(three, "us"), "ru", *spoken).stdout
    words = read.removeprefix("read: ").split(",")[0].split()
    size = read.split(" for ")[1].split()[0]
    wrong = [*words[:-1], "zebra" if words[-1] != "zebra" else "zoo"]
    assert "do not fit" in detente("voice", "check", *node(three, "ru"), "us", size, *wrong, status=1).stderr
    assert "the words fit" in detente("voice", "check", *node(three, "ru"), "us", size, *words).stdout


def test_keys_rotate_and_revoke_on_a_running_node(three: Three, detente: Run, tmp_path: Path):
    before = detente("keys", "show", *node(three, "us")).stdout
    old_release = next(line.split()[2] for line in before.splitlines() if line.split()[0] == "release")
    assert "root 2 published" in detente("keys", "rotate", *node(three, "us")).stdout
    after = detente("keys", "show", *node(three, "us")).stdout
    assert "root 2" in after
    assert old_release not in after
    detente("keys", "revoke", *node(three, "us"), old_release[:16], "--reason", "test of revocation", "--yes")
    file = tmp_path / "call.json"
    file.write_text(json.dumps({"about": "op-1", "text": "after the change of keys"}))
    assert "ru signed for it at" in detente("say", *node(three, "us"), "--to", "ru", "--kind", "call", file).stdout
    assert "us signed for it at" in detente("say", *node(three, "ru"), "--to", "us", "--kind", "call", file).stdout
    text = detente("log", *node(three, "ru"), "us", "ru").stdout
    assert "after the change of keys" in text
    three.stop("us")
    three.start("us")
    assert "ru signed for it at" in detente("say", *node(three, "us"), "--to", "ru", "--kind", "call", file).stdout


def test_export_and_verify(three: Three, detente: Run, tmp_path: Path):
    out = tmp_path / "out"
    detente("export", *node(three, "ru"), out)
    assert len(detente("verify", out).stdout.splitlines()) == 1
    path = next(p for p in sorted((out / "logs" / "us-to-ru" / "tile" / "entries").rglob("*")) if p.is_file())
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(bytes(data))
    assert "us-to-ru" in detente("verify", out, status=1).stdout
