"""Flow schemas and priority levels: shares, queues and precedence where none are given."""

from __future__ import annotations

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy
from miniapi.strategies.status import drop_status, keep_status

_QUEUING = {"handSize": 8, "queues": 64, "queueLengthLimit": 50}


def default_schema(obj: Object) -> None:
    """Precedence 1000."""
    spec = obj.setdefault("spec", {})
    if not spec.get("matchingPrecedence"):
        spec["matchingPrecedence"] = 1000


def default_level(obj: Object) -> None:
    """Thirty shares, none lent; hands of eight from sixty-four queues of fifty."""
    spec = obj.get("spec") or {}
    for name, shares in (("exempt", 0), ("limited", 30)):
        part = spec.get(name)
        if part is None:
            continue
        for key, value in (("nominalConcurrencyShares", shares), ("lendablePercent", 0)):
            if part.get(key) is None:
                part[key] = value
    if spec.get("type") == "Exempt" and obj["metadata"].get("name") == "exempt" and spec.get("exempt") is None:
        spec["exempt"] = {"nominalConcurrencyShares": 0, "lendablePercent": 0}
    queuing = ((spec.get("limited") or {}).get("limitResponse") or {}).get("queuing")
    if queuing is not None:
        for key, value in _QUEUING.items():
            if not queuing.get(key):
                queuing[key] = value


SCHEMA = Strategy(
    default=default_schema, prepare_create=drop_status, prepare_update=keep_status, tracks_generation=True
)
LEVEL = Strategy(default=default_level, prepare_create=drop_status, prepare_update=keep_status, tracks_generation=True)
