"""Secrets: stringData is folded into data when it is read."""

from __future__ import annotations

from base64 import b64encode

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy


def default(obj: Object) -> None:
    """Type Opaque; stringData, which is write-only, wins over data."""
    if not obj.get("type"):
        obj["type"] = "Opaque"
    texts = obj.pop("stringData", None)
    if texts:
        encoded = {name: b64encode(text.encode()).decode("ascii") for name, text in texts.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}


STRATEGY = Strategy(default=default, selectable_fields={"type": lambda obj: obj.get("type") or ""})
