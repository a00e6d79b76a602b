"""Twin nodes that differ in private state alone: policy, drafts, answers, register's entries, own assets, kept accounts.

The other side can tell them by nothing: real requests of a peer, whole and spoilt, get the same bytes from both, and what is
released leaves in the same slot whether its agencies were quick or slow.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.own_house import REPORT, REPORTS, STOP, TEXT, Own
from tests.sim.world import MINUTE, World

ASSETS = """assets: 1
protected:
- {name: tanker-1, told_as: [incident i-1], orbit: {centre: 36.0 N 038.0 E, radius: 20 km}, datum: WGS84, protect: 30 km, bound: 50 km}
"""
CALLS = "- {rule: calls, say: call, to: ru, quorum: {needed: all, of: [state, defence], within: 1h, silence: no, abstain: no}}\n"
PATHS = st.sampled_from(("/add-checkpoint", "/add-entries", "/sign-subtree", "/statement", "/x"))
INPUT = st.lists(st.tuples(PATHS, st.binary(max_size=200)), min_size=1, max_size=6)


def twin(folder: Path, rules: str, *, busy: bool) -> Own:
    """us as it stands after the same public history; `busy`: with drafts put forward and answers half in."""
    world = World(agreement=TEXT)
    world.adopt()
    own = Own(folder, rules, slot="60s", world=world)
    if busy:
        name = own.forward()
        own.approve(name, "state", "no", reason="not to them")
        own.approve(own.forward(), "defence", "yes")
        own.ask("draft", to="ru", kind="said", fields=REPORT)
        (folder / "assets.yaml").write_text(ASSETS)
        own.private.put("register", "0" * 64, b'[["state"],null]')
    return own


def real_requests(folder: Path) -> list[tuple[str, bytes]]:
    """Every request of ru to us while ru says something and hears us: add-checkpoint, add-entries, sign-again, cosigning."""
    world = World(agreement=TEXT)
    world.adopt()
    world.say("ru", "us", "call", {"about": "x", "text": "y"})
    world.run()
    found = [(m.path, m.body) for m in world.traffic if (m.sender, m.receiver) == ("ru", "us")]
    log = "demo/test/ru/to-us"
    return [*dict.fromkeys(found), ("/checkpoint", b""), (f"/{log}/checkpoint", b""), (f"/{log}/tile/0/000.p/3", b"")]


REAL = real_requests(Path())
REAL_INPUT = st.lists(
    st.tuples(
        st.sampled_from(REAL),
        st.integers(0, 10**6),
        st.integers(0, 255),
        st.sampled_from(("whole", "flip", "cut", "twice")),
    ),
    min_size=1,
    max_size=6,
)


def spoilt(body: bytes, at: int, byte: int, how: str) -> bytes:
    """A body as it is, with one byte changed, cut short, or given twice."""
    if how == "whole" or not body:
        return body
    at %= len(body)
    return {"flip": body[:at] + bytes([byte]) + body[at + 1 :], "cut": body[:at], "twice": body + body}[how]


def test_the_requests_are_those_a_peer_makes():
    paths = {path.rsplit("/", 1)[-1] for path, _ in REAL}
    assert {"add-checkpoint", "add-entries"} <= paths, paths


def outcome(own: Own, requests: list[tuple[str, bytes]]) -> list[object]:
    """All that ru gets from us for these requests, and in the three minutes after."""
    own.world.traffic.clear()
    replies: list[object] = [tuple(own.world.request("ru", "us", path, body)) for path, body in requests]
    for minutes in range(3):
        own.later(MINUTE)
        replies.append((minutes, [(m.sender, m.path, m.body, tuple(m.reply)) for m in own.world.traffic]))
    return replies


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=REAL_INPUT)
def test_twins_answer_real_and_spoilt_requests_alike(found, tmp_path_factory):
    """50-release: what the peer gets is a function of its bytes and the shared record."""
    base = tmp_path_factory.mktemp("twins")
    requests = [(path, spoilt(body, at, byte, how)) for (path, body), at, byte, how in found]
    twins = twin(base / "one", "", busy=False), twin(base / "other", REPORTS, busy=True)
    one, other = (outcome(own, requests) for own in twins)
    for own in twins:
        own.close()
    assert one == other


def test_slots_are_equal_under_fast_and_slow_approval(tmp_path: Path):
    """Two agencies that answer at once, or one after 50 s: the entry leaves at the same minute, claims the same time."""
    sent = []
    for name, wait in (("fast", 1_000), ("slow", 50_000)):
        world = World(agreement=TEXT)
        world.adopt()
        world.now = (world.now // MINUTE + 1) * MINUTE
        own = Own(tmp_path / name, CALLS, slot="60s", world=world)
        own.ask("tick")
        answer = own.ask("say", to="ru", kind="call", fields={"about": "x", "text": "y"})
        own.approve(answer["draft"], "state", "yes")
        own.later(wait)
        own.approve(answer["draft"], "defence", "yes")
        assert own.said("call") == []
        left = MINUTE - wait
        for step in (left - 1, 1):
            own.later(step)
        (call,) = own.said("call")
        (row,) = world.store("us").statements("call", "demo/test/us/to-ru")
        entries = world.store("us").entries("demo/test/us/to-ru", row.entry, row.entry + 1)
        sent.append((call.time, row.entry, row.received, len(entries[0])))
        own.close()
    assert sent[0] == sent[1]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=INPUT)
def test_twins_answer_alike(found: list[tuple[str, bytes]], tmp_path_factory):
    base = tmp_path_factory.mktemp("twins")
    one, other = twin(base / "one", "", busy=False), twin(base / "other", REPORTS, busy=True)
    answers = []
    for own in (one, other):
        own.world.traffic.clear()
        replies: list[object] = [tuple(own.world.request("ru", "us", path, body)) for path, body in found]
        for minutes in range(3):
            own.later(MINUTE)
            replies.append(
                ("traffic", minutes, [(m.sender, m.path, m.body, tuple(m.reply)) for m in own.world.traffic])
            )
        own.ask("say", to="ru", kind="said", fields=STOP)
        store, origin = own.world.store("us"), "demo/test/us/to-ru"
        replies.append(store.entries(origin, 0, own.world.house("us").ledgers[origin].size))
        answers.append(replies)
        own.close()
    assert answers[0] == answers[1]
