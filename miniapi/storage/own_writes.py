"""What this process wrote to a store that others write to as well, told in the order of the store's revisions.

The store numbers all its writes one by one. As long as the answers to our own writes leave no number out, nobody else
has written, and what they did is known before a watch brings it back.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

Tell = Callable[[int, int], None]
"""Called with a write's revision and the first revision of the unbroken run of own writes that it belongs to."""


class OwnWrites:
    """The writes to one store. `first` to `last` is the newest run of revisions that are all our own, and told."""

    __slots__ = ("_answered", "_begun", "_under_way", "first", "last")

    def __init__(self) -> None:
        self.first, self.last = 1, 0
        self._begun = 0
        self._under_way: dict[int, None] = {}
        """Turns of the writes without an answer, oldest first."""
        self._answered: list[tuple[int, int, int, Tell]] = []
        """A heap of (revision, turn, newest turn when it was answered, tell) of those that follow a gap."""

    def begin(self) -> int:
        """Before a write is sent; the turn goes back to `fail` or `done`."""
        self._begun += 1
        self._under_way[self._begun] = None
        return self._begun

    def fail(self, turn: int) -> None:
        """It was refused, or nobody knows. If it happened after all, it counts as somebody else's."""
        del self._under_way[turn]
        self._go_on()

    def done(self, turn: int, revision: int, tell: Tell) -> None:
        """It is the store's `revision`; told once all before it are known to be told, or not to be ours."""
        del self._under_way[turn]
        heappush(self._answered, (revision, turn, self._begun, tell))
        self._go_on()

    def _go_on(self) -> None:
        while self._answered:
            revision, _, newest, tell = self._answered[0]
            if revision != self.last + 1:
                # One of ours with a smaller revision was sent before this one was answered.
                oldest = next(iter(self._under_way), None)
                if oldest is not None and oldest <= newest:
                    return
                self.first = revision
            heappop(self._answered)
            self.last = revision
            tell(revision, self.first)
