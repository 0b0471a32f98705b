"""The functions of `authorizer` (apiserver/pkg/cel/library/authz.go): a question is put together, then asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import BOOL, STRING, Field, Functions, Overload, Type, object_of, opaque
from miniapi.meta import names

PATH_CHECK = opaque("kubernetes.authorization.PathCheck")
GROUP_CHECK = opaque("kubernetes.authorization.GroupCheck")
RESOURCE_CHECK = opaque("kubernetes.authorization.ResourceCheck")
DECISION = opaque("kubernetes.authorization.Decision")
AUTHORIZER = object_of(
    "kubernetes.authorization.Authorizer", {"requestResource": Field(RESOURCE_CHECK, "requestResource")}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a check."""

    allowed: bool
    reason: str = ""
    error: str = ""
    cel_type: ClassVar[Type] = DECISION


@dataclass(frozen=True, slots=True)
class Question:
    """A resource or a path, and who asks; empty strings where nothing was said."""

    path: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    label_selector: str = ""
    service_account: tuple[str, str] | None = None
    """(namespace, name) where another than the requester is asked about."""


Ask = Callable[[Question, str], Verdict]
"""(question, verb) -> the verdict, at once."""


@dataclass(frozen=True, slots=True)
class Check:
    """A question on its way; `cel_type` says how far it is."""

    ask: Ask
    question: Question
    cel_type: Type

    def with_(self, cel_type: Type | None = None, **said: Any) -> Check:
        """The same with more said."""
        return Check(self.ask, dataclasses.replace(self.question, **said), cel_type or self.cel_type)


@dataclass(frozen=True, slots=True)
class Authorizer:
    """The variable `authorizer`."""

    ask: Ask
    request: Question
    """What the request itself asks for: `authorizer.requestResource`."""
    account: tuple[str, str] | None = None
    cel_type: ClassVar[Type] = AUTHORIZER

    def cel_field(self, name: str) -> Check:
        """`requestResource`, the only one."""
        if name != "requestResource":
            raise EvaluationError(f"no such key: {name}")
        return Check(self.ask, dataclasses.replace(self.request, service_account=self.account), RESOURCE_CHECK)

    def begin(self, cel_type: Type, **said: Any) -> Check:
        """A first step."""
        return Check(self.ask, Question(service_account=self.account, **said), cel_type)


def _path(authorizer: Authorizer, path: str) -> Check:
    if not path.strip():
        raise EvaluationError("path must not be empty")
    return authorizer.begin(PATH_CHECK, path=path)


def _resource(group: Check, resource: str) -> Check:
    if not resource.strip():
        raise EvaluationError("resource must not be empty")
    return group.with_(RESOURCE_CHECK, resource=resource)


def _service_account(authorizer: Authorizer, namespace: str, name: str) -> Authorizer:
    if names.dns_subdomain(name):
        raise EvaluationError("Invalid service account name")
    if names.dns_label(namespace):
        raise EvaluationError("Invalid service account namespace")
    return Authorizer(authorizer.ask, authorizer.request, (namespace, name))


def _method(of: Type, parameters: int, result: Type, run: Callable[..., Any], cost: str = "") -> Overload:
    return Overload((of, *[STRING] * parameters), result, run, method=True, cost=cost)


def _check(check: Check, verb: str) -> Verdict:
    return check.ask(check.question, verb)


FUNCTIONS: Functions = {
    "path": (_method(AUTHORIZER, 1, PATH_CHECK, _path),),
    "group": (_method(AUTHORIZER, 1, GROUP_CHECK, lambda a, group: a.begin(GROUP_CHECK, group=group)),),
    "serviceAccount": (_method(AUTHORIZER, 2, AUTHORIZER, _service_account),),
    "resource": (_method(GROUP_CHECK, 1, RESOURCE_CHECK, _resource),),
    "subresource": (_method(RESOURCE_CHECK, 1, RESOURCE_CHECK, lambda c, s: c.with_(subresource=s)),),
    "namespace": (_method(RESOURCE_CHECK, 1, RESOURCE_CHECK, lambda c, n: c.with_(namespace=n)),),
    "name": (_method(RESOURCE_CHECK, 1, RESOURCE_CHECK, lambda c, n: c.with_(name=n)),),
    "fieldSelector": (_method(RESOURCE_CHECK, 1, RESOURCE_CHECK, lambda c, s: c.with_(field_selector=s)),),
    "labelSelector": (_method(RESOURCE_CHECK, 1, RESOURCE_CHECK, lambda c, s: c.with_(label_selector=s)),),
    "check": (
        _method(PATH_CHECK, 1, DECISION, _check, "authorizer"),
        _method(RESOURCE_CHECK, 1, DECISION, _check, "authorizer"),
    ),
    "allowed": (_method(DECISION, 0, BOOL, lambda d: d.allowed),),
    "reason": (_method(DECISION, 0, STRING, lambda d: d.reason),),
    "errored": (_method(DECISION, 0, BOOL, lambda d: bool(d.error)),),
    "error": (_method(DECISION, 0, STRING, lambda d: d.error),),
}
