"""What a house answers about what it has told: register, preview, guard and private accounts, over real logs.

Stories: the tanker's orbit, the sensor that stays home, two coarse fixes that make a finer one, and a crash between the
private store and the log. All places are made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from detente.adapters.commands import Commands, Waiting
from detente.adapters.store_private import PrivateStore
from detente.cli.told import told_text, view_text
from detente.errors import DetenteError
from detente.geo.ellipsoid import offset
from detente.node.release.evidence import NOT_RELEASED
from tests.sim.world import HOUR, MINUTE, T0, World

TEXT = b"""language: 1
agreement: test-2016
parties: {us: United States, ru: Russian Federation}
others:
  un: {name: United Nations, keeps_log: true}
  regime: {name: Syrian government forces, guarantor: ru}
statements:
  signature: {}
  plan: {operation: code, place: area, window: span}
  whereabouts: {sharing: code, group: who, place: area, window: span}
  stop: {reason: text, scope: optional area}
  consent: {target: code}
  refusal: {target: code}
events:
  flight: {flight: code, military: yes | no, position: point}
clauses:
- {id: grounded, says: Syrian military aircraft do not fly., forbid: flight, by: regime, when: {military: "yes"}}
"""
ASSETS = """assets: 1
protected:
- name: tanker-1
  told_as: [operation op-7]
  orbit: {centre: 36.00000 N 038.05000 E, radius: 20 km}
  datum: WGS84
  protect: 30 km
  bound: 50 km
remains:
- {statements: [plan, whereabouts], width: 8 km, slot: 30min, speed: 300 m/s}
"""
ORBIT = (360000000, 380500000)
POLICY = """policy: 1
node: us
two_persons: []
standing: {stop: [stop]}
release:
- {rule: coarse, say: [whereabouts], to: all, coarse: {place: 20 km, time: 1h}}
- {rule: rest, say: all, to: all}
"""


class Us:
    """The operator of us, with a file of own assets."""

    def __init__(self, folder: Path, assets: str = ASSETS) -> None:
        self.folder = folder
        self.private = PrivateStore(folder, b"k" * 32)
        self.private.put("policy", "current", POLICY.encode())
        (folder / "assets.yaml").write_text(assets)
        self.world = World(agreement=TEXT)
        self.open()

    def open(self) -> None:
        clock = SimpleNamespace(scenario=True, now=lambda: self.world.now, set=None)
        self.commands = Commands(self.world.house("us"), self.world.store("us"), self.private, clock)
        self.world.house("us").adoption.in_force = lambda: True  # type: ignore[method-assign] # adoption is tested elsewhere

    def ask(self, do: str, **values: Any) -> Any:
        answer: Any
        with self.world.speaking("us"):
            try:
                answer = self.commands.run({"do": do, **values})
            except DetenteError as error:
                answer = error
        if isinstance(answer, DetenteError):
            self.commands.undone()
        self.commands.committed()
        return answer.answer if isinstance(answer, Waiting) else answer

    def say(self, name: str, to: str = "ru", **fields: Any) -> Any:
        return self.ask("say", kind="said", to=to, fields={"name": name, "fields": fields})

    def told(self, **values: Any) -> Any:
        return self.ask("told", party="ru", **values)

    def size(self) -> int:
        """Entries in all logs of us."""
        return sum(ledger.size for ledger in self.world.house("us").ledgers.values())


@pytest.fixture
def us(tmp_path: Path) -> Iterator[Us]:
    desk = Us(tmp_path)
    yield desk
    desk.private.close()


def circle(km: float, azimuth: float = 0, away: float = 0) -> dict[str, Any]:
    lat, lon = offset(*ORBIT, azimuth, away * 1000)
    return {"type": "circle", "coordinates": [lon, lat], "radius": round(km * 1000)}


def window(start: int = T0 + HOUR, length: int = HOUR) -> dict[str, Any]:
    return {"type": "period", "start": start, "end": start + length}


def test_tanker_orbit(us: Us):
    """A plan whose orbit shows the tanker is stopped at home; ru gets nothing, and no other answer than silence."""
    before = us.size()
    traffic = len(us.world.traffic)
    refused = us.say("plan", operation="op-7", place=circle(20), window=window())
    assert isinstance(refused, DetenteError)
    assert refused.code == "own-position"
    assert "tanker-1" in refused.what
    assert us.size() == before
    assert len(us.world.traffic) == traffic
    assert all(one["kind"] != "plan" for one in us.told()["facts"])
    # far away it passes, and wide enough it passes
    assert us.say("plan", operation="op-8", place=circle(5, 0, 150), window=window())["placed"]
    assert us.say("plan", operation="op-7", place=circle(60), window=window())["placed"]


def test_a_stop_is_never_held_back_by_the_guard(us: Us):
    assert us.say("stop", reason="x", scope=circle(5))["placed"]
    (us.folder / "assets.yaml").write_text("assets: 1\nprotected: nonsense\n")
    assert us.say("stop", reason="y", scope=circle(5))["placed"]
    refused = us.say("plan", operation="op-8", place=circle(5, 0, 150), window=window())
    assert isinstance(refused, DetenteError), "with a file that cannot be read nothing else leaves"
    assert refused.code == "assets-invalid"


def test_two_coarse_fixes_make_a_finer_one(us: Us):
    """Two plans of one operation, each 20 km wide, whose common part is 4 km: the second is stopped."""
    assert us.say("plan", operation="op-8", place=circle(10, 0, 150), window=window())["placed"]
    refused = us.say("plan", operation="op-8", place=circle(10, 0, 166), window=window(T0 + 2 * HOUR))
    assert isinstance(refused, DetenteError)
    assert "told-too-much" in refused.what
    assert "has to" in refused.what
    other = us.say("plan", operation="op-9", place=circle(10, 0, 166), window=window(T0 + 2 * HOUR))
    assert other["placed"], "of another object it tells nothing more"


def test_at_most_one_release_for_an_object_and_slot(us: Us):
    assert us.say("plan", operation="op-8", place=circle(10, 0, 150), window=window())["placed"]
    again = us.say("plan", operation="op-8", place=circle(10, 0, 150), window=window())
    assert again["placed"], "the same words tell nothing new"
    refused = us.say("plan", operation="op-8", place=circle(12, 0, 150), window=window())
    assert isinstance(refused, DetenteError)
    assert "at most one release" in refused.what


def test_several_in_one_batch_count_one_after_the_other(us: Us):
    many = [
        {"name": "plan", "fields": {"operation": "op-8", "place": circle(10, 0, away), "window": window()}}
        for away in (150, 152)
    ]
    refused = us.ask("say_many", kind="said", to="ru", many=many)
    assert isinstance(refused, DetenteError)
    assert "at most one release" in refused.what


def test_what_has_been_told(us: Us):
    us.say("plan", operation="op-8", place=circle(10, 0, 150), window=window())
    us.say("whereabouts", sharing="s-1", group="regime", place=circle(1, 90, 200), window=window())
    us.say("refusal", target="t-1")
    answer = us.told()
    said = {(one["kind"], one["subject"]) for one in answer["facts"]}
    assert {("plan", "operation op-8"), ("whereabouts", "sharing s-1"), ("refusal", "target t-1"), ("root", "")} <= said
    (shared,) = (one for one in answer["facts"] if one["kind"] == "whereabouts")
    assert shared["cell_km"] == 20
    assert "a place within 20 km" in shared["words"]
    assert "consent" in answer["silences"]
    assert "refusal" not in answer["silences"]
    text = "\n".join(told_text(answer))
    assert max(map(len, text.splitlines())) <= 100
    assert "ru knows that us said nothing of this by: consent" in text


def test_queries_after_silence_name_what_was_not_said(us: Us):
    """A whole log tells what is not in it: of this area and hour no plan was told, and ru knows so."""
    us.say("plan", operation="op-8", place=circle(10, 0, 150), window=window())
    here = us.told(area=circle(5, 0, 150), hour=T0 + HOUR)
    elsewhere = us.told(area=circle(5, 180, 150), hour=T0 + HOUR)
    another = us.told(area=circle(5, 0, 150), hour=T0 + 9 * HOUR)
    assert [one["subject"] for one in here["facts"]] == ["operation op-8"]
    assert "plan" not in here["silences"]
    assert elsewhere["facts"] == []
    assert {"plan", "whereabouts", "stop"} <= set(elsewhere["silences"])
    assert "plan" in another["silences"]
    assert elsewhere["known_to"] > 0
    assert us.told(subject="op-8")["facts"][0]["subject"] == "operation op-8"


def test_the_preview_says_what_will_have_been_told_and_sends_nothing(us: Us):
    fields = {"name": "whereabouts", "fields": {
        "sharing": "s-1", "group": "regime", "place": circle(1, 90, 200), "window": window(T0 + 7 * MINUTE, 20 * MINUTE)}}  # fmt: skip
    name = us.ask("draft", kind="said", to="ru", fields=fields)["draft"]
    before = us.size()
    shown = us.ask("preview", draft=name)
    assert us.size() == before
    assert shown["objections"] == []
    assert "After this we will have told ru:" in shown["text"]
    assert "a place within 20 km" in shown["text"]
    assert "from 2016-09-17 09:00:00Z to 2016-09-17 11:00:00Z" in " ".join(shown["text"].split())
    assert "This does not catch:" in shown["text"]
    assert max(map(len, shown["text"].splitlines())) <= 100
    assert us.ask("release", draft=name)["placed"]
    (told,) = (one for one in us.told()["facts"] if one["kind"] == "whereabouts")
    assert [told["words"]] == shown["new"]


def test_the_register_is_made_again_from_the_logs(us: Us):
    """A second house process over the same stores says the same; nothing twice, nothing lost."""
    us.say("plan", to="*", operation="op-8", place=circle(10, 0, 150), window=window())
    before = us.told()
    us.open()
    assert us.told() == before
    assert len([one for one in before["facts"] if one["kind"] == "plan"]) == 1


def test_an_entry_of_the_private_store_without_its_statement_tells_nothing(us: Us):
    """kill -9 between the private store and the log: the entry stays behind and is never looked at."""
    before = us.told()["facts"]
    us.private.put("register", "ab" * 32, msgspec.json.encode({"approved": ["state"], "until": 1}))
    us.open()
    assert us.told()["facts"] == before


def sighting(away: float, error_km: float) -> dict[str, Any]:
    lat, lon = offset(*ORBIT, 90, away * 1000)
    position = {"type": "cell", "coordinates": [lon, lat], "error": round(error_km * 1_000_000), "verbatim": "seen",
                "datum": "WGS84", "grid": "geographic"}  # fmt: skip
    return {"name": "flight", "by": ["regime"], "first": T0, "last": T0,
            "fields": {"flight": "f-1", "military": "yes", "position": position}}  # fmt: skip


def test_sensor_stays_home(us: Us):
    """What a sensor saw to 100 m is judged at home; told as finely it is stopped, coarser it may go in its place."""
    kept = us.ask("account_keep", fields=sighting(200, 0.1), coarse=20_000)["account"]
    view = us.ask("account_view")
    assert [(one["clause"], one["verdict"], one["evidence"]) for one in view["findings"]] == [
        ("grounded", "broken", NOT_RELEASED)
    ]
    assert "our account; evidence not released" in "\n".join(view_text(view))
    refused = us.ask("say", kind="told", to="ru", fields=sighting(200, 0.1))
    assert isinstance(refused, DetenteError)
    assert kept in refused.what
    placed = us.ask("say", kind="told", to="ru", fields=sighting(204, 15))["placed"]
    us.ask("account_tell", account=kept, statement=placed[0]["id"])
    assert us.ask("accounts")["accounts"][0]["instead"] == placed[0]["id"]
    (found,) = us.ask("account_view")["findings"]
    assert (found["act"], found["verdict"], found["evidence"]) == (placed[0]["id"], "broken", "")
    fine = str(offset(*ORBIT, 90, 200_000)[1]).encode()
    assert all(fine not in message.body for message in us.world.traffic)


def test_an_account_of_which_nothing_may_be_told(us: Us):
    us.ask("account_keep", fields=sighting(200, 0.1))
    refused = us.ask("say", kind="told", to="ru", fields=sighting(204, 40))
    assert isinstance(refused, DetenteError)
    assert "not at all" in refused.what
    assert us.ask("say", kind="told", to="ru", fields=sighting(400, 5))["placed"], "what was seen elsewhere may be told"


def test_without_a_file_of_own_assets_it_says_so(us: Us):
    (us.folder / "assets.yaml").unlink()
    text = "\n".join(told_text(us.told()))
    assert "no file of own assets" in text


def test_a_stranger_is_refused_by_name(us: Us):
    refused = us.ask("told", party="xx")
    assert isinstance(refused, DetenteError)
    assert "known: ru, un" in refused.what
