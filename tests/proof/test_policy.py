"""C2SP tlog-policy: the grammar, line by line, and what a quorum asks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import GivenError
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_ML_DSA, TYPE_NOTE, VerifierKey
from detente.proof.note import NoteSignature
from detente.proof.policy import Policy, parse_policy
from tests.proof.builders import ORIGIN, Log, cosigner_key, line, log_key, refused, signer

LOG = log_key().encode()
W1, W2, W3, W4 = (cosigner_key(f"w{n}").encode() for n in (1, 2, 3, 4))
ML_DSA = VerifierKey("pq.example/w", TYPE_ML_DSA, b"\x07" * 1312).encode()

UTF_8 = VerifierKey("Ирак/к", TYPE_COSIGNATURE, signer("w1").public).encode()

# tlog-policy "Example policy", with keys filled in.
EXAMPLE = f"""\
log {LOG}

witness X1 {cosigner_key("x1").encode()}
witness X2 {cosigner_key("x2").encode()}
witness X3 {cosigner_key("x3").encode()}
group X-witnesses 2 X1 X2 X3

witness Y1 {cosigner_key("y1").encode()}
witness Y2 {cosigner_key("y2").encode()}
witness Y3 {cosigner_key("y3").encode()}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_the_example_of_the_specification_is_read_and_obeyed():
    """tlog-policy "Example policy": at least two of the X and at least one of the Y; all 64 subsets."""
    policy = parse_policy(EXAMPLE.encode())
    log = Log.of(7)
    labels = ("x1", "x2", "x3", "y1", "y2", "y3")
    for picked in itertools.chain.from_iterable(itertools.combinations(labels, n) for n in range(7)):
        checkpoint = log.checkpoint(cosigners=picked)
        if sum(p[0] == "x" for p in picked) >= 2 and any(p[0] == "y" for p in picked):
            assert [c.key.name for c in policy.check(checkpoint)] == [f"{p}.example/key" for p in picked]
        else:
            with refused("quorum-missing", naming="X-and-Y"):
                policy.check(checkpoint)


GOOD = {
    "quorum alone": "quorum none\n",
    "one log": f"log {LOG}\nquorum none\n",
    "log with URL": f"log {LOG} https://us.example/log\nquorum none\n",
    "two logs of one name": f"log {LOG}\nlog {log_key(label='log-2').encode()}\nquorum none\n",
    "one witness": f"witness a {W1}\nquorum a\n",
    "witness with URL": f"witness a {W1} https://w1.example/\nquorum a\n",
    "witness named like a keyword": f"witness any {W1}\ngroup all any any\nquorum all\n",
    "witnesses without quorum": f"witness a {W1}\nquorum none\n",
    "quorum before other lines": f"witness a {W1}\nquorum a\nlog {LOG}\nwitness b {W2}\n",
    "group of one": f"witness a {W1}\ngroup g all a\nquorum g\n",
    "threshold in decimal": f"witness a {W1}\nwitness b {W2}\ngroup g 2 a b\nquorum g\n",
    "tabs and spaces": f" \twitness\t a \t {W1} \n\n\t\nquorum  a\t\n",
    "comments": f"# first\n   \t# indented\nwitness a {W1}\n#quorum a\nquorum a\n",
    "comment in UTF-8": "# Ирак\nquorum none\n",
    "no newline at the end": "quorum none",
    "ML-DSA witness": f"witness a {ML_DSA}\nquorum a\n",
    "names in UTF-8": f"witness Ирак {W1}\nquorum Ирак\n",
    "key name in UTF-8": f"witness a {UTF_8}\nquorum a\n",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_good_files_are_read_and_written_again(text):
    """tlog-policy "Structure", "Character set"."""
    policy = parse_policy(text.encode())
    assert parse_policy(policy.encode().encode("utf-8", "surrogateescape")) == policy


def test_names_are_opaque_octets():
    """tlog-policy "Character set": "the name 0x4B is different from the name 0xE2 0x84 0xAA"; no UTF-8 is needed."""
    text = f"witness K {W1}\nwitness \u212a {W2}\ngroup g all K \u212a\nquorum g\n"
    assert len(parse_policy(text.encode()).witnesses) == 2
    latin = f"witness caf\xe9 {W1}\nquorum caf\xe9\n".encode("latin-1")
    policy = parse_policy(latin)
    assert policy.encode().encode("utf-8", "surrogateescape") == latin
    with refused("policy-invalid", GivenError, naming="line 2"):
        parse_policy(f"witness K {W1}\nquorum \u212a\n".encode())


def test_thirty_two_of_everything_are_read():
    """tlog-policy "Implementation limits": at least 32 logs, 32 witnesses, 32 groups."""
    lines = [f"log {log_key(f'us.example/log-{n}', f'log-{n}').encode()}" for n in range(32)]
    lines += [f"witness w{n} {cosigner_key(f'many-{n}').encode()}" for n in range(32)]
    lines += ["group g0 any w0"] + [f"group g{n} all g{n - 1} w{n}" for n in range(1, 32)]
    policy = parse_policy("\n".join([*lines, "quorum g31", ""]).encode())
    assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == (32, 32, 32)
    log = Log.of(3, "us.example/log-5", "log-5")
    everybody = [f"many-{n}" for n in range(31)]
    with refused("quorum-missing"):
        policy.check(log.checkpoint(cosigners=everybody))


A, B = f"witness a {W1}\n", f"witness b {W2}\n"
BAD = {
    "empty": ("", "policy"),
    "no quorum": (A, "policy"),
    "two quorums": (A + "quorum a\nquorum a\n", "line 3"),
    "quorum none twice": ("quorum none\nquorum none\n", "line 2"),
    "quorum without name": ("quorum\n", "line 1"),
    "quorum with two names": (A + B + "quorum a b\n", "line 3"),
    "quorum not defined": (A + "quorum b\n", "line 2"),
    "quorum defined below": ("quorum a\n" + A, "line 1"),
    "quorum of a log": (f"log {LOG}\nquorum {ORIGIN}\n", "line 2"),
    "unknown keyword": ("mirror a\nquorum none\n", "line 1"),
    "keyword in capitals": ("Quorum none\n", "line 1"),
    "log without key": ("log\nquorum none\n", "line 1"),
    "log with too much": (f"log {LOG} url more\nquorum none\n", "line 1"),
    "log key twice": (f"log {LOG}\nlog {LOG}\nquorum none\n", "line 2"),
    "log key twice under another name": (
        f"log {LOG}\nlog {log_key('other.example').encode()}\nquorum none\n",
        "line 2",
    ),
    "log with a witness key": (f"log {W1}\nquorum none\n", "line 1"),
    "witness without key": ("witness a\nquorum none\n", "line 1"),
    "witness with too much": (f"witness a {W1} url more\nquorum none\n", "line 1"),
    "witness with a log key": (f"witness a {LOG}\nquorum none\n", "line 1"),
    "witness named none": (f"witness none {W1}\nquorum none\n", "line 1"),
    "witness name twice": (A + f"witness a {W2}\nquorum a\n", "line 2"),
    "witness key twice": (A + f"witness b {W1}\nquorum a\n", "line 2"),
    "witness key twice, other key name": (
        A + f"witness b {VerifierKey('b.example', TYPE_COSIGNATURE, signer('w1').public).encode()}\nquorum a\n",
        "line 2",
    ),
    "witness key with a wrong id": (f"witness a {W1.replace(W1.split('+')[1], '00000000')}\nquorum a\n", "line 1"),
    "group without members": (A + "group g any\nquorum a\n", "line 2"),
    "group not defined member": (A + "group g any b\nquorum g\n", "line 2"),
    "group of none": (A + "group g any none\nquorum g\n", "line 2"),
    "group of itself": (A + "group g any a g\nquorum g\n", "line 2"),
    "group member twice": (A + "group g any a a\nquorum g\n", "line 2"),
    "member of two groups": (A + B + "group g any a\ngroup h all a b\nquorum h\n", "line 4"),
    "group name twice": (A + B + "group g any a\ngroup g any b\nquorum g\n", "line 4"),
    "group named like a witness": (A + B + "group a any b\nquorum a\n", "line 3"),
    "group named none": (A + "group none any a\nquorum none\n", "line 2"),
    "threshold 0": (A + "group g 0 a\nquorum g\n", "line 2"),
    "threshold too large": (A + B + "group g 3 a b\nquorum g\n", "line 3"),
    "threshold negative": (A + "group g -1 a\nquorum g\n", "line 2"),
    "threshold with plus": (A + "group g +1 a\nquorum g\n", "line 2"),
    "threshold with zero in front": (A + "group g 01 a\nquorum g\n", "line 2"),
    "threshold with underscore": (A + "group g 1_0 a\nquorum g\n", "line 2"),
    "threshold in words": (A + "group g one a\nquorum g\n", "line 2"),
    "threshold of 5,000 digits": (A + f"group g {'9' * 5000} a\nquorum g\n", "line 2"),
    "carriage return": ("quorum none\r\n", "policy"),
    "NUL": ("quorum none\n\x00", "policy"),
    "form feed": ("\x0cquorum none\n", "policy"),
    "DEL": ("quorum none\x7f\n", "policy"),
    "no-break space": ("quorum\u00a0none\n", "line 1"),
}


@pytest.mark.parametrize(("text", "place"), BAD.values(), ids=BAD.keys())
def test_bad_files_are_refused_with_the_line(text, place):
    """tlog-policy, each rule; the file at fault is named with its line."""
    with refused("policy-invalid", GivenError, naming=f"my.policy {place}" if place != "policy" else "my.policy: "):
        parse_policy(text.encode(), "my.policy")


@given(
    st.binary(max_size=80)
    | st.lists(st.sampled_from(EXAMPLE.split(" ")), max_size=20).map(lambda w: " ".join(w).encode())
)
def test_any_bytes_are_a_policy_or_a_refusal(data):
    """A file a person gives may hold anything."""
    try:
        policy = parse_policy(data)
    except GivenError as error:
        text = str(error)
    else:
        text = policy.quorum or ""
        assert parse_policy(policy.encode().encode("utf-8", "surrogateescape")) == policy
    assert "\n" not in text


# --- what a policy checks -----------------------------------------------------------------------------------------


def test_only_listed_logs_are_believed():
    """30-ledger: origins from a closed list."""
    policy = parse_policy(f"log {LOG}\nquorum none\n".encode())
    assert policy.check(Log.of(3).checkpoint()) == []
    with refused("unknown-origin", naming="ru.example"):
        policy.check(Log.of(3, "ru.example/log/to-us").checkpoint())
    with refused("unknown-key"):
        policy.check(Log.of(3, label="stranger").checkpoint())


def test_a_quorum_counts_only_its_members():
    """A good line of a witness outside the quorum adds nothing; of a stranger neither."""
    policy = parse_policy((f"log {LOG}\n" + A + B + "quorum a\n").encode())
    assert len(policy.check(Log.of(3).checkpoint(cosigners=["w1", "w2"]))) == 2
    for others in ([], ["w2"], ["w2", "w3"], ["w3"]):
        with refused("quorum-missing", naming="w2.example/key" if "w2" in others else "nobody"):
            policy.check(Log.of(3).checkpoint(cosigners=others))


def test_a_bad_line_of_a_known_witness_spoils_the_note():
    """signed-note: "If a signature from a known key fails to verify, clients SHOULD reject the whole note"."""
    policy = parse_policy((f"log {LOG}\n" + A + B + "group g any a b\nquorum g\n").encode())
    log = Log.of(3)
    bad = line(log.head(2), "w2")
    with refused("bad-signature", naming="w2.example/key"):
        policy.check(log.checkpoint(cosigners=["w1"]).with_lines([bad]))


def test_an_ml_dsa_witness_never_meets_a_quorum():
    """docs/limits.md: 0x06 is read in policies and never counted; the line is passed over, not refused."""
    key = VerifierKey.decode(ML_DSA)
    policy = parse_policy(f"log {LOG}\nwitness a {ML_DSA}\nquorum a\n".encode())
    checkpoint = Log.of(3).checkpoint().with_lines([NoteSignature(key.name, key.id, b"\x01" * 2428)])
    with refused("quorum-missing"):
        policy.check(checkpoint)


def test_a_log_key_is_read_only_as_a_log_key():
    """Type 0x01 for logs, 0x04 for witnesses: the same public key would have another id."""
    policy = Policy(
        logs={ORIGIN: [log_key()]}, witnesses={"a": VerifierKey("x", TYPE_NOTE, signer("w1").public)}, quorum="a"
    )
    with refused("quorum-missing"):
        policy.check(Log.of(3).checkpoint(cosigners=["w1"]))
