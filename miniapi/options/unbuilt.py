"""Flags that kube-apiserver has and miniapi does not: refused by name, unless they ask for nothing."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Final

_NUMBERS: Final = ("int", "float", "float32", "duration")
_ON_ASKS_FOR_NOTHING: Final = ("aggregator-reject-forwarding-redirect", "disable-http2-serving")
"""Switches that miniapi has on and cannot turn off."""


class Unbuilt:
    """The flags of kube-apiserver, read when the first unknown one is met."""

    def __init__(self) -> None:
        self._kinds: Mapping[str, str] | None = None

    def kind(self, name: str) -> str:
        """What kube-apiserver's flag takes; empty for no flag of its own."""
        if self._kinds is None:
            table = json.loads(resources.files("miniapi.options").joinpath("data/flags.json").read_bytes())
            self._kinds = {name: kind for name, (_section, kind) in table.items()}
        return self._kinds.get(name, "")

    def refuse(self, name: str, text: str, built: Iterable[str]) -> list[str]:
        """What is wrong with a flag that is not among the built ones; nothing where it asks for nothing."""
        kind = self.kind(name)
        if not kind:
            near = difflib.get_close_matches(name, list(built), 1)
            return [f"--{name} is not a flag" + (f"; did you mean --{near[0]}?" if near else "; see --help")]
        if _asks_for_nothing(name, kind, text):
            return []
        return [f"--{name} is known to kube-apiserver, not built yet; leave it out"]


def _asks_for_nothing(name: str, kind: str, text: str) -> bool:
    if kind == "bool":
        return text.lower() == ("true" if name in _ON_ASKS_FOR_NOTHING else "false")
    if kind in _NUMBERS:
        return text in ("0", "0s", "0.0")
    return text in ("", "[]")
