"""Questions about other acts: earlier, later, count (21-language-reference, 7)."""

from __future__ import annotations

from detente.agreement.judge.counting import Counting
from detente.agreement.judge.earlier import Earlier
from detente.agreement.judge.later import Later


class Question(Earlier, Later, Counting):
    """A compiled pattern that can be asked in each way."""
