"""A policy, compiled, and the bindings that put it to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from miniapi.admission.conditions import Condition, compile_conditions
from miniapi.admission.matching.criteria import Criteria, of_match_resources
from miniapi.cel.environment import Program
from miniapi.expressions.policy import Complaint, Expressions
from miniapi.meta.objects import Object


@dataclass(frozen=True, slots=True)
class Rule:
    """One of spec.validations."""

    program: Program
    message: str
    message_program: Program | None
    reason: str


@dataclass(frozen=True, slots=True)
class AuditAnnotation:
    """One of spec.auditAnnotations."""

    key: str
    program: Program


@dataclass(frozen=True, slots=True)
class Mutation:
    """One of spec.mutations."""

    patch_type: str
    """ApplyConfiguration or JSONPatch."""
    program: Program


@dataclass(frozen=True, slots=True)
class Policy:
    """Of either kind; what the other has is empty."""

    name: str
    criteria: Criteria
    ignores_failure: bool
    param_kind: tuple[str, str] | None
    """(apiVersion, kind)."""
    conditions: Sequence[Condition] = ()
    variables: Mapping[str, Program] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    audit_annotations: Sequence[AuditAnnotation] = ()
    mutations: Sequence[Mutation] = ()
    reinvoked: bool = False
    problem: str = ""
    """Why it cannot be used: it was stored before its expressions could be judged."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One use of a policy."""

    name: str
    policy: str
    criteria: Criteria
    param_ref: Mapping[str, Any] | None
    actions: Sequence[str]


def compile_policy(obj: Object) -> Policy:
    """From the stored object."""
    spec = obj["spec"]
    kind = spec.get("paramKind")
    head: dict[str, Any] = {
        "name": obj["metadata"]["name"],
        "criteria": of_match_resources(spec.get("matchConstraints")),
        "ignores_failure": spec.get("failurePolicy") == "Ignore",
        "param_kind": (kind.get("apiVersion", ""), kind.get("kind", "")) if kind else None,
        "reinvoked": spec.get("reinvocationPolicy") == "IfNeeded",
    }
    expressions = Expressions(spec)
    try:
        return Policy(
            **head,
            conditions=compile_conditions(spec.get("matchConditions") or (), expressions),
            variables={
                v["name"]: expressions.compile("variable", v["expression"], position)
                for position, v in enumerate(spec.get("variables") or ())
            },
            rules=[_rule(v, expressions) for v in spec.get("validations") or ()],
            audit_annotations=[
                AuditAnnotation(a["key"], expressions.compile("auditAnnotation", a["valueExpression"]))
                for a in spec.get("auditAnnotations") or ()
            ],
            mutations=[_mutation(m, expressions) for m in spec.get("mutations") or ()],
        )
    except Complaint as problem:
        return Policy(**head, problem=str(problem))


def _rule(validation: Object, expressions: Expressions) -> Rule:
    told = validation.get("messageExpression") or ""
    return Rule(
        expressions.compile("validation", validation["expression"]),
        validation.get("message") or "",
        expressions.compile("messageExpression", told) if told else None,
        validation.get("reason") or "Invalid",
    )


def _mutation(mutation: Object, expressions: Expressions) -> Mutation:
    use = "applyConfiguration" if mutation["patchType"] == "ApplyConfiguration" else "jsonPatch"
    return Mutation(mutation["patchType"], expressions.compile(use, mutation[use]["expression"]))


def compile_binding(obj: Object) -> Binding:
    """From the stored object."""
    spec = obj["spec"]
    return Binding(
        obj["metadata"]["name"],
        spec["policyName"],
        of_match_resources(spec.get("matchResources")),
        spec.get("paramRef"),
        spec.get("validationActions") or (),
    )
