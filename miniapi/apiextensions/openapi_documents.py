"""What all served definitions add to the server's OpenAPI documents."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from miniapi.apiextensions.definition import schema_of, versions
from miniapi.apiextensions.openapi import Document, Schemas
from miniapi.apiextensions.openapi_paths import paths
from miniapi.apiextensions.served import Served
from miniapi.kinds.kind import Kind


class CustomOpenApi:
    """Paths and schemas of custom kinds, made when they are asked for."""

    def __init__(self, served: Served) -> None:
        self._served = served

    @property
    def changes(self) -> int:
        """Rises when any document changes."""
        return self._served.changes

    def prefixes(self) -> dict[str, str]:
        """`apis/GROUP/VERSION` -> a digest of what its document is made from."""
        found: dict[str, list[Any]] = {}
        for kind in self._served.kinds():
            found.setdefault(_prefix(kind), []).append([kind.plural, self._schema(kind), list(kind.subresources)])
        return {p: hashlib.sha512(orjson.dumps(of)).hexdigest().upper() for p, of in found.items()}

    def v3(self, prefix: str) -> tuple[Document, Document]:
        """(paths, schemas) of one group and version; empty for one that is not here."""
        return self._documents([k for k in self._served.kinds() if _prefix(k) == prefix], v3=True)

    def v2(self) -> tuple[Document, Document]:
        """(paths, definitions) of all."""
        return self._documents(self._served.kinds(), v3=False)

    def _documents(self, kinds: list[Kind], *, v3: bool) -> tuple[Document, Document]:
        all_paths: Document = {}
        definitions: Document = {}
        for kind in kinds:
            schemas = Schemas(kind, v3=v3)
            all_paths.update(paths(kind, schemas, v3=v3))
            definitions.update(schemas.definitions(self._schema(kind)))
        return all_paths, definitions

    def _schema(self, kind: Kind) -> Mapping[str, Any]:
        crd = self._served.crd(kind)
        return next((schema_of(v) for v in versions(crd) if v["name"] == kind.gvk.version), {})


def _prefix(kind: Kind) -> str:
    return f"apis/{kind.gvk.group}/{kind.gvk.version}"
