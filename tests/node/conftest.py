"""A fresh world for each test; a busy machine makes no test fail: hypothesis sets no time limit for one example."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.sim.world import World

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@pytest.fixture
def world() -> World:
    return World()
