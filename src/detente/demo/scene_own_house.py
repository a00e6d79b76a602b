"""Scene *own house*: five agencies of us are asked; one sets a condition, one narrows, one abstains, one does not answer."""

from __future__ import annotations

from detente.adapters.agency_keys import HAND_OUT, read_agency_key
from detente.demo.narrate import MADE_UP
from detente.demo.stage import Stage, at
from detente.node.release.papers import Answer, PolicySignature, read_request, sign
from detente.node.release.policy_file import read_policy
from detente.proof.keys import SoftSigner

AGENCIES = ("state", "white_house", "intelligence", "defence", "treasury")
RULE = """\
- rule: flights
  say: flight
  to: ru
  templates: [{name: without_tracks, withhold: [position]}]
  quorum: {needed: all, of: [state, white_house, intelligence, defence, treasury], within: 290min,
           silence: lowers, abstain: lowers}
"""
CONDITION = "{earlier: line_test, by: ru}"
FLIGHT = {
    "name": "flight", "by": ["ru"], "first": at("3 20:00"), "last": at("3 20:00"),
    "fields": {
        "flight": "f-0", "military": "yes",
        "position": {"type": "cell", "coordinates": [371234567, 351234567], "error": 1_000_000, "verbatim": "seen",
                     "datum": "WGS84", "grid": "lat lon"},
    },
}  # fmt: skip


def own_house(stage: Stage) -> None:
    """us changes its policy by two persons, asks its agencies, and sends what they let leave when their time is out."""
    say, three = stage.say, stage.three
    say.scene(
        "own house",
        "us may tell ru of a flight if its own agencies let it. What they say of it, and why, stays in the house: ru sees a "
        "statement, or none.",
    )
    keys = {agency: SoftSigner(agency.encode().ljust(32, b".")) for agency in AGENCIES}
    _policy(stage, keys)
    name = three.ask("us", "draft", to="ru", kind="told", fields=FLIGHT)["draft"]
    three.ask("us", "release", draft=name)
    request = read_request(three.ask("us", "approval_request", draft=name)["file"].encode(), "request")
    say.us(f"asks {', '.join(AGENCIES)}: may this {request.statement} leave to ru?", MADE_UP)
    for agency, says, template, condition in (
        ("state", "yes", "whole", None),
        ("white_house", "yes", "whole", CONDITION),
        ("intelligence", "yes", "without_tracks", None),
        ("defence", "abstain", "whole", None),
    ):
        paper = Answer(
            request=request.digest(), draft=name, agency=agency, says=says, template=template,  # type: ignore[arg-type]
            condition=condition, at=three.now,
        )  # fmt: skip
        three.ask("us", "approve", file=sign(paper, keys[agency]).decode())
        words = (", if ru tests the line first" if condition else "") + (
            ", without tracks" if template != "whole" else ""
        )
        say.item(f"{agency.replace('_', ' ')}: {says}{words} {MADE_UP}")
    quorum = three.ask("us", "drafts")["states"][name]["quorum"]
    say.us(f"waits for {', '.join(quorum['waiting'])}; not fulfilled: {', '.join(quorum['unfulfilled'])}", MADE_UP)
    stage.state("ru", "line_test")
    say.ru("tests the line", MADE_UP)
    before = len(three.ask("us", "drafts")["drafts"])
    stage.time("4 01:30")
    left = before - len(three.ask("us", "drafts")["drafts"])
    (last,) = [line for line in three.ask("us", "approvals", draft=name)["lines"] if line["what"] == "sent"]
    say.us(
        f"treasury has not answered within 4 h 50 min and counts as the rule says; {left} draft sent, without tracks",
        MADE_UP,
    )
    say.item(
        f"ru sees one digest, {last['approval']['ru'][:16]}…; {last['size']} lines of who said what stay with us {MADE_UP}"
    )


def _policy(stage: Stage, keys: dict[str, SoftSigner]) -> None:
    """The next version of the policy: the same, with agencies and one rule before the first; one person is not enough."""
    three, say = stage.three, stage.say
    held = three.ask("us", "policy")
    current = read_policy(held["file"].encode())
    lines = [f"  {agency}: {{key: {key.public.hex()}}}" for agency, key in keys.items()]
    text = held["file"].replace("policy: 1\n", f"policy: 2\nbefore: {current.digest}\n")
    text = text.replace("agencies:\n", "agencies:\n" + "\n".join(lines) + "\n").replace(
        "release:\n", f"release:\n{RULE}"
    )
    policy = read_policy(text.encode())
    three.ask("us", "policy_propose", file=text)
    for number, person in enumerate(current.persons, 1):
        agency, key = read_agency_key(three.configs["us"].folder / HAND_OUT / f"{person}.key")
        paper = PolicySignature(node="us", policy=policy.digest, version=policy.version, agency=agency)
        answer = three.ask("us", "approve", file=sign(paper, key).decode())
        state = "in force" if answer["in_force"] else "not in force: one person alone changes nothing"
        say.us(f"{number} of 2 persons signs release policy 2: {state}", MADE_UP)
