"""Two worlds that no test changes: a small one, and one whose log us→ru has two full tiles and a part of a third."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.audit.folders import Files, adopted_world, export, load, talk
from tests.sim.world import World


class Held(NamedTuple):
    """A world, the export of its node us, and where that lies."""

    world: World
    files: Files
    path: Path

    def size(self, log: str = "us-to-ru") -> int:
        """Entries of an exported log, as its head says."""
        return int(self.files[f"logs/{log}/checkpoint"].split(b"\n")[1])


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Held:
    world = adopted_world()
    out = tmp_path_factory.mktemp("small") / "us"
    export(world, "us", out)
    return Held(world, load(out), out)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Held:
    world = adopted_world()
    talk(world, "us", "ru", 620)
    out = tmp_path_factory.mktemp("large") / "us"
    export(world, "us", out, logs=["demo/test/us/to-ru"])
    return Held(world, load(out), out)
