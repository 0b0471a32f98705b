"""The table of messages (data/messages.txt, made from proto/ by tools/generate_protobuf.py), read line by line."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

import orjson

META = "apimachinery.pkg.apis.meta.v1."
LIST = "list"
"""Rows of a message that is in JSON an array of text."""

SCALARS = frozenset({"string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double", "float"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message."""

    number: int
    name: str
    """In JSON."""
    type: str
    """A scalar, `map<string,TYPE>`, or the name of a message."""
    repeated: bool = False
    pointer: bool = False
    """Not written when it is not set."""
    shown: bool = False
    """In JSON even when it is zero."""
    inline: bool = False
    """Its message's fields stand among the others."""

    @property
    def map_of(self) -> str:
        """The type of a map's values; empty for what is no map."""
        return self.type[len("map<string,") : -1] if self.type.startswith("map<") else ""


class Table:
    """Nothing is read before the first question, and of a message nothing before it is asked for."""

    def __init__(self) -> None:
        self._packages: dict[str, str] = {}
        self._lines: dict[bytes, bytes] = {}

    def _load(self) -> None:
        if not self._lines:
            data = resources.files("miniapi.codec").joinpath("data/messages.txt").read_bytes()
            head, _, rest = data.partition(b"\n")
            self._packages = orjson.loads(head)
            for line in rest.splitlines():
                name, _, body = line.partition(b":")
                self._lines[name] = body

    def message(self, api_version: str, kind: str) -> str:
        """The message of a kind, or the empty string. What every group has (options, Status) is found in any."""
        self._load()
        package = self._packages.get(api_version)
        for name in (f"{package}.{kind}", META + kind):
            if name.encode() in self._lines:
                return name
        return ""

    def rows(self, name: str) -> list[Field] | str:
        """A message's fields in JSON's order, or LIST."""
        self._load()
        rows: Any = orjson.loads(self._lines[name.encode()])
        if rows == LIST:
            return LIST
        return [Field(n, j, t, bool(f & 1), bool(f & 2), bool(f & 4), bool(f & 8)) for n, j, t, f in rows]
