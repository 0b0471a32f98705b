"""The values behind the variables of admission's expressions (admission/plugin/cel/activation.go)."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from miniapi.admission.interface import Attributes
from miniapi.admission.matching.criteria import Asked
from miniapi.authz.interface import Attributes as AuthzAttributes
from miniapi.authz.interface import Authorizer as AuthzAuthorizer
from miniapi.authz.interface import Decision
from miniapi.cel.costs import PER_CALL_LIMIT, RUNTIME_BUDGET, Budget
from miniapi.cel.environment import Program
from miniapi.cel.problems import CostExceeded, EvaluationError
from miniapi.expressions.authorizer import Authorizer, Question, Verdict
from miniapi.meta.gvk import GroupVersionKind, GroupVersionResource
from miniapi.meta.objects import Object
from miniapi.meta.user import UserInfo

Variables = dict[str, Any]
SERVICE_ACCOUNT = "system:serviceaccount:"
OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"


class OutOfBudget(Exception):
    """All that the expressions of one request may cost is spent."""


class BudgetSpent(EvaluationError):
    """OutOfBudget, told: nothing else is evaluated after it."""


class Spending:
    """What the expressions of one request may cost together, each of them within the limit of one."""

    def __init__(self, limit: int = RUNTIME_BUDGET) -> None:
        self.left = limit

    def evaluate(self, program: Program, variables: Variables) -> Any:
        """The value. EvaluationError in the original's words, also where the budget is used up."""
        shown = program.text
        try:
            return self.plainly(program, variables)
        except EvaluationError as problem:
            raise EvaluationError(f"expression '{shown}' resulted in error: {problem}") from None
        except OutOfBudget:
            raise BudgetSpent(OUT_OF_BUDGET) from None

    def plainly(self, program: Program, variables: Variables) -> Any:
        """The value. EvaluationError without the expression's text; OutOfBudget."""
        budget = Budget(min(PER_CALL_LIMIT, self.left))
        try:
            return program.evaluate(variables, budget)
        except CostExceeded as problem:
            if budget.limit < PER_CALL_LIMIT:
                raise OutOfBudget from None
            raise EvaluationError(str(problem)) from None
        finally:
            self.left -= min(budget.spent, self.left)


class Lazy:
    """`variables`: each is evaluated when it is first asked for, and once."""

    __slots__ = ("_known", "_programs", "_spending", "_variables")

    def __init__(self, programs: Mapping[str, Program], variables: Variables, spending: Spending) -> None:
        self._programs, self._variables, self._spending = programs, variables, spending
        self._known: dict[str, Any] = {}

    def cel_field(self, name: str) -> Any:
        """The variable's value; EvaluationError where it has none."""
        if name not in self._known:
            try:
                self._known[name] = self._spending.plainly(self._programs[name], self._variables)
            except EvaluationError as problem:
                raise EvaluationError(f'composited variable "{name}" fails to evaluate: {problem}') from None
        return self._known[name]


def variables_of(
    attributes: Attributes, asked: Asked, namespace: Object | None, authorizer: AuthzAuthorizer
) -> Variables:
    """`object`, `oldObject`, `request`, `namespaceObject`, `authorizer`."""
    return {
        "object": asked.obj,
        "oldObject": asked.old,
        "request": _request(attributes, asked),
        "namespaceObject": _namespace(namespace) if namespace is not None else None,
        "authorizer": _authorizer(attributes, asked, authorizer),
    }


def _request(a: Attributes, asked: Asked) -> Object:
    """An AdmissionRequest as JSON has it: what is empty is not there."""
    own = a.gvk if a.gvk.kind else a.kind.gvk
    user: Object = {
        "username": a.user.name,
        "uid": a.user.uid,
        "groups": list(a.user.groups),
        "extra": {k: list(v) for k, v in a.user.extra.items()} if a.user.extra else {},
    }
    given = {
        "subResource": a.subresource,
        "requestSubResource": a.subresource,
        "name": a.name,
        "namespace": a.namespace,
    }
    return {
        "kind": _kind(asked.gvk),
        "resource": _resource(asked.gvr),
        "requestKind": _kind(own),
        "requestResource": _resource(a.resource),
        "operation": a.operation,
        "userInfo": {k: v for k, v in user.items() if v},
        "dryRun": a.dry_run,
        "options": a.options or None,
        **{k: v for k, v in given.items() if v},
    }


def _kind(gvk: GroupVersionKind) -> Object:
    return {"group": gvk.group, "version": gvk.version, "kind": gvk.kind}


def _resource(gvr: GroupVersionResource) -> Object:
    return {"group": gvr.group, "version": gvr.version, "resource": gvr.resource}


def _namespace(namespace: Object) -> Object:
    """Less what its declared type has not. Its times are texts and its uid is `uid`, whatever that type says."""
    hidden = ("managedFields", "ownerReferences", "selfLink")
    return {**namespace, "metadata": {k: v for k, v in namespace["metadata"].items() if k not in hidden}}


def _authorizer(a: Attributes, asked: Asked, authorizer: AuthzAuthorizer) -> Authorizer:
    def ask(question: Question, verb: str) -> Verdict:
        user = a.user
        if question.service_account is not None:
            user = _account(*question.service_account)
        q = question
        decision = _at_once(
            authorizer.authorize(
                AuthzAttributes(
                    user,
                    verb,
                    q.path,
                    not q.path,
                    q.group,
                    "*" if not q.path else "",
                    q.resource,
                    q.subresource,
                    q.namespace,
                    q.name,
                    q.field_selector,
                    q.label_selector,
                )
            )
        )
        return Verdict(decision.verdict == "allow", decision.reason, decision.error)

    gvr = asked.gvr
    request = Question(
        group=gvr.group, resource=gvr.resource, subresource=a.subresource, namespace=a.namespace, name=a.name
    )
    return Authorizer(ask, request)


def _account(namespace: str, name: str) -> UserInfo:
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return UserInfo(f"{SERVICE_ACCOUNT}{namespace}:{name}", groups=groups)


def _at_once(question: Coroutine[Any, Any, Decision]) -> Decision:
    """Expressions cannot wait: an authorizer that has to ask elsewhere cannot be asked by them."""
    try:
        question.send(None)
    except StopIteration as answered:
        decision: Decision = answered.value
        return decision
    question.close()
    raise EvaluationError("the authorizer has to ask another server, which an expression cannot wait for")
