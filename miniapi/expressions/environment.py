"""The variables of admission's expressions and their types (admission/plugin/cel/compile.go)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from miniapi.cel.environment import Environment, kubernetes_functions
from miniapi.cel.types import (
    BOOL,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    Field,
    Functions,
    Type,
    joined,
    list_of,
    map_of,
    object_of,
)
from miniapi.expressions import authorizer
from miniapi.expressions.patches import patch_functions, patch_type


def _object(type_name: str, /, **fields: Type) -> Type:
    return object_of(type_name, {n: Field(t, n) for n, t in fields.items()})


_KIND = _object("kubernetes.GroupVersionKind", group=STRING, version=STRING, kind=STRING)
_RESOURCE = _object("kubernetes.GroupVersionResource", group=STRING, version=STRING, resource=STRING)
_USER = _object(
    "kubernetes.UserInfo",
    username=STRING,
    uid=STRING,
    groups=list_of(STRING),
    extra=map_of(STRING, list_of(STRING)),
)
REQUEST = _object(
    "kubernetes.AdmissionRequest",
    kind=_KIND,
    resource=_RESOURCE,
    subResource=STRING,
    requestKind=_KIND,
    requestResource=_RESOURCE,
    requestSubResource=STRING,
    name=STRING,
    namespace=STRING,
    operation=STRING,
    userInfo=_USER,
    dryRun=BOOL,
    options=DYN,
)
_CONDITION = _object(
    "kubernetes.NamespaceCondition",
    status=STRING,
    type=STRING,
    lastTransitionTime=TIMESTAMP,
    message=STRING,
    reason=STRING,
)
NAMESPACE = _object(
    "kubernetes.Namespace",
    metadata=_object(
        "kubernetes.NamespaceMetadata",
        name=STRING,
        generateName=STRING,
        namespace=STRING,
        labels=map_of(STRING, STRING),
        annotations=map_of(STRING, STRING),
        UID=STRING,
        creationTimestamp=TIMESTAMP,
        deletionGracePeriodSeconds=INT,
        deletionTimestamp=TIMESTAMP,
        generation=INT,
        resourceVersion=STRING,
        finalizers=list_of(STRING),
    ),
    spec=_object("kubernetes.NamespaceSpec", finalizers=list_of(STRING)),
    status=_object("kubernetes.NamespaceStatus", conditions=list_of(_CONDITION), phase=STRING),
)


@cache
def _functions(*, patches: bool) -> Functions:
    libraries = [kubernetes_functions(), authorizer.FUNCTIONS]
    return joined([*libraries, patch_functions()] if patches else libraries)


def environment(
    *,
    params: bool = False,
    authorization: bool = False,
    patches: bool = False,
    variables: Mapping[str, Type] | None = None,
) -> Environment:
    """`variables` are the types of a policy's own; None where it may have none (match conditions)."""
    known: dict[str, Type] = {"object": DYN, "oldObject": DYN, "request": REQUEST, "namespaceObject": NAMESPACE}
    if params:
        known["params"] = DYN
    if authorization:
        known["authorizer"] = authorizer.AUTHORIZER
    if variables is not None:
        known["variables"] = object_of("kubernetes.variables", {n: Field(t, n) for n, t in variables.items()})
    functions = _functions(patches=patches)
    return Environment(known, functions, patch_type) if patches else Environment(known, functions)
