"""Confidentiality labels: a side's own, which stays at home, and the shared one that goes out in its place.

Both have the form of STANAG 5636 in JSON (policy, class, categories; creation and review for one's own). The policy file
says which own label becomes which shared one; a label it does not name does not leave. Informative categories (caveats)
decide nothing and never leave: the shared label is made anew from the policy file, not cut from the own one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from detente.errors import GivenError, LocalError
from detente.model.head import Category, Frozen, Label, Short

RELEASABLE = "Releasable To"


class OwnCategory(Frozen, frozen=True, kw_only=True):
    """`informative` categories are caveats; the others decide who may see it."""

    type: Literal["permissive", "restrictive", "informative"]
    name: Short
    values: Annotated[list[Short], Meta(min_length=1, max_length=32)]


class OwnLabel(Frozen, frozen=True, kw_only=True, rename={"class_": "class"}):
    """A label of one's own domain. `created`, `review`: instants as written, for own eyes."""

    policy: Short
    class_: Short
    categories: Annotated[list[OwnCategory], Meta(max_length=16)] = msgspec.field(default_factory=list)
    created: Short | None = None
    review: Short | None = None

    def deciding(self) -> frozenset[tuple[str, frozenset[str]]]:
        """The categories that decide who may see it."""
        return frozenset((each.name, frozenset(each.values)) for each in self.categories if each.type != "informative")


@dataclass(frozen=True)
class Shared:
    """A label of the shared domain, and to whom it may go (empty: to anyone)."""

    policy: str
    class_: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class Becomes:
    """An own label by policy, class and deciding categories, and the name of the shared one it becomes."""

    policy: str
    class_: str
    categories: frozenset[tuple[str, frozenset[str]]]
    shared: str


@dataclass(frozen=True)
class Labels:
    """What a release policy says of labels. `unlabelled`: the shared label of a draft that has none ("" the plain text)."""

    shared: dict[str, Shared]
    own: tuple[Becomes, ...]
    unlabelled: str = ""


def read_label(value: Any) -> OwnLabel:
    """An own label as given with a draft; GivenError (bad-field) names what is wrong."""
    try:
        return msgspec.convert(value, OwnLabel)
    except msgspec.ValidationError as error:
        raise GivenError("bad-field", str(error), where="label") from error


def outward(labels: Labels, own: OwnLabel | None, audience: str) -> Label | None:
    """The label that goes out to an audience, None for the plain one; LocalError (label-unmapped) if nothing may go."""
    if own is None:
        name = labels.unlabelled
        if not name:
            return None
    else:
        fitting = (each for each in labels.own if (each.policy, each.class_) == (own.policy, own.class_))
        name = next((each.shared for each in fitting if each.categories == own.deciding()), "")
        if not name:
            what = f"step label: the release policy maps no label {own.policy} {own.class_} with these categories"
            raise LocalError("label-unmapped", what, where="step label")
    shared = labels.shared[name]
    if shared.to and audience not in shared.to:
        what = f"step label: {name!r} goes to {', '.join(shared.to)}, not to {audience}"
        raise LocalError("label-unmapped", what, where="step label")
    categories = [Category(name=RELEASABLE, values=[audience])]
    return Label(policy=shared.policy, class_=shared.class_, categories=categories)
