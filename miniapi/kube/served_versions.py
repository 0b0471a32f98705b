"""A kind as its other served versions have it: managed fields are told in the version that set them."""

from __future__ import annotations

from dataclasses import dataclass

from miniapi.kinds.catalog import Catalog
from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import parse_api_version
from miniapi.meta.objects import Object, copy
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.schema.model import Schema


@dataclass(frozen=True, slots=True)
class ServedVersions:
    """What lies below the same keys; LookupError for a version in which the kind is not served."""

    catalog: Catalog
    schemas: BuiltinSchemas
    kind: Kind

    def schema(self, api_version: str) -> Schema | None:
        """The kind's schema in a version."""
        return self.schemas.schema(self._kind(api_version).gvk)

    def convert(self, obj: Object, api_version: str) -> Object:
        """The object in another version; itself where it is in that one, or says none."""
        given = obj.get("apiVersion")
        if given is None or given == api_version:
            return obj
        source, target = self._kind(given), self._kind(api_version)
        stored = source.to_storage(copy(obj)) if source.to_storage else obj
        shown = target.from_storage(copy(stored)) if target.from_storage else stored
        return {**shown, "apiVersion": api_version}

    def _kind(self, api_version: str) -> Kind:
        try:
            group, version = parse_api_version(api_version)
        except ValueError as problem:
            raise LookupError(api_version) from problem
        found = self.catalog.find(group, version, self.kind.plural)
        if found is None or found.storage_prefix != self.kind.storage_prefix:
            raise LookupError(api_version)
        return found
