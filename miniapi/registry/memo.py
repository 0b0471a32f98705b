"""What was encoded of objects, kept while they stay as they are: what was listed is listed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from miniapi.storage.interface import Stored

MEMO_BYTES = 16 << 20
"""How much a memo holds before it starts afresh."""


class Memo:
    """One encoding of a resource's objects, made once per object version."""

    def __init__(self, make: Callable[[Stored], bytes]) -> None:
        self._make = make
        self._known: dict[str, tuple[int, bytes]] = {}
        self._bytes = 0
        self._last: tuple[Sequence[Stored], Sequence[bytes]] = ((), ())
        """The page that was asked for last and its encodings: most often it is asked for again."""

    def all(self, page: Sequence[Stored]) -> Sequence[bytes]:
        """One encoding an object. Those of a page that is larger than the memo are not kept."""
        if page == self._last[0]:
            return self._last[1]
        known = self._known
        found = [known.get(stored.key) for stored in page]
        parts = [item[1] for item, stored in zip(found, page, strict=True) if item and item[0] == stored.mod_revision]
        if len(parts) == len(found):
            self._last = (page, parts)
            return parts
        parts.clear()
        fits: bool | None = None
        for stored in page:
            item = known.get(stored.key)
            if item is None or item[0] != stored.mod_revision:
                if fits is None:
                    fits = sum(len(other.value) for other in page) <= MEMO_BYTES
                item = self._remember(stored) if fits else (stored.mod_revision, self._make(stored))
            parts.append(item[1])
        return parts

    def one(self, stored: Stored) -> bytes:
        """As `all`, of one object."""
        item = self._known.get(stored.key)
        if item is None or item[0] != stored.mod_revision:
            item = self._remember(stored)
        return item[1]

    def _remember(self, stored: Stored) -> tuple[int, bytes]:
        item = (stored.mod_revision, self._make(stored))
        if self._bytes > MEMO_BYTES:
            self._known.clear()
            self._bytes = 0
        replaced = self._known.get(stored.key)
        self._bytes += len(item[1]) - (len(replaced[1]) if replaced is not None else 0)
        self._known[stored.key] = item
        return item
