"""A stored object handed over within the process: its bytes stay the store's, and are decoded for whoever looks."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi.meta.objects import Object
from miniapi.registry.encoding import is_own
from miniapi.registry.resource import Versioned
from miniapi.storage.interface import Stored


class HeldStored:
    """A `wire.Held` over the store's own bytes."""

    __slots__ = ("_stored", "_versioned")

    def __init__(self, versioned: Versioned, stored: Stored) -> None:
        self._versioned, self._stored = versioned, stored

    @property
    def key(self) -> tuple[str, str]:
        """(namespace, name)."""
        resource = self._versioned.resource
        namespace, _, name = self._stored.key.removeprefix(resource.prefix).rpartition("/")
        return namespace, name

    @property
    def resource_version(self) -> str:
        """The revision that wrote it."""
        return str(self._stored.mod_revision)

    def object(self) -> Object:
        """Decoded, and remembered for a while: shared, never to be changed."""
        return self._versioned.shared(self._stored)

    def may_have(self, fields: Sequence[bytes]) -> bool:
        """Looked for in the bytes, where they are our own JSON."""
        value = self._stored.value
        return not is_own(value) or any(field in value for field in fields)
