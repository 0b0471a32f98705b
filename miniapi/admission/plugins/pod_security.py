"""PodSecurity: pods keep to the level that their namespace's labels ask for (k8s.io/pod-security-admission)."""

from __future__ import annotations

from typing import Any

from miniapi import errors
from miniapi.admission.interface import Attributes, Lister, Operation
from miniapi.admission.podsecurity.policy import DEFAULT, Exemptions, LevelVersion, Policy, policy_of, stricter
from miniapi.admission.podsecurity.restricted import details, reasons, violations
from miniapi.admission.refusal import forbidden
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object, labels_of

MAX_PODS = 3000
"""How many of a namespace's pods are looked at when its level rises."""
ANNOTATION_PREFIX = "pod-security.kubernetes.io/"

NOBODY = Exemptions()

_TEMPLATES = frozenset(
    {
        "podtemplates",
        "replicationcontrollers",
        "replicasets.apps",
        "deployments.apps",
        "statefulsets.apps",
        "daemonsets.apps",
        "jobs.batch",
        "cronjobs.batch",
    }
)
_IGNORED = frozenset({"exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"})
_SECCOMP = ("seccomp.security.alpha.kubernetes.io/pod",)
_PER_CONTAINER = ("container.seccomp.security.alpha.kubernetes.io/", "container.apparmor.security.beta.kubernetes.io/")


class PodSecurity:
    """Refuses pods below the enforced level, warns about and notes the others; judges the labels themselves."""

    name = "PodSecurity"

    def __init__(self, lister: Lister, default: Policy = DEFAULT, exemptions: Exemptions = NOBODY) -> None:
        """`default` is the policy of namespaces without labels."""
        self._lister, self._default, self._exemptions = lister, default, exemptions

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        if operation not in ("CREATE", "UPDATE"):
            return False
        if kind.group_resource == "pods":
            return subresource not in _IGNORED
        return not subresource and (kind.group_resource == "namespaces" or kind.group_resource in _TEMPLATES)

    async def validate(self, attributes: Attributes) -> None:
        obj = attributes.obj
        if obj is None:
            return
        if attributes.kind.plural == "namespaces":
            await self._namespace(attributes, obj)
            return
        exempt = self._exempt(attributes)
        if exempt:
            attributes.audit_annotations[f"{ANNOTATION_PREFIX}exempt"] = exempt
            return
        namespace = await self._lister.get("", "namespaces", "", attributes.namespace)
        if namespace is None:
            raise errors.internal(f"failed to lookup namespace {attributes.namespace}")
        policy, problems = policy_of(labels_of(namespace), self._default)
        if policy.privileged and not problems:
            if attributes.kind.plural == "pods":
                attributes.audit_annotations[f"{ANNOTATION_PREFIX}enforce-policy"] = str(policy.enforce)
            return
        if problems:
            shown = "; ".join(f"{p.path}: {p.message}" for p in problems)
            attributes.audit_annotations[f"{ANNOTATION_PREFIX}error"] = f"Failed to parse policy: {shown}"
        if attributes.kind.plural == "pods":
            if attributes.old is None or _significant(obj, attributes.old):
                self._judge(attributes, policy, obj, enforce=True)
            return
        template = _template(attributes.kind.plural, obj)
        if template is not None:
            self._judge(attributes, policy, template, enforce=False)

    def _exempt(self, attributes: Attributes) -> str:
        if attributes.namespace in self._exemptions.namespaces:
            return "namespace"
        return "user" if attributes.user.name in self._exemptions.usernames else ""

    def _judge(self, attributes: Attributes, policy: Policy, pod: Object, *, enforce: bool) -> None:
        meta, spec = pod.get("metadata") or {}, pod.get("spec") or {}
        if spec.get("runtimeClassName") in self._exemptions.runtime_classes:
            attributes.audit_annotations[f"{ANNOTATION_PREFIX}exempt"] = "runtimeClass"
            return
        _evaluate(attributes, policy, meta, spec, enforce=enforce)

    async def _namespace(self, attributes: Attributes, namespace: Object) -> None:
        new, problems = policy_of(labels_of(namespace), self._default)
        old, exempt = attributes.old, attributes.name in self._exemptions.namespaces
        if old is None:
            _refuse(attributes, problems)
            if exempt:
                self._warn_exempt(attributes, new)
            return
        before, known_problems = policy_of(labels_of(old), self._default)
        if problems != known_problems:
            _refuse(attributes, problems)
        if exempt:
            self._warn_exempt(attributes, new)
        elif stricter(new.enforce, before.enforce):
            name = namespace["metadata"]["name"]
            pods = sorted(await self._lister.list("", "pods", name), key=lambda p: str(p["metadata"]["name"]))
            attributes.warnings += [w for w in _existing(name, new.enforce, pods) if w not in attributes.warnings]

    def _warn_exempt(self, attributes: Attributes, policy: Policy) -> None:
        if not policy.privileged and policy != self._default:
            attributes.warnings.append(
                f'namespace "{attributes.name}" is exempt from Pod Security, and the policy ({policy}) will be ignored'
            )


def _refuse(attributes: Attributes, problems: list[Any]) -> None:
    if problems:
        raise errors.invalid("Namespace", "", attributes.name, [p.cause() for p in problems])


def _existing(namespace: str, level: LevelVersion, pods: list[Object]) -> list[str]:
    """One warning per kind of violation, under the name of the first pod that has it."""
    names: dict[str, list[str]] = {}
    for pod in pods[:MAX_PODS]:
        found = violations(level, pod["metadata"], pod["spec"])
        if found:
            names.setdefault(reasons(found), []).append(pod["metadata"]["name"])
    warnings = []
    if len(pods) > MAX_PODS:
        warnings.append(
            f"new PodSecurity enforce level only checked against the first {MAX_PODS} of {len(pods)} existing pods"
        )
    if names:
        warnings.append(f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "{level}"')
    return warnings + sorted(f"{_and_others(of)}: {why}" for why, of in names.items())


def _and_others(names: list[str]) -> str:
    others = len(names) - 1
    if not others:
        return names[0]
    return f"{names[0]} (and {others} other {'pod' if others == 1 else 'pods'})"


def _evaluate(
    attributes: Attributes, policy: Policy, meta: dict[str, Any], spec: dict[str, Any], *, enforce: bool
) -> None:
    known: dict[LevelVersion, list[tuple[str, str]]] = {}

    def found(level: LevelVersion) -> list[tuple[str, str]]:
        if level not in known:
            known[level] = violations(level, meta, spec)
        return known[level]

    notes = attributes.audit_annotations
    if enforce:
        notes[f"{ANNOTATION_PREFIX}enforce-policy"] = str(policy.enforce)
    if found(policy.audit):
        told = f'would violate PodSecurity "{policy.audit}": {details(found(policy.audit))}'
        notes[f"{ANNOTATION_PREFIX}audit-violations"] = told
    if enforce and found(policy.enforce):
        raise forbidden(attributes, f'violates PodSecurity "{policy.enforce}": {details(found(policy.enforce))}')
    if found(policy.warn):
        warning = f'would violate PodSecurity "{policy.warn}": {details(found(policy.warn))}'
        if warning not in attributes.warnings:
            attributes.warnings.append(warning)


def _template(plural: str, obj: Object) -> dict[str, Any] | None:
    if plural == "podtemplates":
        return obj.get("template")
    spec = obj.get("spec") or {}
    if plural == "cronjobs":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    template: dict[str, Any] | None = spec.get("template")
    return template


def _significant(pod: Object, old: Object) -> bool:
    """Whether an update changes what the checks look at."""
    notes, old_notes = (o["metadata"].get("annotations") or {} for o in (pod, old))
    if any(notes.get(key) != old_notes.get(key) for key in _SECCOMP):
        return True
    spec, old_spec = pod["spec"], old["spec"]
    for kind in ("containers", "initContainers"):
        if len(spec.get(kind) or ()) != len(old_spec.get(kind) or ()):
            return True
    for kind in ("containers", "initContainers", "ephemeralContainers"):
        before = {c["name"]: c for c in old_spec.get(kind) or ()}
        for container in spec.get(kind) or ():
            known = before.get(container["name"])
            keys = [prefix + container["name"] for prefix in _PER_CONTAINER]
            if known is None or any(known.get(f) != container.get(f) for f in ("image", "securityContext")):
                return True
            if any(notes.get(key) != old_notes.get(key) for key in keys):
                return True
    return False
