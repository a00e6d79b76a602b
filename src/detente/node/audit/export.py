"""A whole export, offline: every log a node holds, held against the terms, the roots and each other.

The order is such that what is named first is the cause, not what follows from it:

 1. agreement.yaml is the text the logs speak under, terms.yaml the terms signed in them (or the terms given)
 2. roots/: each is a first root document, the one the terms pin; no key serves two participants or two roles
 3. logs/: each folder by the steps of `log`, with keys, sender and agreement from 1 and 2
 4. each log's policies name only keys of the right participants, and ask for what the terms ask for
 5. a head that a statement names as seen is a head of the log in the other direction (a remark if not: either this
    folder was cut or the statement is false)
 6. evidence/: each file proves what it says, under the keys of the log it accuses
 7. heads/: each is signed by its log, and by a cosigner where it says so (see `heads`)

Without terms given from outside everything hangs on the digest of terms.yaml, so the verdict shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from detente.errors import DetenteError, GivenError
from detente.model.statement import sha256_hex
from detente.model.terms import Terms, read_terms
from detente.node.audit.files import check_evidence
from detente.node.audit.heads import HEADS, check_heads
from detente.node.audit.log import LogResult, head_of, opening_agreement, pin, read_log
from detente.node.audit.policy import check_owners
from detente.node.audit.read import Adopting, Pinned
from detente.node.audit.verdict import Findings, Folder, Progress, Verdict, counted, listed, short_name
from detente.node.copies import log_keys_ever
from detente.proof.keys import TYPE_COSIGNATURE, VerifierKey, VerifyMany
from detente.proof.policy import Policy
from detente.proof.roots import KeyState, admit_together, read_root

AGREEMENT = "agreement.yaml"
TERMS = "terms.yaml"


def is_export(folder: Folder) -> bool:
    """Whether the folder is laid out as an export."""
    return TERMS in folder.names or any(name.startswith("logs/") for name in folder.names)


def pinned_by(terms: Terms, origin: str, roots: Mapping[str, KeyState], agreement: str) -> Pinned:
    """What terms and first roots say of a log."""
    log = terms.logs.get(origin)
    if log is None:
        return Pinned(agreement=agreement)
    other = terms.log_between(log.audience, log.sender)
    return Pinned(log.sender, other.origin if other else "", agreement, roots.get(log.sender))


def verify_export(
    folder: Folder, policy: Policy | None, terms: Terms | None, verify_many: VerifyMany, progress: Progress
) -> Verdict:
    """Check a whole export. A policy given replaces the folder's own; terms given must be the folder's."""
    check = _Export(folder, terms)
    agreement = check.read_agreement()
    done, total = 0, sum(head.size for each in check.folders.values() if (head := head_of(each)))
    for name, each in check.folders.items():
        shift = partial(_shifted, progress, done, total)
        check.read(name, each, agreement, partial(read_log, each, verify_many, policy=policy, progress=shift))
        head = head_of(each)
        done += head.size if head else 0
    check.check_terms()
    check.check_keys(policy is not None)
    check.check_seen()
    check.check_evidence()
    check.check_heads()
    return check.verdict()


def _shifted(progress: Progress, before: int, total: int, done: int, _size: int) -> None:
    progress(before + done, total)


class _Export:
    """What was found so far: of the two signed files, of the roots, of the rest. Told in this order."""

    def __init__(self, folder: Folder, given: Terms | None) -> None:
        self.folder = folder
        self.given = given
        self.causes, self.rooted, self.found = Findings(), Findings(), Findings()
        self.logs: dict[str, LogResult] = {}
        self.states: dict[str, KeyState] = {}
        self.unheld = 0
        self.proved = 0
        self.folders: dict[str, Folder] = {}
        for path in sorted(folder.names):
            top, _, rest = path.partition("/")
            if top == "logs" and "/" in rest:
                name = rest.partition("/")[0]
                self.folders.setdefault(name, folder.under(f"logs/{name}/"))
            elif path not in (AGREEMENT, TERMS) and (top not in ("roots", "evidence", HEADS) or not rest):
                self.found.remarks.append(f"{path}: no part of the export, not checked")
        if not self.folders:
            self.found.fail("tile-mismatch", "holds no log", "logs")
        self.terms = self._read_terms()
        self.roots = self._read_roots()

    def _read_terms(self) -> Terms | None:
        data = self.folder.read(TERMS)
        if data is None:
            self.causes.fail("terms-invalid", "is missing", TERMS)
            return None
        digest = sha256_hex(data)
        if self.given is not None and self.given.digest != digest:
            what = f"digest {digest[:12]}; the terms given have {self.given.digest[:12]}"
            self.causes.fail("agreement-differs", what, TERMS)
        try:
            return read_terms(data, TERMS)
        except DetenteError as error:
            self.causes.fail_as(error, TERMS)
            return None

    def read_agreement(self) -> str:
        """Digest of agreement.yaml if a log speaks under it; "" otherwise."""
        data = self.folder.read(AGREEMENT)
        if data is None:
            self.causes.fail("agreement-differs", "is missing", AGREEMENT)
            return ""
        digest = sha256_hex(data)
        spoken = {agreement for each in self.folders.values() if (agreement := opening_agreement(each))}
        if spoken and digest not in spoken:
            named = ", ".join(sorted(agreement[:12] for agreement in spoken))
            self.causes.fail("agreement-differs", f"digest {digest[:12]}; the logs speak under {named}", AGREEMENT)
            return ""
        return digest

    def _read_roots(self) -> dict[str, KeyState]:
        states: dict[str, KeyState] = {}
        for path in sorted(name for name in self.folder.names if name.startswith("roots/")):
            try:
                state = read_root(self.folder.get(path))
            except DetenteError as error:
                self.rooted.fail_as(error, path)
                continue
            code = state.document.participant
            pinned = self.terms.participants.get(code) if self.terms else None
            if path != f"roots/{code}.json":
                self.rooted.fail("root-invalid", f"it is the root of {code}", path)
            elif pinned is not None and pinned.root != state.digest:
                what = f"digest {state.digest[:12]}; the terms pin {pinned.root[:12]}"
                self.rooted.fail("root-invalid", what, path)
            else:
                states[code] = state
            if self.terms and pinned is None:
                self.found.remarks.append(f"{path}: {code} is no participant of the terms")
        for code in self.terms.participants if self.terms else {}:
            if f"roots/{code}.json" not in self.folder.names:
                self.rooted.fail("root-invalid", "is missing", f"roots/{code}.json")
        return states

    def read(self, name: str, each: Folder, agreement: str, reading: partial[LogResult]) -> None:
        """Read one log folder."""
        head = head_of(each)
        pinned = pinned_by(self.terms, head.origin, self.roots, agreement) if self.terms and head else Pinned()
        try:
            result = reading(pinned=pinned)
        except GivenError as error:
            self.found.errors.append(error)
            return
        self.found.add(result.found)
        result.found = Findings()
        result.pinned = pinned.state is not None
        if head is None or result.tree is None:
            return
        if name not in (short_name(head.origin), head.origin.replace("/", "-")):
            self.found.fail("wrong-origin", f"this folder holds log {head.origin}", each.at("checkpoint"))
        if head.origin in self.logs:
            self.found.fail("wrong-origin", f"a second folder of log {head.origin}", each.at("checkpoint"))
        self.logs[head.origin] = result

    def check_terms(self) -> None:
        """Step 1 and 3: is terms.yaml what was signed, and are the logs its own?"""
        if self.terms is None:
            return
        signed = [(result, each) for result in self.logs.values() for each in result.reading.adopting]
        if not signed:
            self.found.remarks.append(f"{TERMS}: nobody signs it in these logs")
        elif all(each.terms != self.terms.digest for _, each in signed):
            owners = self._owners()
            others = [(result, each) for result, each in signed if result.reading.sender not in owners]
            for result, each in others:  # what others sign is no proof against the file of this node
                self.found.remarks.append(f"{TERMS}: {self._signs(result, each)}, not these")
            for result, each in signed:
                if result.reading.sender in owners:
                    what = f"digest {self.terms.digest[:12]}; {self._signs(result, each)}"
                    self.causes.fail("agreement-differs", what, TERMS)
                    break
        for result in self.logs.values():
            pin(result, self.terms)
            self.found.add(result.found)

    @staticmethod
    def _signs(result: LogResult, each: Adopting) -> str:
        return f"{short_name(result.origin)} entry {each.entry} signs terms {each.terms[:12]}"

    def _owners(self) -> list[str]:
        """Whose export this is: the one participant that is sender or receiver of every log in it; two if only they are."""
        ends = [{log.sender, log.audience} for o in self.logs if self.terms and (log := self.terms.logs.get(o))]
        return [code for code in self.terms.participants if all(code in each for each in ends)] if self.terms else []

    def check_keys(self, given: bool) -> None:
        """Step 2 and 4: one key, one participant, one role; the folder's policies name nobody else."""
        self.states = dict(self.roots)
        for result in self.logs.values():
            state = result.reading.reader.state
            if state is None:
                continue
            code = state.document.participant
            known = self.states.setdefault(code, state)
            if state.document.version == known.document.version and state.digest != known.digest:
                what = (
                    f"{code} shows another root {state.document.version} in {short_name(result.origin)} than elsewhere"
                )
                self.found.remarks.append(what)
            if (state.document.version, len(state.revoked)) > (known.document.version, len(known.revoked)):
                self.states[code] = state
        try:
            admit_together(self.states.values())
        except DetenteError as error:
            self.found.fail_as(error, "roots")
        if self.terms is None or given or not set(self.terms.participants) <= set(self.states):
            return
        for origin, result in self.logs.items():
            log = self.terms.logs.get(origin)
            if log is not None:
                receipts, cosigners = result.policies
                check_owners(result.folder, receipts, cosigners, log, self.terms, self.states, self.found)

    def check_seen(self) -> None:
        """Step 5."""
        words: list[str] = []
        for origin, result in self.logs.items():
            for named in result.reading.seen:
                other = self.logs.get(named.origin)
                if other is None or other.tree is None:
                    continue
                where = f"{short_name(origin)} entry {named.entry}"
                place = f"{where} names a head of {short_name(named.origin)} at {named.size}"
                if named.size > other.size:
                    words.append(f"{place}; this folder holds {other.size}: it was cut, or the statement is false")
                elif other.tree.root(named.size).hex() != named.root:
                    words.append(f"{place} which is not of the history in this folder")
        self.unheld = len(words)
        self.found.remarks += listed(words)

    def check_evidence(self) -> None:
        """Step 6. Keys replaced or revoked since count too: a breach is not undone by a later revocation."""
        keys = Policy()
        for origin, log in (self.terms.logs if self.terms else {}).items():
            if log.sender in self.states:
                keys.logs[origin] = log_keys_ever(self.states[log.sender], origin)
        for state in self.states.values():
            for public, (_, role) in state.roles_ever.items():
                if role in ("mirror", "cosigner"):
                    key = VerifierKey(f"{state.document.name}/{role}", TYPE_COSIGNATURE, public)
                    keys.witnesses[key.encode()] = key
        for path in sorted(name for name in self.folder.names if name.startswith("evidence/")):
            line = check_evidence(self.folder.get(path), keys, path, self.found)
            if line:
                self.proved += 1
                self.found.remarks.append(f"{path}: {line}")

    def check_heads(self) -> None:
        """Step 7."""
        if self.terms is not None:
            trees = {origin: result.tree for origin, result in self.logs.items() if result.tree is not None}
            check_heads(self.folder, self.terms, self.states, trees, self.found)

    def verdict(self) -> Verdict:
        """One line for the whole folder; each log's own line among the details."""
        self.causes.add(self.rooted)
        self.causes.add(self.found)
        if self.causes.errors or self.terms is None:
            return self.causes.verdict("")
        logs, owners = list(self.logs.values()), self._owners()
        size, counting = sum(r.size for r in logs), sum(len(r.reading.ids) for r in logs)
        refused = sum(len(r.reading.refused) for r in logs)
        late = [f"the last {r.size - r.covered} of {short_name(r.origin)}" for r in logs if r.covered < r.size]
        signed = "all signed as the policy given asks" if logs[0].given else "all signed for by their receivers"
        line = (
            f"export{f' of {owners[0]}' if len(owners) == 1 else ''}: {len(logs)} of the terms' {len(self.terms.logs)} "
            f"logs, {counted(size, 'entry', 'entries')}, {counted(counting, 'statement counts', 'statements count')}"
            f"{f', {refused} refused' if refused else ''}, {signed}{' but ' if late else ''}{' and '.join(late)}, "
            f"nothing changed or left out below their heads"
        )
        if self.unheld:
            line += (
                f"; {counted(self.unheld, 'statement names a head', 'statements name heads')} this folder does not hold"
            )
        if self.proved:
            line += f"; {counted(self.proved, 'breach', 'breaches')} proved in evidence/"
        line += f" (terms {self.terms.digest[:12]}{', as given' if self.given else ': compare this digest'})"
        self.causes.notes = [*(r.line() for r in logs), *self.causes.notes]
        return self.causes.verdict(line)
