"""A flag of the command line: a dataclass field that says its name, what it takes and what it is for.

Options lie beside what uses them, in every layer; `options` collects them.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any


def flag(name: str, text: str, kind: str = "string", default: Any = "", section: str = "") -> Any:
    """A field whose value the flag `--NAME` sets; `text` is a sentence for --help.

    Kinds: string, strings (comma separated, may be repeated), stringArray (repeated), int, float, bool, duration
    (seconds), ip, map (key=value pairs). `section` is where --help lists it, if not with the rest of its dataclass.
    """
    metadata = {"flag": name, "kind": kind, "help": text, "section": section}
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)
