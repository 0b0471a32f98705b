"""/healthz, /livez and /readyz: named checks, each of them a path of its own (apiserver/pkg/server/healthz)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from miniapi.endpoints.context import Context
from miniapi.wire import Reply, plain_text

TEXT = "text/plain; charset=utf-8"


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

    def add(self, check: HealthCheck, *, livez: bool = True) -> None:
        """Adds a check to all three endpoints, or to all but /livez."""
        self.healthz.append(check)
        self.readyz.append(check)
        if livez:
            self.livez.append(check)

    def paths(self) -> list[str]:
        """What `/` lists of health."""
        out: list[str] = []
        for endpoint in ("healthz", "livez", "readyz"):
            out.append(f"/{endpoint}")
            out += sorted(f"/{endpoint}/{c.name}" for c in getattr(self, endpoint))
        return out

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
            return await _run(found, name, context, single=True)
        return await _run(checks, endpoint, context, single=False)


async def _run(checks: list[HealthCheck], name: str, context: Context, *, single: bool) -> Reply:
    verbose = any(k == "verbose" for k, _ in context.info.query)
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
            lines.append(f"[+]{check.name} ok\n")
        except CheckFailed as problem:
            if single:
                return plain_text(500, f"internal server error: {problem}")
            failed = True
            lines.append(f"[-]{check.name} failed: reason withheld\n")
    if excluded:
        unknown = ",".join(f'"{e}"' for e in sorted(excluded))
        lines.append(f"warn: some health checks cannot be excluded: no matches for {unknown}\n")
    headers = [("X-Content-Type-Options", "nosniff")]
    if failed:
        return Reply(500, ("".join(lines) + f"{name} check failed\n").encode(), TEXT, headers)
    if not verbose or single:
        return Reply(200, b"ok", TEXT, headers)
    return Reply(200, ("".join(lines) + f"{name} check passed\n").encode(), TEXT, headers)
