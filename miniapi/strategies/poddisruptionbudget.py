"""Pod disruption budgets (pkg/registry/policy/poddisruptionbudget)."""

from __future__ import annotations

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.status import keep_spec, keep_status


def _create(obj: Object, _ctx: WriteContext) -> None:
    obj["status"] = {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}


POD_DISRUPTION_BUDGET = Strategy(
    prepare_create=_create,
    prepare_update=keep_status,
    allow_unconditional_update=False,
    tracks_generation=True,
)
POD_DISRUPTION_BUDGET_STATUS = Strategy(
    prepare_update=keep_spec, allow_unconditional_update=False, reset_fields=frozenset({"spec"})
)
