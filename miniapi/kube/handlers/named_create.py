"""POST below an object of a body of another kind (rest.NamedCreater): binding, eviction, token."""

from __future__ import annotations

from dataclasses import dataclass

from miniapi.admission.interface import Attributes
from miniapi.codec.negotiate import Negotiated
from miniapi.endpoints import respond
from miniapi.endpoints.body import decode, read
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import WriteOptions, write_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import attributes, check_namespace
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.wire import Reply

_SYSTEM_FIELDS = ("creationTimestamp", "uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")


@dataclass(slots=True)
class NamedCreate:
    """A decoded and mutated body, before it is judged."""

    obj: Object
    name: str
    """Of the URL, or of the body where the URL names none."""
    options: WriteOptions
    write: Attributes
    negotiated: Negotiated

    def succeeded(self) -> Reply:
        """201 with a Status."""
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
        return respond.status_object(status, 201, self.negotiated)


async def receive(
    context: Context, scope: Scope, *, keep_system_fields: bool = False, also: GroupVersionKind | None = None
) -> NamedCreate:
    """Reads, decodes and lets the mutators see the body, which may be of the type `also`, too.

    `keep_system_fields` leaves uid and its like in place.
    """
    info = context.info
    options = write_options(info.query, "CreateOptions")
    negotiated = respond.accepted(context, scope)
    obj = decode(context, scope, await read(context), scope.gvk, options.field_validation, also)
    meta = obj.setdefault("metadata", {})
    check_namespace(context, scope, meta)
    if not keep_system_fields:
        for field in _SYSTEM_FIELDS:
            meta.pop(field, None)
    name = info.name or meta.get("name") or ""
    write = attributes(context, scope, "CREATE", name, obj, None, options)
    await scope.admission.mutate(write)
    return NamedCreate(obj, name, options, write, negotiated)
