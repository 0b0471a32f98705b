"""A resource's objects as protobuf has them, seen through one served version."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from miniapi.codec.builtin import PROTOBUF
from miniapi.codec.protobuf import metadata_item
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.registry.fanout import Frames
from miniapi.registry.memo import Memo
from miniapi.storage.interface import Stored

PARTIAL = "PartialObjectMetadata"
AT_ONCE = 200
"""Objects that are encoded without a pause: some 10 ms."""


class Messages:
    """Each object version is encoded once; an answer puts its items together. Raises EncodeError."""

    def __init__(self, gvk: GroupVersionKind, view: Callable[[Stored], Object]) -> None:
        # Of a kind without a message only metadata can be asked for.
        self._type = (gvk.api_version, gvk.kind) if PROTOBUF.knows(gvk) else ("meta.k8s.io/v1", PARTIAL)
        self._view = view
        self._items = Memo(self._item)
        self.frames = Frames(lambda event, stored: PROTOBUF.frame(event.decode(), self.encoded(stored)))

    def encoded(self, stored: Stored) -> bytes:
        """The object in its envelope."""
        return PROTOBUF.whole(*self._type, self._items.one(stored))

    def partial(self, stored: Stored, api_version: str) -> bytes:
        """The object's metadata in its envelope."""
        return PROTOBUF.whole(api_version, PARTIAL, metadata_item(self._items.one(stored)))

    async def collection(self, gvk: GroupVersionKind, meta: Object, page: Sequence[Stored]) -> bytes:
        """The objects as a list of the kind `gvk`."""
        return PROTOBUF.whole_list(gvk.api_version, gvk.kind, meta, await self._all(page))

    async def partials(self, api_version: str, meta: Object, page: Sequence[Stored]) -> bytes:
        """The objects' metadata as a list; not for v1beta1, whose list has other field numbers."""
        items = [metadata_item(item) for item in await self._all(page)]
        return PROTOBUF.whole_list(api_version, f"{PARTIAL}List", meta, items)

    async def _all(self, page: Sequence[Stored]) -> list[bytes]:
        """The objects' items; other requests have their turn while many are encoded for the first time."""
        items: list[bytes] = []
        for start in range(0, len(page), AT_ONCE):
            if start:
                await asyncio.sleep(0)
            items += self._items.all(page[start : start + AT_ONCE])
        return items

    def _item(self, stored: Stored) -> bytes:
        return PROTOBUF.item(*self._type, self._view(stored))
