"""C2SP signed-note: one byte form, limits, and signatures of known keys (row "huge notes, odd origins")."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import RemoteError
from detente.proof.keys import VerifierKey, b64, verify
from detente.proof.note import MAX_LINES, MAX_NOTE, Note, NoteSignature, parse_line, parse_lines, parse_note
from tests.proof.builders import log_key, refused, signer

VECTORS = json.loads((Path(__file__).parent.parent / "vectors/signed-notes.json").read_text("utf-8"))["notes"]
KEY = log_key()
TEXT = "first line\nsecond line\n"


def signed(text: str = TEXT, key: VerifierKey = KEY, label: str = "log") -> NoteSignature:
    return NoteSignature(key.name, key.id, signer(label).sign(text.encode()))


NOTE = Note(TEXT, (signed(),)).encode()
LINE = signed().encode()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_notes_of_other_signers_verify(vector):
    """Notes made by the Go reference implementation and by the Go checksum database."""
    key = VerifierKey.decode(vector["vkey"])
    data = f"{vector['text']}\n{vector['lines']}".encode()
    note = parse_note(data)
    assert note.encode() == data
    ((found, line),) = note.lines_by([key])
    assert found is key
    assert verify(key.public, line.value, note.text.encode())
    assert not verify(key.public, line.value, note.text.encode() + b"x")


names = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"], exclude_characters="+"), min_size=1, max_size=20
)
lines = st.builds(NoteSignature, names, st.integers(0, 2**32 - 1), st.binary(min_size=1, max_size=80))
note_texts = st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30), min_size=1, max_size=6).map(
    lambda parts: "".join(part + "\n" for part in parts)
)


@given(note_texts, st.lists(lines, min_size=1, max_size=MAX_LINES))
def test_notes_round_trip(text, signatures):
    """signed-note: the text may hold empty lines, and "is separated from the signatures by the last empty line"."""
    note = Note(text, tuple(signatures))
    assert parse_note(note.encode()) == note


@given(st.lists(lines, min_size=1, max_size=5))
def test_lines_alone_round_trip(signatures):
    """tlog-witness: the answer is "a sequence of one or more note signature lines"."""
    assert parse_lines("".join(line.encode() for line in signatures).encode()) == signatures


@given(st.data())
def test_whatever_is_accepted_is_its_own_encoding(data):
    """One note, one byte form: changed bytes are another note or none."""
    at = data.draw(st.integers(0, len(NOTE) - 1))
    changed = NOTE[:at] + data.draw(st.binary(max_size=3)) + NOTE[at + data.draw(st.integers(0, 3)) :]
    try:
        note = parse_note(changed)
    except RemoteError:
        return
    assert note.encode() == changed


BAD = {
    "empty": (b"", "note-invalid"),
    "no signature": (TEXT.encode() + b"\n", "note-invalid"),
    "no empty line": (TEXT.encode() + LINE.encode(), "note-invalid"),
    "last line not ended": (NOTE[:-1], "note-invalid"),
    "empty line at the end": (NOTE + b"\n", "note-invalid"),
    "text after the lines": (NOTE + b"more\n", "note-invalid"),
    "hyphen for the dash": (NOTE.replace("—".encode(), b"-"), "note-invalid"),
    "en dash": (NOTE.replace("—".encode(), "–".encode()), "note-invalid"),
    "two spaces": (NOTE.replace("— ".encode(), "—  ".encode()), "note-invalid"),
    "no-break space": (NOTE.replace("— ".encode(), "—\u00a0".encode()), "note-invalid"),
    "space at the end": (NOTE[:-1] + b" \n", "note-invalid"),
    "third word": (NOTE[:-1] + b" x\n", "note-invalid"),
    "no key name": (NOTE.replace(KEY.name.encode() + b" ", b""), "note-invalid"),
    "plus in the key name": (NOTE.replace(b"us.example", b"us+example"), "note-invalid"),
    "no-break space in the key name": (NOTE.replace(b"us.example", "us\u00a0example".encode()), "note-invalid"),
    "base64 unpadded": (NOTE.replace(b"=\n", b"\n"), "base64-invalid"),
    "base64 for URLs": (NOTE[:-9] + b"-_-_-_-_\n", "note-invalid"),
    "signature too short": (f"{TEXT}\n— a {b64(b'1234')}\n".encode(), "note-invalid"),
    "tab": (b"\t" + NOTE, "note-invalid"),
    "carriage return": (NOTE.replace(b"\n", b"\r\n"), "note-invalid"),
    "NUL": (b"\x00" + NOTE, "note-invalid"),
    "escape": (b"\x1b[2J" + NOTE, "note-invalid"),
    "DEL": (b"\x7f" + NOTE, "note-invalid"),
    "not UTF-8": (b"\xff" + NOTE, "note-invalid"),
    "overlong UTF-8": (b"\xc0\xaf" + NOTE, "note-invalid"),
    "surrogate": (b"\xed\xa0\x80" + NOTE, "note-invalid"),
    "33 lines": ((TEXT + "\n" + LINE * 33).encode(), "note-invalid"),
    "10,000 lines": ((TEXT + "\n" + LINE * 10_000).encode(), "note-invalid"),
    "10,000 short lines": ((TEXT + "\n" + f"— a {b64(b'12345')}\n" * 10_000).encode(), "note-invalid"),
    "64 KiB and one byte": (b"x" * (MAX_NOTE - len(NOTE) + 1) + NOTE, "note-invalid"),
}


@pytest.mark.parametrize(("data", "code"), BAD.values(), ids=BAD.keys())
def test_bad_notes_are_refused(data, code):
    """Attack row "huge notes, odd origins": line and byte limits; 10,000 signature lines. signed-note "Format"."""
    with refused(code):
        parse_note(data)


def test_the_limits_themselves_are_allowed():
    """signed-note: verifiers "MUST accept at least up to 16 signatures"."""
    most = [NoteSignature(f"k{n}", n, b"x") for n in range(MAX_LINES)]
    assert len(parse_note(Note(TEXT, tuple(most)).encode()).signatures) == MAX_LINES >= 16
    assert len(parse_note(b"x" * (MAX_NOTE - len(NOTE)) + NOTE).encode()) == MAX_NOTE


@pytest.mark.parametrize("data", [b"", b"\n", LINE.encode()[:-1], LINE.encode() + b"x", (LINE * 10_000).encode()])
def test_bad_answers_are_refused(data):
    """The answer of a cosigner or mirror has the same limits."""
    with refused("note-invalid"):
        parse_lines(data)


def test_a_line_alone():
    """parse_line takes the line without its newline."""
    assert parse_line(LINE[:-1]) == signed()
    with refused("note-invalid"):
        parse_line(LINE)


def test_lines_of_unknown_keys_are_passed_over():
    """signed-note: "MUST ignore signatures from unknown keys, even if they share a name or ID (but not both)"."""
    same_name = NoteSignature(KEY.name, KEY.id ^ 1, b"x" * 64)
    same_id = NoteSignature("other", KEY.id, b"x" * 64)
    note = Note(TEXT, (same_name, same_id))
    assert note.lines_by([KEY]) == []
    assert Note(TEXT, (same_name, signed(), same_id)).lines_by([KEY]) == [(KEY, signed())]


def test_two_lines_of_one_key_are_refused():
    """Attack row "two lines of one cosigner with different times": refused; here for any key."""
    other = NoteSignature(KEY.name, KEY.id, b"x" * 64)
    for second in (other, signed()):
        with refused("receipt-conflicting-times", naming=KEY.name):
            Note(TEXT, (signed(), second)).lines_by([KEY])
