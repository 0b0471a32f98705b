"""APIServices: those without a service are served here, hence available at once."""

from __future__ import annotations

from miniapi.clock import rfc3339
from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import keep_status


def default(obj: Object) -> None:
    """Port 443."""
    service = (obj.get("spec") or {}).get("service")
    if service is not None and service.get("port") is None:
        service["port"] = 443


def prepare_create(obj: Object, ctx: WriteContext) -> None:
    """A local one is available from the start."""
    obj["status"] = {}
    if (obj.get("spec") or {}).get("service") is None:
        obj["status"]["conditions"] = [
            {
                "type": "Available",
                "status": "True",
                "lastTransitionTime": rfc3339(ctx.now),
                "reason": "Local",
                "message": "Local APIServices are always available",
            }
        ]


STRATEGY = Strategy(
    default=default,
    prepare_create=prepare_create,
    prepare_update=keep_status,
    allow_unconditional_update=False,
)
