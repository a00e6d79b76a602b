"""Twin nodes that differ in private state alone: policy, drafts, pending approvals. The other side can tell them by nothing."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.own_house import REPORT, REPORTS, STOP, TEXT, Own
from tests.sim.world import MINUTE, World

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
    return own


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
