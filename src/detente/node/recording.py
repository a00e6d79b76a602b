"""The judge's record from a node's logs: what was said under the agreement, when each receiver signed for it, how far
each log is known.

Two nodes that hold the same entries and signatures make the same acts. The same words of one author to several audiences
are one act (node/groups.py), and each audience's receipt stands beside the others. Nobody corrects or takes back but what
it told itself; what one side tells `about` another's account is an account of the same act. A statement that does not fit
the agreement's schema, or does not count, is no act; it is named in `misfits`, and what it may have meant to protect is
not taken for unsaid (node/misfits.py). Signatures of the agreement are acts `signature` where the
agreement defines that statement. Source: 21-language-reference 4, 11; 05-resolutions 1, 12.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from detente.agreement.form import Agreement
from detente.agreement.history import NEVER
from detente.agreement.record import Account, Act, Interval, Record
from detente.agreement.saying import act_of, check, check_told, event_of
from detente.errors import GivenError
from detente.model.said import Said, Told
from detente.model.statement import Participation, Signature, Statement, decode_statement
from detente.model.terms import Terms
from detente.node import timing
from detente.node.groups import Group, Place, grouped, replaces
from detente.node.misfits import Doubts, Misfit, read_entry
from detente.node.ports import HEAD_MIRROR, SharedStore, StatementRow
from detente.proof.checkpoint import parse_checkpoint
from detente.proof.envelope import parse_envelope

KINDS = ("said", "told", "signature", "participation")


@dataclass
class _Log:
    author: str
    audience: str
    read: int = 0
    said: list[tuple[StatementRow, Statement]] = field(default_factory=list)
    receipts: dict[int, Interval] = field(default_factory=dict)


class Recording:
    """Acts of the logs that this node holds, read further each time it is asked."""

    def __init__(
        self,
        agreement: Agreement,
        terms: Terms,
        store: SharedStore,
        me: str,
        only: Collection[str] | None = None,
        names: Collection[str] | None = None,
    ) -> None:
        """`only`: the logs between these participants, for findings that two of them compare (05-resolutions 25). Such
        findings are about these logs and nothing else: what others say in logs of their own is left out, not unknown.
        `names`: statements of these names alone, for a desk that looks at few of them often."""
        self._agreement = agreement
        self._terms = terms
        self._store = store
        self._me = me
        self._only = only
        self._names = names
        between = set(terms.participants if only is None else only)
        self._logs = {
            log.origin: _Log(log.sender, log.audience)
            for log in terms.logs.values()
            if {log.sender, log.audience} <= between
        }
        self._about: dict[str, str] = {}
        self.said_to: dict[str, frozenset[str]] = {}
        """Act to those it was said to, as the logs held here show, when the record was last read."""
        self._doubts = Doubts(agreement)
        self._misfits: dict[Misfit, tuple[Said | None, int]] = {}
        self._mended: set[tuple[str, str]] = set()

    @property
    def misfits(self) -> list[Misfit]:
        """What did not fit when the record was last read, and has not been said anew."""
        return [one for one in self._misfits if (one.origin, one.id) not in self._mended]

    def record(self, now: int) -> Record:
        """All acts as this node knows them, and how far it knows each log.

        A party knows its own log, and those that are kept towards it: to now, while the author's heartbeat is not overdue.
        One that is not a party hears only what is addressed to it: it knows no party's log. A log that the agreement speaks
        of and no log of the terms carries to us is not known at all; its silence proves nothing.
        """
        keepers = [*self._agreement.parties, *(c for c, o in self._agreement.others.items() if o.keeps_log)]
        heads = dict.fromkeys(keepers if self._only is None else self._only, NEVER)
        party = self._me in self._agreement.parties
        for origin, log in self._logs.items():
            if log.audience == self._me and (party or log.author not in self._agreement.parties):
                heads[log.author] = self._known_to(origin, now)
        heads[self._me] = now
        return Record(tuple(self.acts()), now, heads)

    def acts(self) -> list[Act]:
        """Acts in the order of the logs: those of one author as they stand in its log."""
        for origin, log in self._logs.items():
            self._read(origin, log)
        groups = grouped([Place(origin, *said) for origin, log in self._logs.items() for said in log.said])
        self.said_to = {g.id: frozenset(self._logs[place.origin].audience for place in g.places) for g in groups}
        by_id = {id: group for group in groups for id in (group.id, *(place.row.id for place in group.places))}
        made = (self._act(group, by_id) for group in groups)
        gathered = self._gathered({act.id: act for act in made if act is not None})
        return gathered + [act for one in self.misfits for act in self._meant(one)]

    def _gathered(self, acts: dict[str, Act]) -> list[Act]:
        """Accounts that stand beside another side's of the same event become accounts of that one act."""
        after = {act.replaces: act.id for act in acts.values() if act.replaces in acts}
        beside: dict[str, dict[str, Account]] = {}
        for identifier, about in self._about.items():
            root, seen = about, set[str]()
            while root in after and root not in seen:  # one that claims to correct itself leads nowhere
                seen.add(root)
                root = after[root]
            act, told = acts.get(root), acts.get(identifier)
            if act is None or told is None or act.kind != told.kind or act.log == told.log or root in self._about:
                continue
            del acts[identifier]
            if identifier not in after and not told.withdrawn:
                changes = {"by": told.by, "at": told.at, **told.fields}
                beside.setdefault(root, {act.log: Account(act.log, {})})[told.log] = Account(told.log, changes)
        return [
            replace(act, accounts=tuple(beside[act.id].values())) if act.id in beside else act for act in acts.values()
        ]

    def _read(self, origin: str, log: _Log) -> None:
        rows = {row.entry: row for row in self._store.statements("", origin, log.read)}
        note = None if log.author == self._me else self._store.head(origin, HEAD_MIRROR)
        end = max([parse_checkpoint(note).head.size if note else 0, *(entry + 1 for entry in rows)])
        for entry in range(log.read, end):
            row = rows.get(entry)
            if row is None:
                self._does_not_count(origin, entry)
            elif row.kind in KINDS:
                statement = self._statement(row)
                if self._names is not None and getattr(statement, "name", "") not in self._names:
                    continue
                if self._fits(origin, row, statement):
                    log.said.append((row, statement))
                    if statement.same_as:
                        self._mended.add((origin, statement.same_as))
        log.read = max(log.read, end)

    def _statement(self, row: StatementRow) -> Statement:
        (data,) = self._store.entries(row.origin, row.entry, row.entry + 1)
        return decode_statement(parse_envelope(data).payload, row.kind)

    def _fits(self, origin: str, row: StatementRow, statement: Statement) -> bool:
        try:
            if isinstance(statement, Said):
                check(self._agreement, statement)
            elif isinstance(statement, Told):
                check_told(self._agreement, statement)
            else:
                return row.kind in self._agreement.kinds
        except GivenError as error:
            said = statement if isinstance(statement, Said) else None
            doubts = self._doubts.kinds(said) if said else ()
            self._misfit(Misfit(origin, row.entry, str(error), row.id, doubts), said, row.received)
            return False
        return True

    def _does_not_count(self, origin: str, entry: int) -> None:
        """An entry of a peer's that was refused by name: what cannot be read may have been a STOP."""
        found = read_entry(self._store.entries(origin, entry, entry + 1)[0])
        if found is None or self._store.known([found.id]):
            return
        if doubts := self._doubts.kinds(found.said):
            what = "it does not count: refused when it was read (`detente refusals`)"
            held = self._store.receipt_over(origin, entry, timing.MIRROR)
            self._misfit(Misfit(origin, entry, what, found.id, doubts), found.said, held.held if held else 0)

    def _misfit(self, misfit: Misfit, said: Said | None, received: int = 0) -> None:
        self._misfits.setdefault(misfit, (said, received))

    def _meant(self, misfit: Misfit) -> Iterator[Act]:
        """What it may have meant to protect, from its receipt on."""
        said, received = self._misfits[misfit]
        log, receipt = self._logs[misfit.origin], self._receipt(misfit.origin, misfit.entry)
        first = receipt.lo if receipt else received
        return self._doubts.acts(misfit, said, log.author, log.audience, first)

    def _act(self, group: Group, by_id: Mapping[str, Group]) -> Act | None:
        origin, row, statement = group.places[0]
        if isinstance(statement, Told):
            replaced = by_id.get(statement.replaces) if statement.replaces else None
            if replaced is not None and not replaces(group, replaced):
                replaced = None
            if statement.replaces and replaced is None:
                what = "it replaces no earlier account of its author; that one stands"
                self._misfit(Misfit(origin, row.entry, what, row.id), None)
                if statement.withdrawn:
                    return None
            if statement.about is not None:
                beside = by_id.get(statement.about)
                self._about[group.id] = beside.id if beside else statement.about
            told = event_of(self._agreement, statement, group.id, known_from=row.received)
            told = replace(told, replaces=replaced.id if replaced else "")
            return self._resolved(told, by_id)
        receipts = {}
        for place in group.places:
            received = self._receipt(place.origin, place.row.entry)
            if received is not None:
                receipts[self._logs[place.origin].audience] = received
        if isinstance(statement, Signature | Participation):
            if statement.terms != self._terms.digest:
                return None
            return Act(group.id, row.kind, frozenset({row.author}), None, receipts, {}, log=row.author, index=row.entry)
        assert isinstance(statement, Said)  # noqa: S101 - KINDS names no other
        ordering = self._ordering(row.author)
        index = next((place.row.entry for place in group.places if self._logs[place.origin].audience == ordering), -1)
        said = act_of(self._agreement, statement, group.id, received=receipts, index=index, known_from=row.received)
        return self._resolved(said, by_id)

    def _resolved(self, act: Act, by_id: Mapping[str, Group]) -> Act:
        """Its fields that name an act by any of its copies name the act."""
        form = self._agreement.kinds[act.kind].fields
        named = {
            name: by_id[value].id
            for name, value in act.fields.items()
            if isinstance(value, str) and form[name].type == "act" and value in by_id
        }
        return replace(act, fields={**act.fields, **named}) if named else act

    def _ordering(self, author: str) -> str:
        """The audience whose log from this author orders its acts: us, or the first other party for our own."""
        parties = (party for party in self._terms.parties() if party != author)
        return next(parties, "") if author == self._me else self._me

    def _receipt(self, origin: str, entry: int) -> Interval | None:
        log = self._logs[origin]
        known = log.receipts.get(entry)
        if known is None:
            line = self._store.receipt_over(origin, entry, timing.MIRROR)
            if line is None:
                return None
            span = timing.span(line.time_s, self._terms.clock_error)
            assert span.lo is not None and span.hi is not None  # noqa: S101, PT018 - a signature has both bounds
            known = log.receipts[entry] = Interval(span.lo, span.hi)
        return known

    def _known_to(self, origin: str, now: int) -> int:
        """Now, or when we last signed for a head, if the author's heartbeat is overdue: silence is not absence."""
        line = self._store.newest_receipt(origin, timing.MIRROR)
        last = line.time_s * 1000 if line else 0
        return now if now - last <= self._terms.heartbeat + self._terms.receipt_due else min(last, now)
