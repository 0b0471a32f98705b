from __future__ import annotations

import pytest

from miniapi.registry import memo
from miniapi.registry.memo import Memo
from miniapi.storage.interface import Stored


def page(count: int, revision: int = 1) -> list[Stored]:
    return [Stored(f"k/{n}", b"x" * 10, revision, 1, 1) for n in range(count)]


def test_a_version_is_encoded_once_and_a_new_one_again() -> None:
    made: list[str] = []
    known = Memo(lambda stored: made.append(stored.key) or stored.value)  # type: ignore[func-returns-value]
    assert known.all(page(3)) == known.all(page(3)) == [b"x" * 10] * 3
    assert len(made) == 3
    known.one(page(1, revision=2)[0])
    assert len(made) == 4


def test_a_page_larger_than_the_memo_is_not_kept_and_does_not_drive_out_what_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memo, "MEMO_BYTES", 100)
    made: list[str] = []
    known = Memo(lambda stored: made.append(stored.key) or stored.value)  # type: ignore[func-returns-value]
    known.all(page(5))
    known.all(page(50))
    known.all(page(5))
    assert len(made) == 5 + 45
