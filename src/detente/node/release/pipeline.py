"""The release pipeline: draft, schema, label, policy, approvals, coarsen, re-validate, own-position guard; then the ledger.

One list of steps, run in order, for every statement that has an author. A step gives the paper on or refuses it
with its own name, the rule and the remedy; nothing is lost by a refusal, the draft stays. What comes out is an
`Outgoing`, and only that can be said. Source: 50-release; docs/explanation/release.md.

Standing releases (STOP, receipts, safety notices, movements) pass the step of approvals at once; STOP is not
held back by any step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from detente.agreement.form import Agreement
from detente.agreement.kinds import Field, Kind
from detente.errors import GivenError, LocalError
from detente.model import canon
from detente.model.head import Label
from detente.model.said import Period, Said, Told, Value
from detente.model.shapes import Circle
from detente.model.statement import Notice
from detente.node.release.coarsen import coarse_instant, coarse_span, no_digits_of
from detente.node.release.interface import Coarsen as Coarsen
from detente.node.release.interface import Fields as Fields
from detente.node.release.interface import Guard as Guard
from detente.node.release.interface import Levels as Levels
from detente.node.release.interface import Objection as Objection
from detente.node.release.labels import OwnLabel, outward
from detente.node.release.outgoing import Outgoing, passed
from detente.node.release.policy import STOP, WHOLE, Policy, Rule, Template
from detente.node.release.quorum import Tally

KINDS: Mapping[str, type[Said | Told]] = {"said": Said, "told": Told}
HEAD = {"agreement": "0" * 64, "author": "x", "origin": "desk/check", "time": 0, "salt": "0" * 32, "label": "check"}
_NOTICE = Kind(
    "notice",
    False,
    {"operation": Field("operation", "code"), "place": Field("place", "area"), "window": Field("window", "span"),
     "remark": Field("remark", "text", True)},
)  # fmt: skip


class Draft(NamedTuple):
    """What somebody wants said to one audience. `fields`: its own fields as they travel; `name`: the draft's, "" for none."""

    kind: str
    fields: Mapping[str, Any]
    audience: str
    label: OwnLabel | None = None
    name: str = ""
    follows: bool = False
    """Whether it goes out with another one, whose quorum covers it: a nominator's own consent (05-resolutions 19)."""

    @property
    def statement(self) -> str:
        """The name by which a policy knows it: the agreement's, or the kind's."""
        return str(self.fields.get("name", "")) if self.kind in KINDS else self.kind

    @property
    def inner(self) -> Mapping[str, Any]:
        """The fields an agreement defines, or the kind's own."""
        inner = self.fields.get("fields") if self.kind in KINDS else self.fields
        return inner if isinstance(inner, Mapping) else {}


class Waits(LocalError):
    """Not refused: it waits for approvals. `tally` says whose."""

    def __init__(self, what: str, tally: Tally) -> None:
        super().__init__("approvals-missing", what, where="step approvals")
        self.tally = tally


class Paper(msgspec.Struct, frozen=True, gc=False):
    """A draft on its way. Each step fills in what it decides; `remarks` are for own eyes."""

    draft: Draft
    now: int
    standing: str = ""
    label: Label | None = None
    rule: Rule | None = None
    template: Template = Template(WHOLE)
    approval: str = ""
    approved: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    changed: bool = False


@dataclass
class Desk:
    """What the steps ask: the policy, the schema, own approvals, and what is put in for coarsening and guarding."""

    policy: Policy
    agreement: Callable[[], Agreement | None]
    schema: Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
    approvals: Callable[[Paper], tuple[Tally | None, str]]
    """The tally of a draft under its rule's quorum, and what goes into `approval` once it is met."""
    coarsen: Coarsen | None = None
    guard: Guard | None = None


class Step(Protocol):
    """One step: gives the paper on, or raises LocalError / GivenError. Waits, if it only waits."""

    def __call__(self, desk: Desk, paper: Paper, /) -> Paper: ...


def schema(desk: Desk, paper: Paper) -> Paper:
    """Every field of the kind and no other, each of its type."""
    draft = paper.draft
    fields = desk.schema(draft.kind, draft.fields)
    return replace(paper, draft=draft._replace(fields=fields), standing=desk.policy.stands(draft.statement))


def label(desk: Desk, paper: Paper) -> Paper:
    """The shared label that goes out in place of our own."""
    try:
        return replace(paper, label=outward(desk.policy.labels, paper.draft.label, paper.draft.audience))
    except LocalError as error:
        if paper.standing != STOP:
            raise
        return replace(
            paper, label=None, remarks=(*paper.remarks, f"{error.what}; a STOP goes out under the plain label")
        )


def policy(desk: Desk, paper: Paper) -> Paper:
    """The first rule that fits; what no rule names does not leave."""
    draft = paper.draft
    if paper.standing:
        return paper
    rule = desk.policy.rule_for(draft.statement, draft.audience, draft.inner, paper.now)
    if rule is None:
        what = (
            f"step policy: no rule of release policy {desk.policy.version} lets a {draft.statement} go to {draft.audience} "
            "(kind, audience, area and time are asked)"
        )
        raise LocalError("policy-silent", what, where="step policy")
    return replace(paper, rule=rule, template=rule.templates[0])


def approvals(desk: Desk, paper: Paper) -> Paper:
    """Own agencies: met, still open, or failed."""
    if paper.rule is None or paper.rule.quorum is None or paper.draft.follows:
        return paper
    found, digest = desk.approvals(paper)
    if found is None:
        raise LocalError(
            "approvals-missing",
            f"step approvals: rule {paper.rule.name} asks agencies; put the draft forward first",
            where="step approvals",
        )
    if found.state == "met":
        template = next(each for each in paper.rule.templates if each.name == found.template)
        return replace(paper, template=template, approval=digest, approved=tuple(found.yes))
    if found.state == "failed":
        said = "; ".join(
            f"{', '.join(who)} {how}"
            for who, how in (
                (found.no, "said no"),
                (found.silent, "did not answer in time"),
                (found.unfulfilled, "set a condition that is not fulfilled"),
                (found.abstained, "abstained"),
            )
            if who
        )
        what = f"step approvals: rule {paper.rule.name} needs {found.needed} and has {len(found.yes)}: {said}"
        raise LocalError("approvals-failed", what, where="step approvals")
    whom = ", ".join((*found.waiting, *(f"{each} (condition)" for each in found.unfulfilled)))
    raise Waits(
        f"step approvals: rule {paper.rule.name} needs {found.needed} and has {len(found.yes)}; waiting for {whom}",
        found,
    )


def coarsen(desk: Desk, paper: Paper) -> Paper:
    """The template's form: what is withheld is as if it had never been there, the rest as coarse as it says."""
    draft, rule, template = paper.draft, paper.rule, paper.template
    if rule is None:
        return paper
    inner = draft.inner
    kept = {name for name in inner if name not in template.withhold and (rule.fields is None or name in rule.fields)}
    fields = dict(draft.fields)
    if len(kept) != len(inner):
        left = {name: inner[name] for name in inner if name in kept}
        fields = {**fields, "fields": left} if draft.kind in KINDS else left
    changed = len(kept) != len(inner)
    if template.levels:
        agreement = desk.agreement()
        if draft.kind not in KINDS or agreement is None or desk.coarsen is None:
            what = f"step coarsen: rule {rule.name} asks for a coarser {draft.statement}, which is for the agreement's own kinds only"
            raise LocalError("policy-silent", what, where="step coarsen")
        value = msgspec.convert({"type": draft.kind, **HEAD, **fields}, KINDS[draft.kind])
        coarse = desk.coarsen(agreement.kinds[value.name], value.fields, template.levels)
        whole = msgspec.convert({"type": draft.kind, **HEAD, **draft.fields}, KINDS[draft.kind])
        kept_back = [each for name, each in whole.fields.items() if name not in kept]
        no_digits_of(agreement.kinds[value.name], coarse, kept_back)
        fields["fields"] = {name: msgspec.to_builtins(each) for name, each in coarse.items()}
        _coarsen_head(fields, template.levels.time)
        changed = True
    return replace(paper, draft=draft._replace(fields=fields), changed=changed)


def _coarsen_head(fields: dict[str, Any], slot: int) -> None:
    """The times a statement states beside its fields, in slots; a later one by the length alone (coarsen, rule 1)."""
    for first, last in (("from", "until"), ("first", "last")) if slot else ():
        start, end = fields.get(first), fields.get(last)
        if isinstance(start, int) and isinstance(end, int):
            fields[first], fields[last] = coarse_span(start, end, slot)
        elif isinstance(start, int):
            fields[first] = coarse_instant(start, slot)
        elif isinstance(end, int):
            fields[last] = coarse_instant(end, slot) + slot


def revalidate(desk: Desk, paper: Paper) -> Paper:
    """What has become of it must still be a statement of its kind."""
    if not paper.changed:
        return paper
    try:
        fields = desk.schema(paper.draft.kind, paper.draft.fields)
    except GivenError as error:
        name = paper.rule.name if paper.rule else ""
        what = f"step re-validate: as rule {name} has it, it is no {paper.draft.statement} any more: {error.what}"
        raise LocalError("policy-silent", what, where="step re-validate") from error
    return replace(paper, draft=paper.draft._replace(fields=fields))


def guard(desk: Desk, paper: Paper) -> Paper:
    """Nothing from which the place of something of our own follows. A STOP is looked at and goes."""
    if desk.guard is None:
        return paper
    try:
        found = _objection(desk.guard, paper, desk.agreement)
    except Exception as error:  # a fault of the guard holds back everything but a STOP
        if paper.standing != STOP:
            raise
        return replace(
            paper,
            remarks=(*paper.remarks, f"step guard: {type(error).__name__}: {error}; a STOP goes out all the same"),
        )
    if found is None:
        return paper
    words = f"step guard: {found.rule}: {found.what}; {found.remedy}"
    if paper.standing == STOP:
        return replace(paper, remarks=(*paper.remarks, f"{words}; a STOP goes out all the same"))
    raise LocalError("own-position", words, where="step guard")


def _objection(guard: Guard, paper: Paper, agreement: Callable[[], Agreement | None]) -> Objection | None:
    """What the guard has against it; its meaning is read only if the guard looks for anything."""
    if not guard.asks():
        return None
    kind, fields = meaning(paper.draft, agreement())
    return None if kind is None else guard.objection(kind, fields, paper.draft.audience, paper.now)


STEPS: tuple[tuple[str, Step], ...] = (
    ("schema", schema), ("label", label), ("policy", policy), ("approvals", approvals), ("coarsen", coarsen),
    ("re-validate", revalidate), ("guard", guard),
)  # fmt: skip
"""In order; then the ledger, and with it sending."""


class Passed(NamedTuple):
    """What came out, and the paper it was on."""

    outgoing: Outgoing
    paper: Paper


def run(desk: Desk, draft: Draft, now: int, random: Callable[[int], bytes]) -> Passed:
    """The whole pipeline; the step that refuses raises. `random` fills `approval` where nobody was asked."""
    paper = through(desk, draft, now)
    digest = paper.approval or random(32).hex()
    outgoing = passed(draft.audience, draft.kind, paper.draft.fields, paper.label, digest)
    return Passed(outgoing, paper)


def through(desk: Desk, draft: Draft, now: int, last: str = "guard") -> Paper:
    """The paper after step `last`."""
    paper = Paper(draft, now)
    for name, step in STEPS:
        paper = step(desk, paper)
        if name == last:
            break
    return paper


def forms(desk: Desk, paper: Paper) -> list[tuple[str, str]]:
    """Each template of the paper's rule with the exact fields that would leave, as canonical JSON. Before approvals."""
    assert paper.rule is not None  # noqa: S101 - asked of papers that a rule has let through
    found: list[tuple[str, str]] = []
    for template in paper.rule.templates:
        made = revalidate(desk, coarsen(desk, replace(paper, template=template)))
        found.append((template.name, canon.encode(dict(made.draft.fields)).decode()))
    return found


def meaning(draft: Draft, agreement: Agreement | None) -> tuple[Kind | None, dict[str, Value]]:
    """The form and the values of what a draft says, for those who look at its meaning; None where it has none to look at."""
    if draft.kind == "notice":
        try:
            notice = msgspec.convert({"type": "notice", **HEAD, **draft.fields}, Notice)
        except msgspec.ValidationError as error:
            raise GivenError("bad-field", str(error), where="notice") from error
        place = Circle(coordinates=(notice.place.lon, notice.place.lat), radius=notice.place.radius)
        window = Period(start=notice.window.start, end=notice.window.end)
        values: dict[str, Value] = {"operation": notice.operation, "place": place, "window": window}
        return _NOTICE, values | ({"remark": notice.remark} if notice.remark else {})
    if draft.kind not in KINDS or agreement is None:
        return None, {}
    value = msgspec.convert({"type": draft.kind, **HEAD, **draft.fields}, KINDS[draft.kind])
    return agreement.kinds.get(value.name), dict(value.fields)
