"""--feature-gates."""

from __future__ import annotations

from dataclasses import dataclass

from miniapi.features.gates import problems
from miniapi.flag import flag


@dataclass
class FeatureOptions:
    """Which features are on."""

    gates: dict[str, str] = flag(
        "feature-gates", "NAME=true|false pairs of Kubernetes' feature gates.", "map", {}, section="Generic"
    )

    def on(self, gate: str, *, default: bool = False) -> bool:
        """Whether a gate of those that can be set is on; `default` is the release's."""
        given = self.gates.get(gate)
        return default if given is None else given.lower() == "true"

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        return list(problems(self.gates))
