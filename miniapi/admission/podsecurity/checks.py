"""The vocabulary of the checks: what one is, which containers it looks at, how it says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Fields = Mapping[str, Any]
Finding = tuple[str, str] | None
"""(reason, detail) of what is forbidden; None where all is well."""
CheckPod = Callable[[Fields, Fields], Finding]
"""(metadata, spec) of a pod or of a pod's template."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule; `versions` are (first minor version, rule) in rising order."""

    name: str
    versions: tuple[tuple[int, CheckPod], ...]
    overrides: tuple[str, ...] = ()
    """Names of the checks of the lower level that this one makes needless."""

    def at(self, minor: int) -> CheckPod | None:
        """The rule as of a version, None before the first."""
        return next((rule for first, rule in reversed(self.versions) if first <= minor), None)


def containers(spec: Fields) -> Iterator[Fields]:
    """All containers, in the order in which the original visits them."""
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(kind) or ()


def context(of: Fields) -> Fields:
    """The securityContext of a pod's spec or of a container."""
    found: Fields = of.get("securityContext") or {}
    return found


def plural(one: str, more: str, count: int) -> str:
    """The word for a count."""
    return one if count == 1 else more


def quoted(names: Iterable[str]) -> str:
    """`"a", "b"`."""
    return ", ".join(f'"{name}"' for name in names)


def named(names: Sequence[str]) -> str:
    """`container "a"` or `containers "a", "b"`."""
    return f"{plural('container', 'containers', len(names))} {quoted(names)}"


def setters(pod: bool, names: Sequence[str]) -> str:
    """`pod and container "a"`: who set what is forbidden; empty where nobody did."""
    return " and ".join((["pod"] if pod else []) + ([named(names)] if names else []))


def is_windows(spec: Fields) -> bool:
    """Whether the pod says that it runs on Windows."""
    return (spec.get("os") or {}).get("name") == "windows"


def in_user_namespace(spec: Fields) -> bool:
    """Whether the pod's users are not the host's."""
    return spec.get("hostUsers") is False
