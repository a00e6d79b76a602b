"""The one judge over long histories: whole columns where every needed value is known, the step judge for the rest.

`judge_all` gives the verdicts that `detente.agreement.judge.judge` gives, finding for finding; what a column cannot say
surely is put to the step judge, subject by subject or clause by clause (`History.explain` names them).
"""

from __future__ import annotations

from detente.agreement.columns.given import Column, Given
from detente.agreement.columns.history import History, Said, judge_all
from detente.agreement.columns.loaded import Loaded

__all__ = ["Column", "Given", "History", "Loaded", "Said", "judge_all"]
