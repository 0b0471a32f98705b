"""The columns of each kind's table, as facts; what fills them is in `printers`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

import orjson

from miniapi.kinds.kind import Kind

Column = dict[str, Any]

DEFAULT: Sequence[tuple[str, str, str, int]] = (("Name", "string", "name", 0), ("Created At", "date", "", 0))


class Columns:
    """TableColumnDefinition objects by kind."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[str, str, str, int]]] | None = None

    def of(self, kind: Kind) -> list[Column]:
        """The kind's columns; name and age where it has none of its own."""
        if self._rows is None:
            self._rows = orjson.loads(resources.files("miniapi.kinds").joinpath("data/columns.json").read_bytes())
        rows = self._rows.get(f"{kind.gvk.api_version}/{kind.plural}", DEFAULT)
        return [
            {"name": name, "type": of_type, "format": form, "description": "", "priority": priority}
            for name, of_type, form, priority in rows
        ]
