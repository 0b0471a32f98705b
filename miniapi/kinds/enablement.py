"""--runtime-config: which versions and resources are served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from miniapi.kinds.kind import Kind
from miniapi.kinds.releases import ON

TRUE = ("true", "1", "")


def enabled(kinds: Iterable[Kind], runtime_config: Mapping[str, str]) -> tuple[list[Kind], list[str]]:
    """-> (the kinds that are served, problems that name the flag).

    The most exact setting wins: a resource's, its version's, its stage's (`api/beta`), `api/all`. Without any,
    stable versions are served.
    """
    kinds = list(kinds)
    versions = {k.gvk.api_version for k in kinds}
    places = {f"{k.gvk.api_version}/{k.plural}" for k in kinds}
    problems = []
    for name, value in runtime_config.items():
        if value not in (*TRUE, "false", "0"):
            problems.append(f"--runtime-config: {name}={value} is neither true nor false")
        elif name not in ("api/all", "api/ga", "api/beta", "api/alpha") and name not in versions and name not in places:
            problems.append(f"--runtime-config: {name} is not a version or resource that this server has")
    if problems:
        return [], problems

    def served(kind: Kind) -> bool:
        for name in (
            f"{kind.gvk.api_version}/{kind.plural}",
            kind.gvk.api_version,
            _stage(kind.gvk.version),
            "api/all",
        ):
            if name in runtime_config:
                return runtime_config[name] in TRUE
        return _stage(kind.gvk.version) == "api/ga" or f"{kind.gvk.api_version}/{kind.plural}" in ON

    return [k for k in kinds if served(k)], []


def _stage(version: str) -> str:
    if "alpha" in version:
        return "api/alpha"
    return "api/beta" if "beta" in version else "api/ga"
