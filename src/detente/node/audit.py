"""`detente verify` without its I/O: what does a folder or a file prove, offline, to somebody who trusts nobody?

A whole export is checked in this order, so that the first thing named is the cause and not what follows from it:

 1. agreement.yaml is the text the logs speak under, terms.yaml the terms signed in them (or the terms given)
 2. roots/: each is a first root document and the one the terms pin; no key serves two participants or roles
 3. logs/: each folder by the steps of audit_log, with keys, sender and agreement from 1 and 2
 4. each log's policies name only keys of the right participants, and ask for what the terms agree
 5. heads that one direction's statements name as seen are heads of the other direction's log (a remark if not: either
    the folder was cut or the statement is false)
 6. evidence/: each file proves what it says, against the log keys of 2 and 3

Without terms given from outside everything hangs on the digest of the terms in the folder: the verdict shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from detente.errors import DetenteError, GivenError
from detente.model.statement import sha256_hex
from detente.model.terms import Terms, read_terms
from detente.node.audit_bundle import is_bundle, verify_bundle
from detente.node.audit_files import is_evidence, is_proof, verify_evidence, verify_proof
from detente.node.audit_log import LogResult, opening, pin, read_log
from detente.node.audit_policy import GIVEN, RECEIPT, check_owners
from detente.node.audit_read import Pinned
from detente.node.verdict import Findings, Folder, Progress, Read, Verdict, counted, listed, short_name
from detente.proof.checkpoint import parse_checkpoint
from detente.proof.keys import VerifyMany, verify_each
from detente.proof.policy import Policy, parse_policy
from detente.proof.roots import KeyState, admit_together, digest_of, read_root

AGREEMENT = "agreement.yaml"
TERMS = "terms.yaml"


def verify_folder(
    read: Read,
    names: Collection[str],
    *,
    policy: Policy | None = None,
    terms: Terms | None = None,
    verify_many: VerifyMany = verify_each,
    progress: Progress = lambda done, total: None,
) -> Verdict:
    """Check an export, a log folder or a bundle, whichever it is. `names`: all its files, relative, with slashes.

    GivenError(file-unreadable) if it is none of them, GivenError(policy-invalid) if no policy is given or found.
    """
    folder = Folder(read, names)
    if TERMS in names or any(name.startswith("logs/") for name in names):
        return _Export(folder, policy, terms, verify_many, progress).verdict()
    if "checkpoint" in names or any(name.startswith("tile/") for name in names):
        return verify_log(folder, policy, terms, verify_many, progress)
    if is_bundle(names):
        return verify_bundle(folder, policy, terms, verify_many)
    raise GivenError(
        "file-unreadable", "neither an export (terms.yaml, logs/), a log folder (checkpoint, tile/) nor a bundle"
    )


def verify_log(
    folder: Folder, policy: Policy | None, terms: Terms | None, verify_many: VerifyMany, progress: Progress
) -> Verdict:
    """Check one log folder; terms, if given, pin its root and the log in the other direction."""
    pinned = Pinned()
    if terms is not None:
        pinned = _pinned(_origin(folder), terms, {}, "")
    result = read_log(folder, verify_many, policy=policy, pinned=pinned, progress=progress)
    if terms is not None and result.tree is not None:
        pin(result, terms)
    return result.found.verdict(result.line() if result.tree is not None else "")


def verify_file(data: bytes, where: str, *, policy: Policy | None = None, beside: bytes | None = None) -> Verdict:
    """Check a `.tlog-proof` or an evidence file. `beside`: the receipt policy of the folder the file lies in, if any."""
    own = parse_policy(beside, RECEIPT) if beside is not None and policy is None else None
    if is_evidence(data):
        return verify_evidence(data, policy, where)
    if not is_proof(data):
        raise GivenError("file-unreadable", "neither a .tlog-proof nor an evidence file", where=where)
    if policy is None and own is None:
        raise GivenError(
            "policy-invalid", "nothing says whose signatures count: give a policy with --policy", where=where
        )
    return verify_proof(data, policy or own or Policy(), where, GIVEN if policy else "the receipt-policy beside it")


def _origin(folder: Folder) -> str:
    try:
        return parse_checkpoint(folder.get("checkpoint")).head.origin
    except DetenteError:
        return ""


def _size(folder: Folder) -> int:
    try:
        return parse_checkpoint(folder.get("checkpoint")).head.size
    except DetenteError:
        return 0


def _pinned(origin: str, terms: Terms, roots: Mapping[str, KeyState], agreement: str) -> Pinned:
    log = terms.logs.get(origin)
    if log is None:
        return Pinned(agreement=agreement)
    other = terms.log_between(log.audience, log.sender)
    return Pinned(log.sender, other.origin if other else "", agreement, roots.get(log.sender))


class _Export:
    """The check of one export; steps as numbered in the module's words."""

    def __init__(
        self, folder: Folder, policy: Policy | None, terms: Terms | None, verify_many: VerifyMany, progress: Progress
    ) -> None:
        self.folder = folder
        self.policy = policy
        self.given = terms
        self.verify_many = verify_many
        self.causes, self.found = Findings(), Findings()
        self.terms = self._read_terms()
        self.roots = self._read_roots()
        self.folders = {
            n.split("/")[1]: folder.under(f"logs/{n.split('/')[1]}/")
            for n in sorted(folder.names)
            if n.count("/") > 1 and n.startswith("logs/")
        }
        agreement = self._read_agreement()
        self.results: dict[str, LogResult] = {}
        done, total = 0, sum(map(_size, self.folders.values()))
        for name, each in self.folders.items():
            pinned = _pinned(_origin(each), self.terms, self.roots, agreement) if self.terms else Pinned()
            before = done
            result = self._read_log(name, each, pinned, lambda n, _, before=before: progress(before + n, total))
            done += _size(each)
            if result is not None:
                self.results[result.origin] = result
        self.whole = {origin: result for origin, result in self.results.items() if result.tree is not None}
        self._check_terms()
        self._check_keys()
        self._check_seen()
        self.forks = self._check_evidence()
        known = (AGREEMENT, TERMS)
        others = [
            n
            for n in folder.names
            if n not in known
            and not n.startswith(("roots/", "evidence/"))
            and not (n.startswith("logs/") and n.count("/") > 1)
        ]
        self.found.remarks += listed([f"{name}: no part of the export, not checked" for name in sorted(others)])

    # reading

    def _read_terms(self) -> Terms | None:
        data = self.folder.read(TERMS)
        if data is None:
            self.causes.fail("terms-invalid", "is missing", TERMS)
            return None
        if self.given is not None and self.given.digest != sha256_hex(data):
            what = f"digest {sha256_hex(data)[:12]}, the terms given have {self.given.digest[:12]}"
            self.causes.fail("agreement-differs", what, TERMS)
        try:
            return read_terms(data, TERMS)
        except DetenteError as error:
            self.causes.fail_as(error, TERMS)
            return None

    def _read_agreement(self) -> str:
        data = self.folder.read(AGREEMENT)
        digest = sha256_hex(data or b"")
        openings = {name: opened for name, each in self.folders.items() if (opened := opening(each))}
        if data is None:
            self.causes.fail("agreement-differs", "is missing", AGREEMENT)
        elif openings and digest not in openings.values():
            named = ", ".join(sorted({opened[:12] for opened in openings.values()}))
            self.causes.fail("agreement-differs", f"digest {digest[:12]}; the logs speak under {named}", AGREEMENT)
        else:
            return digest
        return ""

    def _read_roots(self) -> dict[str, KeyState]:
        states: dict[str, KeyState] = {}
        for path in sorted(n for n in self.folder.names if n.startswith("roots/")):
            try:
                state = read_root(self.folder.get(path))
            except DetenteError as error:
                self.found.fail_as(error, path)
                continue
            if path != f"roots/{state.document.participant}.json":
                self.found.fail("root-invalid", f"it is the root of {state.document.participant}", path)
            states[state.document.participant] = state
        return states

    def _read_log(self, name: str, each: Folder, pinned: Pinned, progress: Progress) -> LogResult | None:
        try:
            result = read_log(each, self.verify_many, policy=self.policy, pinned=pinned, progress=progress)
        except GivenError as error:
            self.found.errors.append(error)
            return None
        self.found.add(result.found)
        result.found = self.found
        result.pinned = pinned.state is not None
        if result.checkpoint is None:
            return None
        if name not in (short_name(result.origin), result.origin.replace("/", "-")):
            self.found.fail("wrong-origin", f"this folder holds log {result.origin}", each.at("checkpoint"))
        if result.origin in self.results:
            self.found.fail("wrong-origin", f"a second folder of log {result.origin}", each.at("checkpoint"))
        return result

    # holding one against the other

    def _check_terms(self) -> None:
        if self.terms is None:
            return
        digest = sha256_hex(self.folder.get(TERMS))
        signed = [(r, a) for r in self.whole.values() if r.read for a in r.read.adopting]
        if signed and all(a.terms != digest for _, a in signed):
            result, first = signed[0]
            what = (
                f"digest {digest[:12]}; {short_name(result.origin)} entry {first.entry} signs terms {first.terms[:12]}"
            )
            self.causes.fail("agreement-differs", what, TERMS)
        elif not signed:
            self.found.remarks.append(f"{TERMS}: nobody signs it in these logs")
        for code, who in self.terms.participants.items():
            path = f"roots/{code}.json"
            held = digest_of(self.folder.get(path))
            if path not in self.folder.names:
                self.found.fail("root-invalid", "is missing", path)
            elif held != who.root:
                self.found.fail("root-invalid", f"digest {held[:12]}, the terms pin {who.root[:12]}", path)
        for result in self.whole.values():
            pin(result, self.terms)

    def _check_keys(self) -> None:
        states = dict(self.roots)
        for result in self.whole.values():
            state = result.read.reader.state if result.read else None
            if state is not None:
                known = states.get(state.document.participant)
                if known is None or state.document.version > known.document.version:
                    states[state.document.participant] = state
        try:
            admit_together(states.values())
        except DetenteError as error:
            self.found.errors.append(error.at("roots"))
        self.states = states
        if self.terms is None or self.policy is not None or not set(self.terms.participants) <= set(states):
            return
        for origin, result in self.whole.items():
            log = self.terms.logs.get(origin)
            if log is not None:
                receipts, cosigners = result.policies
                check_owners(result.folder, receipts, cosigners, log, self.terms, states, self.found)

    def _check_seen(self) -> None:
        for origin, result in self.whole.items():
            words: list[str] = []
            for named in result.read.seen if result.read else []:
                other = self.whole.get(named.origin)
                if other is None or other.tree is None:
                    continue
                place = f"{short_name(origin)} entry {named.entry} names a head of {named.size} of {short_name(named.origin)}"
                if named.size > other.size:
                    words.append(f"{place}, this folder holds {other.size}: it was cut, or the statement is false")
                elif other.tree.root(named.size).hex() != named.root:
                    words.append(f"{place} that is not of the history in this folder")
            self.found.remarks += listed(words)

    def _check_evidence(self) -> int:
        proved = 0
        keys = Policy()
        for result in self.whole.values():
            for policy in result.policies:
                keys.logs |= policy.logs
                keys.witnesses |= {key.encode(): key for key in policy.witnesses.values()}
        for path in sorted(n for n in self.folder.names if n.startswith("evidence/")):
            verdict = verify_evidence(self.folder.get(path), keys, path)
            self.found.notes += verdict.details
            proved += verdict.ok
            if verdict.ok:
                self.found.remarks.append(f"{path}: {verdict.line}")
            else:
                self.found.errors.append(GivenError("proof-invalid", verdict.line, where=path))
        return proved
