"""ServiceAccounts: of a secret they name, only the name is kept; an old annotation is warned of."""

from __future__ import annotations

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy, WriteContext


def prepare_create(obj: Object, _ctx: WriteContext) -> None:
    """cleanSecretReferences."""
    if obj.get("secrets"):
        obj["secrets"] = [{"name": secret["name"]} if secret.get("name") else {} for secret in obj["secrets"]]


def prepare_update(obj: Object, _old: Object, ctx: WriteContext) -> None:
    """cleanSecretReferences."""
    prepare_create(obj, ctx)


_MOUNTABLE = "kubernetes.io/enforce-mountable-secrets"


def _annotated(obj: Object) -> bool:
    return _MOUNTABLE in (obj["metadata"].get("annotations") or {})


def warnings_create(obj: Object, _ctx: WriteContext) -> list[str]:
    """warnIfHasEnforceMountableSecretsAnnotation."""
    if not _annotated(obj):
        return []
    why = "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
    return [f"metadata.annotations[{_MOUNTABLE}]: {why}"]


def warnings_update(obj: Object, old: Object, ctx: WriteContext) -> list[str]:
    """As `warnings_create`, where the annotation is new."""
    return [] if _annotated(old) else warnings_create(obj, ctx)


STRATEGY = Strategy(
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    warnings_create=warnings_create,
    warnings_update=warnings_update,
    deletes_to_status=False,
)
