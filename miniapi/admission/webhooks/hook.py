"""One webhook of a configuration, compiled, and the list of all of them in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from miniapi.admission.matching.criteria import Criteria
from miniapi.meta.objects import Object
from miniapi.meta.selectors import label_selector

if TYPE_CHECKING:
    from miniapi.admission.conditions import Condition

DEFAULT_TIMEOUT_SECONDS = 10
SAFE_FOR_DRY_RUN = ("None", "NoneOnDryRun")


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook."""

    name: str
    configuration: str
    """Name of the object that it stands in."""
    position: int
    """Among the webhooks of that name in the configuration: with both, what it is known by from one request on."""
    client_config: Object
    criteria: Criteria
    ignores_failure: bool
    dry_run: bool
    """Whether it may be asked about a dry run."""
    timeout_seconds: float
    review_versions: Sequence[str]
    conditions: Sequence[Condition]
    problem: str
    """Why its conditions cannot be judged; empty where they can."""
    reinvoked: bool
    """reinvocationPolicy IfNeeded."""


def hooks_of(configuration: Object) -> list[Hook]:
    """The webhooks of a configuration, in its order."""
    seen: dict[str, int] = {}
    hooks = []
    for webhook in configuration.get("webhooks") or ():
        name, conditions, problem = webhook["name"], list["Condition"](), ""
        if webhook.get("matchConditions"):
            conditions, problem = _compiled(webhook)
        position = seen[name] = seen.get(name, -1) + 1
        hooks.append(
            Hook(
                name,
                configuration["metadata"]["name"],
                position,
                webhook["clientConfig"],
                Criteria(
                    webhook.get("rules") or (),
                    equivalent=webhook.get("matchPolicy") != "Exact",
                    namespaces=label_selector(webhook.get("namespaceSelector") or {}),
                    objects=label_selector(webhook.get("objectSelector") or {}),
                ),
                webhook.get("failurePolicy") == "Ignore",
                webhook.get("sideEffects") in SAFE_FOR_DRY_RUN,
                webhook.get("timeoutSeconds") or DEFAULT_TIMEOUT_SECONDS,
                webhook.get("admissionReviewVersions") or ("v1",),
                conditions,
                problem,
                webhook.get("reinvocationPolicy") == "IfNeeded",
            )
        )
    return hooks


def _compiled(webhook: Object) -> tuple[list[Condition], str]:
    """-> (conditions, what is wrong with them). CEL is loaded with the first condition."""
    from miniapi.admission.conditions import compile_conditions
    from miniapi.expressions.policy import Complaint, Expressions

    try:
        return compile_conditions(webhook["matchConditions"], Expressions(webhook)), ""
    except Complaint as complaint:
        return [], str(complaint)


class Configurations(Protocol):
    """An informer of webhook configurations."""

    changes: int

    def list(self) -> Sequence[Object]: ...


class Hooks:
    """All webhooks of one sort, by the names of their configurations; compiled again when one has changed."""

    def __init__(self, configurations: Configurations, compile_one: Callable[[Object], list[Hook]] = hooks_of) -> None:
        self._configurations, self._compile = configurations, compile_one
        self._hooks: list[Hook] = []
        self._changes = -1

    def all(self) -> Sequence[Hook]:
        """In the order in which they are asked."""
        if self._changes != self._configurations.changes:
            self._changes = self._configurations.changes
            ordered = sorted(self._configurations.list(), key=lambda o: o["metadata"]["name"])
            self._hooks = [hook for configuration in ordered for hook in self._compile(configuration)]
        return self._hooks
