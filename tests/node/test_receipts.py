"""Receipts: which lines are kept, which are refused, and that one rule serves mirrors and cosigners, us and them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import RemoteError
from detente.node import timing
from detente.node.copies import LapseError
from detente.node.ports import StoredReceipt
from detente.node.receipts import ReceiptBook
from detente.proof.checkpoint import Checkpoint, Head, cosign, parse_checkpoint, sign_checkpoint
from detente.proof.keys import TYPE_COSIGNATURE, SoftSigner, VerifierKey
from detente.proof.lapse import check_lapse, read_lapse
from tests.sim.world import MINUTE, NOTICE, T0, MemoryStore, World, seed

DELTA = 30_000
LOG = "demo/test/us/to-ru"
S0 = T0 // 1000
MIRROR, OLD, OTHER = (SoftSigner(seed("receipts", name)) for name in ("mirror", "old mirror", "other"))
NAME = "demo/test/ru/mirror"


def key(signer: SoftSigner, name: str = NAME) -> VerifierKey:
    return VerifierKey(name, TYPE_COSIGNATURE, signer.public)


def head(size: int) -> Checkpoint:
    return sign_checkpoint(Head(LOG, size, bytes([size % 256]) * 32), [OTHER])


def line(size: int, second: int, signer: SoftSigner = MIRROR, name: str = NAME) -> object:
    return cosign(head(size).head, name, signer, second)


def add(
    book: ReceiptBook, size: int, second: int, signer: SoftSigner = MIRROR, *, now: int = -1, **options: bool
) -> None:
    lines = [cosign(head(size).head, NAME, signer, second)]
    keys = [key(MIRROR), key(OLD)]
    book.add(head(size), lines, timing.MIRROR, keys, second * 1000 if now < 0 else now, **options)


@pytest.fixture
def book() -> ReceiptBook:
    return ReceiptBook(LOG, MemoryStore(), DELTA)


def refused(book: ReceiptBook, code: str, *arguments: int, **options: int | bool) -> None:
    before = book.all()
    with pytest.raises(RemoteError) as error:
        add(book, *arguments, **options)  # type: ignore[arg-type]
    assert error.value.code == code
    assert book.all() == before, "nothing of a refused answer is kept"


def test_the_clock_error_on_both_sides(book: ReceiptBook) -> None:
    """A line of second s was made in [s, s + 1 s): it may lie δ ahead of our clock, or δ and that second behind."""
    refused(book, "receipt-time-off", 5, S0 + 31, now=T0)
    add(book, 5, S0 + 30, now=T0)
    refused(book, "receipt-time-off", 6, S0, now=T0 + DELTA + 1_001)
    book = ReceiptBook(LOG, MemoryStore(), DELTA)
    add(book, 6, S0, now=T0 + DELTA + 1_000)
    add(book, 7, S0 + 1, now=T0 + 40 * MINUTE, late=True)
    refused(book, "receipt-time-off", 8, S0 + 31, now=T0, late=True)


def test_size_and_time_of_a_signer_never_fall(book: ReceiptBook) -> None:
    add(book, 5, S0)
    add(book, 5, S0 + 10)
    add(book, 6, S0 + 10)
    refused(book, "receipt-time-backward", 7, S0 + 9)
    refused(book, "receipt-time-backward", 4, S0 + 1)
    add(book, 4, S0 - 1)
    add(book, 5, S0 + 5)
    assert book.signed_for() == 6
    assert book.last_second() == S0 + 10


def test_going_back_leaves_evidence_that_anyone_can_check(book: ReceiptBook) -> None:
    add(book, 9, S0)
    with pytest.raises(LapseError) as caught:
        add(book, 4, S0 + 5)
    earlier, later = check_lapse(read_lapse(caught.value.data))
    assert (earlier.head.size, later.head.size, earlier.key) == (9, 4, key(MIRROR))
    # the same two lines, told in the other order
    other = ReceiptBook(LOG, MemoryStore(), DELTA)
    add(other, 4, S0 + 5)
    with pytest.raises(LapseError) as again:
        add(other, 9, S0)
    assert read_lapse(again.value.data) == read_lapse(caught.value.data)
    # by another key of the same name it is refused, and convicts no key
    with pytest.raises(RemoteError) as changed:
        add(other, 9, S0, OLD)
    assert not isinstance(changed.value, LapseError)
    assert changed.value.code == "receipt-time-backward"


def test_evidence_is_for_one_key_one_log_and_a_fall_only() -> None:
    one, two = head(9), head(4)

    def evidence(a: tuple[Checkpoint, int], b: tuple[Checkpoint, int], by: VerifierKey = key(MIRROR)) -> None:  # noqa: B008
        notes = [c.with_lines([cosign(c.head, NAME, MIRROR, second)]) for c, second in (a, b)]
        check_lapse(read_lapse(lapse_file(by, *notes)))

    evidence((one, S0), (two, S0 + 1))
    other_log = sign_checkpoint(Head("demo/test/us/to-un", 4, b"\x00" * 32), [OTHER])
    for arguments in (
        ((one, S0), (two, S0)),
        ((one, S0 + 1), (two, S0)),
        ((two, S0), (one, S0 + 1)),
        ((one, S0), (one, S0 + 1)),
        ((one, S0), (other_log, S0 + 1)),
    ):
        with pytest.raises(RemoteError) as nothing:
            evidence(*arguments)
        assert nothing.value.code == "proof-invalid"
    with pytest.raises(RemoteError) as stranger:
        evidence((one, S0), (two, S0 + 1), key(OLD))
    assert stranger.value.code == "proof-invalid"
    with pytest.raises(RemoteError) as unreadable:
        check_lapse(
            read_lapse(lapse_file(key(MIRROR), one, two).replace(b"+04", b"+05").replace(b"mirror+", b"mirror"))
        )
    assert unreadable.value.code in ("proof-invalid", "json-not-canonical")


def lapse_file(by: VerifierKey, earlier: Checkpoint, later: Checkpoint) -> bytes:
    from detente.proof.lapse import make_lapse

    return make_lapse(by, earlier, later).encode()


def test_lines_of_strangers_are_passed_over_and_one_that_counts_is_enough(book: ReceiptBook) -> None:
    target = head(5)
    stranger = cosign(target.head, "demo/test/un/cosigner", OTHER, S0)
    same_name = cosign(target.head, NAME, OTHER, S0)
    good = cosign(target.head, NAME, MIRROR, S0)
    with pytest.raises(RemoteError) as wrong:
        book.add(target, [stranger, same_name], timing.MIRROR, [key(MIRROR)], T0)
    assert wrong.value.code == "receipt-wrong-role"
    kept = book.add(target, [stranger, same_name, good], timing.MIRROR, [key(MIRROR)], T0)
    assert [c.key for c in kept] == [key(MIRROR)]
    both = [good, cosign(target.head, NAME, OLD, S0)]
    assert len(book.add(target, both, timing.MIRROR, [key(MIRROR), key(OLD)], T0)) == 2, "at a change of keys"
    for bad in (good._replace(value=good.value[:-1]), good._replace(value=good.value[:-1] + b"\x00")):
        with pytest.raises(RemoteError) as broken:
            book.add(target, [bad], timing.MIRROR, [key(MIRROR)], T0)
        assert broken.value.code == "bad-signature"


ROWS = st.lists(
    st.builds(
        lambda role, name, size, second: StoredReceipt(LOG, size, name, name, role, second, b"", 0),
        st.sampled_from([timing.MIRROR, timing.COSIGNER]),
        st.sampled_from("abc"),
        st.integers(1, 6),
        st.integers(0, 20),
    ),
    max_size=12,
)


@given(ROWS, st.integers(0, 6), st.integers(1, 4))
def test_times_say_what_the_rule_says(rows: list[StoredReceipt], index: int, needed: int) -> None:
    """Against the rule written plainly: the earliest mirror line; the k-th cosigner when each is ordered by its first."""
    over = [r for r in rows if r.size > index]
    mirrors = [r.time_s for r in over if r.role == timing.MIRROR]
    permission = timing.permission_time(rows, index, DELTA)
    assert permission == (timing.span(min(mirrors), DELTA) if mirrors else None)
    firsts = sorted(
        min(r.time_s for r in over if r.name == n and r.role == timing.COSIGNER)
        for n in {r.name for r in over if r.role == timing.COSIGNER}
    )
    neutral = firsts[needed - 1] if len(firsts) >= needed else None
    assert timing.quorum_second(rows, index, needed) == neutral
    both = [*mirrors, *([neutral] if neutral is not None else [])]
    assert timing.duty_time(rows, index, DELTA, needed) == (timing.span(min(both), DELTA) if both else None)


@given(ROWS, ROWS, st.integers(0, 6), st.integers(1, 3))
def test_more_evidence_never_makes_a_time_later(
    rows: list[StoredReceipt], more: list[StoredReceipt], index: int, needed: int
) -> None:
    """Nobody can push a time forward by adding lines; and silence never gives a permission."""
    for find in (
        lambda kept: timing.permission_time(kept, index, DELTA),
        lambda kept: timing.duty_time(kept, index, DELTA, needed),
    ):
        before, after = find(rows), find([*rows, *more])
        if before is not None:
            assert after is not None
            assert after <= before
    assert timing.permission_time([r for r in rows if r.role == timing.COSIGNER], index, DELTA) is None


def test_the_same_code_for_both_sides(world: World) -> None:
    """us and ru do the same things in the same order: their records have the same shape, whoever began."""

    def shape(code: str, peer: str, w: World) -> tuple[object, ...]:
        store, log, back = w.store(code), f"demo/test/{code}/to-{peer}", f"demo/test/{peer}/to-{code}"
        return (
            [(row.kind, row.entry) for row in store.statements("", log)],
            [(row.kind, row.entry) for row in store.statements("", back)],
            [(r.size, r.role, r.time_s) for r in store.receipts(log)],
            [r.code for r in w.refused(code)],
            w.house(code).duties.next_due(),
        )

    swapped = World()
    for w, order in ((world, ("us", "ru")), (swapped, ("ru", "us"))):
        for first, second in (order, order[::-1]):
            w.say(first, second, "notice", NOTICE)
        w.later(21 * MINUTE)
        w.cut(order[0])
        w.later(15 * MINUTE)
        w.restore(order[0])
        w.later(5 * MINUTE)
    # receipts of one second differ by who ticked first; sizes, roles and times are the same
    assert shape("us", "ru", world)[3] == shape("ru", "us", swapped)[3]
    assert shape("us", "ru", world)[4] == shape("ru", "us", swapped)[4]
    assert [k for k, _ in shape("us", "ru", world)[0]] == [k for k, _ in shape("ru", "us", swapped)[0]]  # type: ignore[attr-defined]


def test_a_receipt_on_paper_counts_like_one_on_the_wire(world: World) -> None:
    world.hold("us", "ru")
    placed = world.say("us", "ru", "notice", NOTICE)
    jobs = world.store("us").jobs(f"mirror {LOG} ru")
    replies = [world.request("us", "ru", job.path, job.body) for job in jobs]
    assert [reply.status for reply in replies] == [200, 200]
    shown = parse_checkpoint(world.request("us", "ru", "/mirror/sign-again", LOG.encode()).body)
    world.now += 40 * MINUTE
    with world.speaking("us") as house:
        house.take_receipt(shown.encode(), world.now)
    assert world.house("us").receipt(LOG, placed.entry)
    with pytest.raises(RemoteError) as foreign, world.speaking("us") as house:
        house.take_receipt(shown.encode().replace(b"to-ru", b"to-xx"), world.now)
    assert foreign.value.code == "wrong-origin"
