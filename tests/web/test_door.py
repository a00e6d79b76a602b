"""What every request passes: host, size, rate, session, form token, role; roles, posts, sessions and times as words. No browser."""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from detente.errors import GivenError
from detente.web import door as door_module
from detente.web import operators as operators_module
from detente.web.door import COOKIE, HEADERS, MOST_BYTES, REQUESTS, Door
from detente.web.live import _grown, index_of
from detente.web.operators import LOCKED, TRIES, Operators
from detente.web.pages.stop import REASON, fields_of
from detente.web.roles import ROLES, desks, may
from detente.web.sessions import IDLE, LONGEST, Sessions
from detente.web.words import Words, brief

PASSWORD = "made up for a test"
HOST = "127.0.0.1:8080"
DAMASCUS = Words("Asia/Damascus")


@pytest.fixture
def operators(tmp_path: Path) -> Any:
    held = Operators(tmp_path, cheap=True)
    held.set("duty", ["watch"], PASSWORD)
    yield held
    held.close()


class Client:
    """Requests to a door with a page behind it that says who asked."""

    def __init__(self, operators: Operators) -> None:
        self.sessions = Sessions()
        self.door = Door(self.page, operators, self.sessions, frozenset({HOST}))

    @staticmethod
    async def page(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        size = len(await request.body()) if scope["method"] == "POST" else 0
        who = scope["state"]["operator"]
        await PlainTextResponse(f"{who.name if who else 'nobody'} {size}")(scope, receive, send)

    def ask(
        self, path: str = "/watch", method: str = "GET", body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], str]:
        given = {"host": HOST, **headers}
        scope = {
            "type": "http", "method": method, "path": path, "query_string": b"", "client": ("127.0.0.1", 1),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip
        sent: list[Any] = []
        left = [body]

        async def receive() -> Any:
            return {"type": "http.request", "body": left.pop() if left else b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        with ThreadPoolExecutor(1) as elsewhere:  # a browser's driver has a loop in this thread
            elsewhere.submit(asyncio.run, self.door(scope, receive, send)).result()
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], found, b"".join(each.get("body", b"") for each in sent[1:]).decode()

    def signed_in(self) -> str:
        token, _ = self.sessions.begin("duty", time.time())
        return f"{COOKIE}={token}"


@pytest.fixture
def client(operators: Operators) -> Client:
    return Client(operators)


def test_every_answer_bears_the_headers(client: Client):
    cookie = client.signed_in()
    answers = [
        client.ask(cookie=cookie), client.ask(), client.ask(host="evil.example"), client.ask("/static/x"),
        client.ask(method="POST", cookie=cookie, origin="http://evil.example"),
    ]  # fmt: skip
    for _, headers, _ in answers:
        for name, value in HEADERS.items():
            assert headers[name.lower()] == value
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert answers[0][1]["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1:9", ""])
def test_a_name_that_is_not_ours_is_refused(client: Client, host: str):
    assert client.ask(cookie=client.signed_in(), host=host)[0] == 421


def test_without_a_session_there_is_the_sign_in_and_nothing_else(client: Client):
    status, headers, _ = client.ask()
    assert (status, headers["location"]) == (303, "/sign-in")
    assert client.ask("/live")[0] == 401
    assert client.ask("/sign-in")[2] == "nobody 0"
    assert client.ask(cookie=client.signed_in())[2] == "duty 0"
    assert client.ask(cookie=f"{COOKIE}=forged")[0] == 303


def test_a_stop_of_a_session_that_has_ended_says_that_it_was_not_sent(client: Client):
    status, _, text = client.ask("/stop/raise", "POST")
    assert status == 401
    assert text.startswith("STOP NOT SENT")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:9"])
def test_a_form_of_another_page_is_refused(client: Client, origin: str):
    cookie = client.signed_in()
    assert client.ask("/stop/raise", "POST", cookie=cookie, origin=origin)[0] == 403
    assert client.ask("/stop/raise", "POST", cookie=cookie, origin=f"http://{HOST}")[0] == 200


def test_a_body_has_a_bound_stated_or_not(client: Client, monkeypatch: pytest.MonkeyPatch):
    cookie = client.signed_in()
    stated = {"content-length": str(MOST_BYTES + 1)}
    assert client.ask("/areas", "POST", b"", cookie=cookie, **stated)[0] == 413
    assert client.ask("/areas", "POST", b"", cookie=cookie, **{"content-length": "many"})[0] == 413
    monkeypatch.setattr(door_module, "MOST_BYTES", 10)
    with pytest.raises(Exception, match=r"^$"):  # ClientDisconnect: the page never sees it
        client.ask("/areas", "POST", b"x" * 11, cookie=cookie)


def test_too_many_requests_are_refused_and_stop_is_not(client: Client):
    cookie = client.signed_in()
    answers = [client.ask(cookie=cookie)[0] for _ in range(REQUESTS + 1)]
    assert answers == [200] * REQUESTS + [429]
    assert client.ask("/stop/raise", "POST", cookie=cookie)[0] == 200
    assert client.ask("/stop/raise", "POST")[0] == 429, "nobody's flood is nobody's STOP"


def test_whoever_gets_a_new_password_is_signed_out(client: Client, operators: Operators):
    cookie = client.signed_in()
    operators.set("duty", ["watch"], "another one, made up")
    assert client.ask(cookie=cookie)[0] == 303


# posts


def test_five_wrong_passwords_lock_a_post_and_each_time_longer(operators: Operators):
    now = 1_000_000.0
    for _ in range(TRIES):
        assert operators.check("duty", "wrong", now) is None
    assert operators.check("duty", PASSWORD, now + LOCKED - 1) is None
    assert 0 < operators.locked("duty", now) <= LOCKED + 1
    for _ in range(TRIES):
        operators.check("duty", "wrong", now + LOCKED + 1)
    assert operators.check("duty", PASSWORD, now + 2 * LOCKED) is None
    found = operators.check("duty", PASSWORD, now + 3 * LOCKED + 2)
    assert found is not None
    assert found.roles == ("watch",)
    assert operators.locked("duty", now + 3 * LOCKED + 2) == 0


def test_a_name_nobody_has_is_checked_like_any_other(operators: Operators, monkeypatch: pytest.MonkeyPatch):
    looked: list[bytes] = []
    fits = operators._fits

    def look(held: bytes, password: str) -> bool:
        looked.append(held)
        return fits(held, password)

    monkeypatch.setattr(operators, "_fits", look)
    assert operators.check("stranger", PASSWORD, 0.0) is None
    assert len(looked) == 1


@pytest.mark.parametrize(
    ("name", "roles", "password", "where"),
    [
        ("Duty", ["watch"], PASSWORD, "name"),
        ("d", [], PASSWORD, "role"),
        ("d", ["god"], PASSWORD, "role"),
        ("d", ["watch"], "short", "password"),
    ],
)
def test_what_does_not_fit_a_post_is_named(
    operators: Operators, name: str, roles: list[str], password: str, where: str
):
    with pytest.raises(GivenError) as error:
        operators.set(name, roles, password)
    assert error.value.where == where


def test_the_file_of_posts_holds_no_password_and_is_its_owners(operators: Operators, tmp_path: Path):
    path = tmp_path / "web" / "operators.db"
    assert path.stat().st_mode & 0o777 == 0o600
    assert PASSWORD.encode() not in path.read_bytes()
    assert b"$argon2id$" in path.read_bytes()
    assert operators_module.SHORTEST_PASSWORD == 12


# roles


def test_a_role_may_do_what_is_its_own_and_nothing_else():
    assert may(["watch"], "watch.stop")
    assert not may(["watch"], "release.release")
    assert not may(["legal"], "lists.agree")
    assert not may(["release"], "lists.nominate")
    assert not may(["admin"], "areas.agree")
    assert not may(["nomination"], "operators.set")
    assert not may([], "watch.stop")
    assert not may(["unknown"], "watch.stop")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_raise_a_stop_and_sees_the_watch(role: str):
    assert may([role], "stop.raise")
    assert "watch" in desks([role])


def test_every_act_of_a_page_is_somebodys():
    """An act that no role has would be a page's dead button."""
    folder = Path(door_module.__file__).parent
    acts = {
        act for path in (folder / "pages").glob("*.py") for act in re.findall(r'\.act\("([a-z.]+)"', path.read_text())
    }
    assert len(acts) > 10
    assert [act for act in acts if not any(may([role], act) for role in ROLES)] == []


# sessions


def test_a_session_ends_idle_and_with_the_shift_and_a_live_page_keeps_nobody_signed_in():
    sessions = Sessions()
    token, _ = sessions.begin("duty", 0.0)
    assert sessions.find(token, IDLE - 1.0)
    assert sessions.find(token, 2 * IDLE - 2.0, live=True)
    assert sessions.find(token, 2 * IDLE + 1.0) is None
    token, _ = sessions.begin("duty", 0.0)
    for at in range(0, LONGEST, IDLE):
        assert sessions.find(token, float(at))
    assert sessions.find(token, LONGEST + 1.0) is None


# what a page that was away has missed


def test_an_event_names_the_logs_that_grew():
    position = {"logs": {"a": 3, "b": 5}, "mark": "m"}
    assert index_of(position) == "3.5-m"
    assert _grown("3.4-m", position) == ["b"]
    assert _grown("3.5-x", position) == []
    assert _grown("", position) == ["a", "b"]
    assert _grown("1.2.3-m", position) == ["a", "b"]


# words


def test_times_as_a_tired_officer_reads_them():
    now = 1_474_120_000_000  # 2016-09-17 13:46:40Z
    assert DAMASCUS.until(now + 11_520_000, now) == "in 3 h 12 min (16:58Z, 19:58 Damascus)"
    assert DAMASCUS.until(now + 90_123, now) == "in 90 s (13:48Z, 16:48 Damascus)"
    assert DAMASCUS.ago(now - 86_400_000, now).endswith("(16 Sep 13:46Z, 16:46 Damascus)")
    assert Words("").until(now + 60_000, now) == "in 60 s (13:47Z)"


def test_ids_are_cut_and_words_are_not():
    assert brief(f"rests on {'0f' * 32}, a nomination") == "rests on 0f0f0f0f0f…, a nomination"
    assert brief("a t-1 of deadbeef") == "a t-1 of deadbeef"


# a STOP from a form


def test_a_stop_that_names_nothing_narrows_nothing():
    assert fields_of({}) == {"reason": REASON}
    assert fields_of({"reason": "  ", "place": "", "item": ""}) == {"reason": REASON}


def test_a_stop_is_narrowed_by_what_can_be_read_and_refused_by_what_cannot():
    fields = fields_of({"place": "35.2650 N 40.1520 E", "radius": "5000", "item": "t-1"})
    assert fields["scope"] == {"type": "circle", "coordinates": [401520000, 352650000], "radius": 5000}
    assert fields["item"] == "t-1"
    for wrong in (
        {"place": "35.2650 N 40.1520 E", "radius": ""},
        {"place": "35 N 40 E", "radius": "5"},
        {"start": "soon"},
    ):
        with pytest.raises(GivenError):
            fields_of(wrong)
