"""The feature gates of Kubernetes 1.36 (component-base/featuregate, the tables of pkg/features and its kin)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

BUILT = frozenset({"APIResponseCompression", "CBORServingAndStorage"})
"""Gates that miniapi has both ways."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One feature. miniapi behaves as `enabled` says."""

    name: str
    stage: str
    """ALPHA, BETA, DEPRECATED; empty for what is generally available."""
    enabled: bool
    locked: bool


def gates() -> dict[str, Gate]:
    """By name, as the release has them by default."""
    table = json.loads(resources.files("miniapi.features").joinpath("data/gates.json").read_bytes())
    return {name: Gate(name, *row) for name, row in table.items()}


def problems(given: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the values of --feature-gates: miniapi takes those that say how it behaves."""
    known = gates() if given else {}
    for name, text in given.items():
        gate = known.get(name)
        if gate is None:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else "leave it out"
            yield f"--feature-gates: unrecognized feature gate: {name}; {hint}"
        elif text.lower() not in ("true", "false"):
            yield f"--feature-gates: invalid value of {name}: {text}; use true or false"
        elif (text.lower() == "true") != gate.enabled and name not in BUILT:
            default = str(gate.enabled).lower()
            if gate.locked:
                yield f"--feature-gates: cannot set feature gate {name} to {text}, feature is locked to {default}"
            else:
                yield f"--feature-gates: {name}={text} is known to kube-apiserver, not built yet; it is {default} here"
