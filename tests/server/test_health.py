"""Health endpoints: checks by name, verbose and excluded."""

from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from miniapi.endpoints.context import Context
from miniapi.meta.request_info import parse
from miniapi.server.health import CheckFailed, Health, HealthCheck
from miniapi.wire import Request, no_body


async def fails() -> None:
    raise CheckFailed("out of order")


async def ask(health: Health, path: str, query: str = ""):
    request = Request("GET", path, query, CIMultiDict(), no_body)
    return await health.serve(Context(request, datetime(2026, 1, 1, tzinfo=UTC), parse("GET", path, query)))


@pytest.fixture
def broken() -> Health:
    health = Health()
    health.readyz.append(HealthCheck("thing", fails))
    return health


async def test_all_is_well(broken):
    assert (await ask(broken, "/livez")).body == b"ok"
    assert (await ask(broken, "/livez", "verbose")).body == b"[+]ping ok\n[+]log ok\nlivez check passed\n"
    assert (await ask(broken, "/readyz/ping")).body == b"ok"


async def test_what_fails_is_named_and_its_reason_only_told_by_its_own_path(broken):
    reply = await ask(broken, "/readyz")
    assert (reply.status, reply.body) == (
        500,
        b"[+]ping ok\n[+]log ok\n[-]thing failed: reason withheld\nreadyz check failed\n",
    )
    reply = await ask(broken, "/readyz/thing")
    assert (reply.status, reply.body) == (500, b"internal server error: out of order\n")


async def test_checks_can_be_excluded(broken):
    assert (await ask(broken, "/readyz", "exclude=thing")).status == 200
    reply = await ask(broken, "/livez", "verbose&exclude=b&exclude=a&exclude=log")
    assert reply.body.decode().splitlines() == [
        "[+]ping ok",
        "[+]log excluded: ok",
        'warn: some health checks cannot be excluded: no matches for "a","b"',
        "livez check passed",
    ]


@pytest.mark.parametrize("path", ["/readyz/", "/readyz/none", "/readyz/thing/more"])
async def test_other_paths_are_not_health_checks(broken, path):
    assert await ask(broken, path) is None
