"""One agreement made ready to judge one record: conditions, questions, places and phases as closures, compiled
once.
"""

from __future__ import annotations

from collections.abc import Callable

from detente.agreement import form as f
from detente.agreement.geometry import Geometry
from detente.agreement.judge.calendar import LocalCalendar
from detente.agreement.judge.deeds import Deed, Wardrobe
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.lookup import Getter, getter
from detente.agreement.judge.people import Persons
from detente.agreement.judge.store import Store
from detente.agreement.values import Value

Test = Callable[[Frame, Deed, Deed | None], Value]
"""A condition about an act, with the act one step out."""


class Terms:
    """The parts of an agreement, compiled against a store."""

    def __init__(self, agreement: f.Agreement, geometry: Geometry, frame: Frame) -> None:
        from detente.agreement.judge.phases import PhaseState

        self.agreement = agreement
        self.geometry = geometry
        self.calendar = LocalCalendar(agreement.zone)
        self.store = Store()
        self.persons = Persons(self)
        self.wardrobe = Wardrobe(agreement, self.persons, frame)
        self._tests: dict[tuple[f.Condition, str], Test] = {}
        self._questions: dict[tuple[f.Pattern, str], Question] = {}
        self._places: dict[f.PlaceForm, Place] = {}
        self.phases: dict[str, PhaseState] = {}
        for name, phase in agreement.phases.items():
            self.phases[name] = PhaseState(self, phase)

    def getter(self, path: f.Path) -> Getter:
        """What a path gives."""
        return getter(self, path)

    def test(self, condition: f.Condition, clause: str) -> Test:
        """A condition as a closure; `this` in it is the clause."""
        key = (condition, clause)
        found = self._tests.get(key)
        if found is None:
            found = self._tests[key] = compile_condition(self, condition, clause)
        return found

    def question(self, pattern: f.Pattern, clause: str) -> Question:
        """A pattern as a question."""
        key = (pattern, clause)
        found = self._questions.get(key)
        if found is None:
            found = self._questions[key] = Question(self, pattern, clause)
        return found

    def place(self, form: f.PlaceForm) -> Place:
        """A place; those named share what they index."""
        if isinstance(form, f.PlaceName):
            return self.place(self.agreement.places[form.name])
        found = self._places.get(form)
        if found is None:
            found = self._places[form] = compile_place(self, form)
        return found


from detente.agreement.judge.conditions import compile_condition  # noqa: E402 - these rooms know each other
from detente.agreement.judge.places import Place, compile_place  # noqa: E402
from detente.agreement.judge.questions import Question  # noqa: E402
