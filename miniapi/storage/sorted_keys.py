"""Keys in order, cheap to insert into whatever their number: a list of short sorted lists."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from itertools import chain, islice

CHUNK_KEYS = 1_000
"""A chunk is split when it holds twice as many."""

Position = tuple[int, int]
"""A place between keys: chunk, and index in it."""


class SortedKeys:
    """Distinct strings in code point order, which is the order of their UTF-8 bytes."""

    __slots__ = ("_chunks", "_last")

    def __init__(self, keys: Sequence[str] = ()) -> None:
        """From keys that are sorted already."""
        self._chunks = [list(keys[i : i + CHUNK_KEYS]) for i in range(0, len(keys), CHUNK_KEYS)]
        self._last = [chunk[-1] for chunk in self._chunks]

    def add(self, key: str) -> None:
        """Inserts a key that is not there."""
        if not self._chunks:
            self._chunks.append([key])
            self._last.append(key)
            return
        at = bisect_left(self._last, key)
        if at == len(self._last):
            at -= 1
            self._chunks[at].append(key)
            self._last[at] = key
        else:
            insort(self._chunks[at], key)
        chunk = self._chunks[at]
        if len(chunk) >= 2 * CHUNK_KEYS:
            self._chunks[at : at + 1] = [chunk[:CHUNK_KEYS], chunk[CHUNK_KEYS:]]
            self._last.insert(at, chunk[CHUNK_KEYS - 1])

    def remove(self, key: str) -> None:
        """Takes out a key that is there."""
        at = bisect_left(self._last, key)
        chunk = self._chunks[at]
        del chunk[bisect_left(chunk, key)]
        if chunk:
            self._last[at] = chunk[-1]
        else:
            del self._chunks[at], self._last[at]

    def before(self, key: str) -> Position:
        """The place in front of the first key that is not less."""
        at = bisect_left(self._last, key)
        return (at, bisect_left(self._chunks[at], key)) if at < len(self._chunks) else (at, 0)

    def behind(self, key: str) -> Position:
        """The place in front of the first key that is greater."""
        at = bisect_right(self._last, key)
        return (at, bisect_right(self._chunks[at], key)) if at < len(self._chunks) else (at, 0)

    def end(self) -> Position:
        """The place behind all keys."""
        return len(self._chunks), 0

    def distance(self, start: Position, stop: Position) -> int:
        """How many keys lie between two places, 0 if they are the wrong way round."""
        if stop <= start:
            return 0
        return sum(map(len, self._chunks[start[0] : stop[0]])) - start[1] + stop[1]

    def walk(self, start: Position, count: int) -> Iterator[str]:
        """The keys from a place on, `count` of them."""
        at, offset = start
        if at >= len(self._chunks):
            return iter(())
        first = self._chunks[at][offset : offset + count]
        if len(first) == count:
            return iter(first)
        return islice(chain(first, chain.from_iterable(islice(self._chunks, at + 1, None))), count)


def prefix_end(prefix: str) -> str:
    """The least string above all that begin with the prefix, which must not be empty."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
