"""/healthz, /livez and /readyz: named checks, each of them a path of its own (apiserver/pkg/server/healthz)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from miniapi.endpoints.context import Context
from miniapi.wire import Reply, plain_text

TEXT = "text/plain; charset=utf-8"


_UNLISTED = ("/readyz/etcd", "/readyz/etcd-readiness")


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """`check` returns None, or raises with the reason for the log."""

    name: str
    check: Callable[[], Awaitable[None]]


class CheckFailed(Exception):
    """A health check's reason; only the check's own path tells it."""


async def healthy() -> None:
    """A check that only shows that the server answers."""


@dataclass(slots=True)
class Health:
    """The checks of the three endpoints, in the order in which they are listed."""

    healthz: list[HealthCheck] = field(
        default_factory=lambda: [HealthCheck("ping", healthy), HealthCheck("log", healthy)]
    )
    livez: list[HealthCheck] = field(
        default_factory=lambda: [HealthCheck("ping", healthy), HealthCheck("log", healthy)]
    )
    readyz: list[HealthCheck] = field(
        default_factory=lambda: [HealthCheck("ping", healthy), HealthCheck("log", healthy)]
    )

    last: dict[tuple[str, str], bool] = field(default_factory=dict)
    """(check, endpoint) -> whether it was well when it was last asked with all others."""
    results: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """(check, success or error, endpoint) -> how often."""

    def add(self, check: HealthCheck, *, livez: bool = True) -> None:
        """Adds a check to all three endpoints, or to all but /livez."""
        self.healthz.append(check)
        self.readyz.append(check)
        if livez:
            self.livez.append(check)

    def paths(self) -> list[str]:
        """What `/` lists of health: all but the store's checks below /readyz, which the original serves unlisted."""
        out: list[str] = []
        for endpoint in ("healthz", "livez", "readyz"):
            out.append(f"/{endpoint}")
            out += sorted(f"/{endpoint}/{c.name}" for c in getattr(self, endpoint))
        return [path for path in out if path not in _UNLISTED]

    async def serve(self, context: Context) -> Reply | None:
        """None for a path that is not a health check."""
        path = context.request.path
        _, endpoint, name = (*path.split("/", 2), "")[:3]
        if path.endswith("/") or endpoint not in ("healthz", "livez", "readyz"):
            return None
        checks: list[HealthCheck] = getattr(self, endpoint)
        if name:
            found = [c for c in checks if c.name == name]
            if not found:
                return None
            return await _alone(found[0])
        return await self._all(checks, endpoint, context)

    async def _all(self, checks: Sequence[HealthCheck], endpoint: str, context: Context) -> Reply:
        excluded = {v for k, v in context.info.query if k == "exclude"}
        lines: list[str] = []
        failed = False
        for check in checks:
            if check.name in excluded:
                excluded.discard(check.name)
                lines.append(f"[+]{check.name} excluded: ok\n")
                continue
            try:
                await check.check()
            except CheckFailed:
                failed = True
                lines.append(f"[-]{check.name} failed: reason withheld\n")
                self._remember(check.name, endpoint, well=False)
            else:
                lines.append(f"[+]{check.name} ok\n")
                self._remember(check.name, endpoint, well=True)
        if excluded:
            unknown = ",".join(f'"{e}"' for e in sorted(excluded))
            lines.append(f"warn: some health checks cannot be excluded: no matches for {unknown}\n")
        told = "".join(lines)
        if failed:
            return plain_text(500, f"{told}{endpoint} check failed")
        if not any(name == "verbose" for name, _ in context.info.query):
            return _well("ok")
        return _well(f"{told}{endpoint} check passed\n")

    def _remember(self, name: str, endpoint: str, *, well: bool) -> None:
        self.last[name, endpoint] = well
        key = (name, "success" if well else "error", endpoint)
        self.results[key] = self.results.get(key, 0) + 1


async def _alone(check: HealthCheck) -> Reply:
    try:
        await check.check()
    except CheckFailed as problem:
        return plain_text(500, f"internal server error: {problem}")
    return _well("ok")


def _well(text: str) -> Reply:
    return Reply(200, text.encode(), TEXT, [("X-Content-Type-Options", "nosniff")])
