"""Own writes in the order of the store's revisions, whatever order their answers come in."""

from __future__ import annotations

import random

from miniapi.storage.own_writes import OwnWrites


class Told(list[tuple[int, int]]):
    def __call__(self, revision: int, first: int) -> None:
        self.append((revision, first))


def test_answers_out_of_order_are_told_in_order() -> None:
    writes, told = OwnWrites(), Told()
    turns = [writes.begin() for _ in range(4)]
    for turn, revision in zip(turns, (3, 1, 4, 2), strict=True):
        writes.done(turn, revision, told)
    assert told == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert (writes.first, writes.last) == (1, 4)


def test_a_gap_is_somebody_elses_once_all_that_were_under_way_are_answered() -> None:
    writes, told = OwnWrites(), Told()
    writes.done(writes.begin(), 1, told)
    slow, quick = writes.begin(), writes.begin()
    writes.done(quick, 3, told)
    assert told == [(1, 1)], "revision 2 may still be the slow write's"
    later = writes.begin()
    writes.done(slow, 4, told)
    assert told[1:] == [(3, 3), (4, 3)], "whatever began after the answer has a later revision"
    writes.done(later, 5, told)
    assert told[-1] == (5, 3)


def test_a_write_that_failed_leaves_no_gap_open() -> None:
    writes, told = OwnWrites(), Told()
    refused, done = writes.begin(), writes.begin()
    writes.done(done, 2, told)
    assert told == []
    writes.fail(refused)
    assert told == [(2, 2)]


def test_a_store_that_was_set_back_begins_a_new_run() -> None:
    writes, told = OwnWrites(), Told()
    writes.done(writes.begin(), 1, told)
    writes.done(writes.begin(), 2, told)
    writes.done(writes.begin(), 1, told)
    assert told[-1] == (1, 1)
    assert (writes.first, writes.last) == (1, 1)


def test_no_run_ever_spans_somebody_elses_write() -> None:
    chance = random.Random(1)
    for _ in range(300):
        writes, told, revision = OwnWrites(), Told(), 0
        foreign: set[int] = set()
        under_way: list[int] = []
        answers: list[tuple[int, int]] = []
        own = 0
        for _ in range(60):
            step = chance.random()
            if step < 0.4:
                under_way.append(writes.begin())
            elif step < 0.5:
                revision += 1
                foreign.add(revision)
            elif step < 0.75 and under_way:
                revision += 1
                answers.append((under_way.pop(chance.randrange(len(under_way))), revision))
            elif step < 0.8 and under_way:
                writes.fail(under_way.pop(chance.randrange(len(under_way))))
            elif answers:
                own += 1
                writes.done(*answers.pop(chance.randrange(len(answers))), told)
        for turn in under_way:
            writes.fail(turn)
        for turn, at in answers:
            own += 1
            writes.done(turn, at, told)
        revisions = [at for at, _ in told]
        assert len(revisions) == own
        assert revisions == sorted(revisions)
        assert all(foreign.isdisjoint(range(first, at)) for at, first in told)
