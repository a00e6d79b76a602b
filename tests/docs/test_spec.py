"""The examples of docs/spec, recomputed from the pages with a hash function and one Ed25519 function; nothing of Detente."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import msgspec
import nacl.bindings as sodium
import pytest

from detente.errors import ADVICE, RemoteError
from detente.model.statement import KINDS, Statement, payload_type
from detente.node import reader
from detente.node.copies import refusal_reply
from detente.proof.policy import parse_policy
from detente.proof.receipt import check_receipt, parse_proof
from detente.proof.roots import ROLES, RootDocument
from tests.docs import example
from tests.docs.test_pages import DOCS

STATEMENTS = (DOCS / "spec" / "statements.md").read_text("utf-8")
LEDGER = (DOCS / "spec" / "ledger.md").read_text("utf-8")


def blocks(page: str) -> list[bytes]:
    """The folded examples of a page, unfolded (RFC 8792, single backslash)."""
    found = re.findall(
        r"^```text\nNOTE: '\\' line wrapping per RFC 8792\n\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL
    )
    return [re.sub(r"\\\n *", "", text).encode() for text in found]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def signed(secret_words: str, message: bytes) -> bytes:
    """An Ed25519 signature by the key whose seed the page describes."""
    _, secret = sodium.crypto_sign_seed_keypair(sha256(secret_words.encode()))
    return sodium.crypto_sign(message, secret)[:64]


def public(secret_words: str) -> bytes:
    return sodium.crypto_sign_seed_keypair(sha256(secret_words.encode()))[0]


def test_the_statement_of_the_page_follows_from_its_seeds():
    payload, entry = blocks(STATEMENTS)
    fields = json.loads(payload)
    assert json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() == payload
    assert fields["agreement"] == sha256(b"an example agreement\n").hex()
    kind = f"application/vnd.detente.{fields['type']}+json"
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    key = public("detente example: us release")
    signature = {
        "keyid": sha256(key).hex(),
        "sig": base64.b64encode(signed("detente example: us release", pae)).decode(),
    }
    envelope = {"payload": base64.b64encode(payload).decode(), "payloadType": kind, "signatures": [signature]}
    assert json.dumps(envelope, separators=(",", ":")).encode() == entry
    assert f"`{sha256(pae).hex()}`" in STATEMENTS
    assert f"`{key.hex()}`" in STATEMENTS
    assert f"({len(payload)} bytes" in STATEMENTS
    assert f"({len(entry)} bytes)" in STATEMENTS


def test_the_receipt_of_the_page_holds():
    file, policy = blocks(LEDGER)
    _, entry = blocks(STATEMENTS)
    front, _, note = file.partition(b"\n\n")
    header, extra, index, step = front.decode().split("\n")
    assert (header, extra, index) == ("c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(entry).decode()}", "index 1")
    leaf = sha256(b"\x00" + entry)
    root = sha256(b"\x01" + base64.b64decode(step) + leaf)
    text, _, lines = note.decode().partition("\n\n")
    text += "\n"
    assert text == f"example.org/line/us/to-ru\n2\n{base64.b64encode(root).decode()}\n"
    vkeys = [line.split()[-1] for line in policy.decode().splitlines()[:2]]
    for line, vkey, (who, role) in zip(lines.splitlines(), vkeys, (("us", "log"), ("ru", "mirror")), strict=True):
        _, name, value = line.split(" ")
        data = base64.b64decode(value)
        words = f"detente example: {who} {role}"
        kind = b"\x01" if role == "log" else b"\x04"
        identifier = sha256(name.encode() + b"\n" + kind + public(words))[:4]
        assert vkey == f"{name}+{identifier.hex()}+{base64.b64encode(kind + public(words)).decode()}"
        assert data[:4] == identifier
        if role == "log":
            assert data[4:] == signed(words, text.encode())
        else:
            time_s = int.from_bytes(data[4:12], "big")
            assert time_s == example.TIME_S  # 2016-09-17 13:09:00Z
            assert data[12:] == signed(words, f"cosignature/v1\ntime {time_s}\n{text}".encode())


def test_the_pages_show_what_detente_makes():
    assert blocks(STATEMENTS) == [example.call(), example.envelope().encode()]
    file, policy = blocks(LEDGER)
    assert (file + b"\n", policy + b"\n") == (example.receipt(), example.policy().encode())
    proof = parse_proof(example.receipt())
    (line,) = check_receipt(proof, example.entries()[1], parse_policy(example.policy().encode()))
    assert line.time_s == example.TIME_S


def kinds_of_the_page() -> dict[str, str]:
    """Kind to what section 3 says of it."""
    section = STATEMENTS.partition("## 3. Kinds")[2].partition("## 4.")[0]
    items = re.findall(r"^- `(\w+)`: (.*?)(?=\n- |\n\n|\Z)", section, re.MULTILINE | re.DOTALL)
    return {kind: text.replace("\n", " ") for kind, text in items}


def test_every_kind_is_described_and_no_other():
    assert set(kinds_of_the_page()) == set(KINDS)
    assert all(payload_type(kind) == f"application/vnd.detente.{kind}+json" for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_kind_is_described(kind):
    own = set(KINDS[kind].__struct_encode_fields__) - set(Statement.__struct_encode_fields__)
    text = kinds_of_the_page()[kind]
    said = set(re.findall(r"`(\w+)`", text.partition(". ")[2] if ". " in text else text))
    assert own <= said, f"{kind}: {own - said} is not described"
    assert said - own <= {"log", "size", "due", "quorum"}, f"{kind}: {said - own} is no field"


def test_every_field_of_the_head_is_described():
    section = STATEMENTS.partition("## 2. The head")[2].partition("## 3.")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == {"type", *Statement.__struct_fields__}


def test_every_field_and_role_of_a_root_document_is_described():
    section = STATEMENTS.partition("## 6. Root")[2].partition("## 7.")[0]
    rows = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert rows == {"type", *RootDocument.__struct_fields__, *ROLES}


def test_the_optional_fields_are_said_to_be():
    for kind in KINDS.values():
        for field in msgspec.structs.fields(kind):
            if not field.required and field.name not in Statement.__struct_fields__:
                assert re.search(f"`{field.encode_name}` [^;]*, optional", kinds_of_the_page()[kind.kind])


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("unknown-origin", 404),
        ("unknown-key", 403),
        ("bad-signature", 403),
        ("wrong-size", 409),
        ("stale-checkpoint", 409),
        ("fork", 409),
        ("consistency-fails", 422),
        ("entry-mismatch", 422),
        ("quota-exceeded", 429),
        ("too-large", 413),
        ("json-invalid", 400),
    ],
)
def test_statuses_are_those_of_the_table(code, status):
    assert f"\n| {status} | " in LEDGER
    assert refusal_reply(RemoteError(code, "what"), 7).status == status


def test_the_rules_for_reading_name_the_codes_that_the_reader_uses():
    section = LEDGER.partition("## 6. What counts")[2].partition("## 7.")[0]
    numbered = re.findall(r"^ ?(\d+)\. ", reader.__doc__ or "", re.MULTILINE)
    assert re.findall(r"^(\d+)\. ", section, re.MULTILINE) == numbered
    codes = [code for code in ADVICE if "-" in code and re.search(rf"\b{code}\b", reader.__doc__ or "")]
    assert len(codes) > 12
    assert [code for code in codes if f"`{code}`" not in section] == []
