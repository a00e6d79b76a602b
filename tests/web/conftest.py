"""Three real nodes with their pages, once for all tests here; and Chromium where there is one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from detente.demo.three import NAMES, Three, free_ports
from detente.model.when import read_instant
from detente.web.operators import Operators
from detente.web.roles import ROLES

ROOT = Path(__file__).resolve().parents[2]
SYRIA = (ROOT / "agreements" / "syria-2016-07.yaml").read_bytes()
START = read_instant("2016-09-10T06:00:00Z")
PASSWORD = "made up for a test"
POSTS = {"duty": ("watch",), "cell": ("nomination",), "gate": ("release",), "root": ("admin",), "all": tuple(ROLES)}


def eventually(what: Callable[[], Any], words: str, seconds: float = 60.0) -> Any:
    """What `what` gives once it gives something; a busy machine only takes longer."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, words
        time.sleep(0.05)
    return found


class Centre:
    """The nodes, and where each one's pages are."""

    def __init__(self, three: Three, ports: dict[str, int]) -> None:
        self.three = three
        self.ports = ports

    def url(self, code: str, path: str = "/") -> str:
        """A page of a node."""
        return f"http://127.0.0.1:{self.ports[code]}{path}"


@pytest.fixture(scope="package")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    ports = dict(zip(NAMES, free_ports(3), strict=True))
    folder = tmp_path_factory.mktemp("w")
    with Three(folder, SYRIA, "syria-2016-07", start=START, web=ports, zone="Asia/Damascus") as three:
        for config in three.configs.values():
            operators = Operators(config.folder, cheap=True)
            for name, roles in POSTS.items():
                operators.set(name, roles, PASSWORD)
            operators.close()
        three.start()
        three.settle()
        three.adopt()
        yield Centre(three, ports)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """The browser of this machine; a test that needs one skips where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: the pages were not tried in a browser")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser was driven")
    with sync_api.sync_playwright() as driver:
        options = [
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-sync",
        ]
        browser = driver.chromium.launch(executable_path=path, args=[*options, "--disable-component-update"])
        yield browser
        browser.close()


Desk = Callable[..., Any]


@pytest.fixture
def desk(centre: Centre, chromium: Any) -> Iterator[Desk]:
    """`desk(code, path, post)`: a page of a node in a window of its own, signed in."""
    opened: list[Any] = []

    def open_(code: str, path: str = "/watch", post: str = "all") -> Any:
        window = chromium.new_context(viewport={"width": 1280, "height": 860})
        window.set_default_timeout(60_000)
        opened.append(window)
        page = window.new_page()
        page.goto(centre.url(code, "/sign-in"))
        page.fill("input[name=name]", post)
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: not url.endswith("/sign-in"))
        if not page.url.endswith(path):
            page.goto(centre.url(code, path))
        return page

    yield open_
    for window in opened:
        window.close()
