"""The filters of flow: how long a request may take, how many may run, and what happens while the server ends."""

import asyncio
import logging
from datetime import UTC, datetime

import orjson
import pytest
from multidict import CIMultiDict

from miniapi.endpoints.context import Context
from miniapi.endpoints.filters.access_log import access_log
from miniapi.endpoints.filters.cors import cors
from miniapi.endpoints.filters.deadline import deadline
from miniapi.endpoints.filters.drain import Drain
from miniapi.endpoints.filters.in_flight import InFlight
from miniapi.endpoints.filters.panic_recovery import PANIC, panic_recovery
from miniapi.endpoints.filters.response_headers import response_headers
from miniapi.errors import ApiError
from miniapi.meta.request_info import parse
from miniapi.meta.user import UserInfo
from miniapi.wire import Peer, Reply, Request, no_body

PODS = "/api/v1/namespaces/ns/pods"
ALICE, ADMIN = UserInfo("alice"), UserInfo("admin", groups=("system:masters",))


def context(method="GET", path=PODS, query="", user=ALICE, loopback=False, **headers):
    request = Request(method, path, query, CIMultiDict(headers), no_body, Peer(loopback=loopback))
    return Context(request, datetime(2026, 1, 1, tzinfo=UTC), parse(method, path, query), user)


async def answer(context):
    del context
    return Reply(200)


class Held:
    """A handler whose requests run until let go."""

    def __init__(self):
        self.go = asyncio.Event()
        self.running = 0

    async def __call__(self, context):
        self.running += 1
        await self.go.wait()
        return Reply(200)


async def started(handler, *contexts):
    tasks = [asyncio.create_task(handler(c)) for c in contexts]
    await asyncio.sleep(0)
    return tasks


async def test_what_takes_too_long_is_answered_with_504():
    reply = await deadline(0.01)(Held())(context("POST"))
    assert (reply.status, reply.content_type) == (504, "text/plain; charset=utf-8")
    assert orjson.loads(reply.body) == {
        "metadata": {},
        "status": "Failure",
        "message": "Timeout: request did not complete within the allotted timeout",
        "reason": "Timeout",
        "details": {},
        "code": 504,
    }


async def test_each_request_has_its_own_time_and_one_that_its_client_ends_is_not_told_of_it():
    held = Held()
    handler = deadline(0.06)(held)
    (first, ended) = await started(handler, context("POST"), context("POST"))
    await asyncio.sleep(0.04)
    (later,) = await started(handler, context("POST"))
    ended.cancel()
    late, gone = await asyncio.gather(first, ended, return_exceptions=True)
    assert (late.status, type(gone)) == (504, asyncio.CancelledError)
    held.go.set()
    assert (await later).status == 200


@pytest.mark.parametrize("path", [PODS, f"{PODS}/a"])
async def test_the_query_may_ask_for_less(path):
    assert (await deadline(60)(Held())(context("GET", path, "timeout=10ms"))).status == 504


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_timeout_that_is_none_is_answered_with_400(method):
    with pytest.raises(ApiError) as raised:
        await deadline(60)(answer)(context(method, f"{PODS}/a", "timeout=5"))
    assert (raised.value.code, raised.value.message) == (
        400,
        'invalid timeout specified in the request URL - time: missing unit in duration "5"',
    )


async def test_watches_have_no_deadline():
    held = Held()
    (task,) = await started(deadline(0.01)(held), context(query="watch=1&timeout=x"))
    await asyncio.sleep(0.03)
    assert not task.done()
    held.go.set()
    assert (await task).status == 200


async def test_above_the_bound_reads_and_writes_are_told_to_come_back_but_masters_are_served():
    held, bounds = Held(), InFlight(1, 1)
    handler = bounds.filter()(held)
    watch = context(query="watch=true")
    tasks = await started(handler, context(), context("POST"), watch, context(user=ADMIN))
    assert (held.running, bounds.reads, bounds.writes) == (4, 2, 1)
    for refused in (await handler(context()), await handler(context("POST"))):
        assert (refused.status, refused.body) == (429, b"Too many requests, please try again later.\n")
        assert ("Retry-After", "1") in refused.headers
    held.go.set()
    await asyncio.gather(*tasks)
    assert (bounds.reads, bounds.writes) == (0, 0)
    assert (await handler(context())).status == 200


async def test_once_closed_new_requests_are_refused_but_probes_and_the_servers_own():
    drain = Drain(send_retry_after=False)
    handler = drain.filter()(answer)
    drain.close()
    for refused in (context(), context(query="watch=1")):
        with pytest.raises(ApiError) as raised:
            await handler(refused)
        assert (raised.value.code, raised.value.message) == (503, "apiserver is shutting down")
        assert {("Retry-After", "1"), ("Connection", "close")} <= set(raised.value.headers)
    for taken in (context(path="/readyz"), context(loopback=True)):
        assert (await handler(taken)).status == 200


async def test_retry_after_is_sent_where_asked_for():
    drain = Drain(send_retry_after=True)
    drain.close()
    refused = await drain.filter()(answer)(context())
    assert (refused.status, refused.body) == (429, b"The apiserver is shutting down, please try again later.\n")
    assert {("Retry-After", "5"), ("Connection", "close")} <= set(refused.headers)


async def test_the_end_waits_for_short_requests_and_not_for_watches():
    drain, held = Drain(send_retry_after=False), Held()
    short, watch = await started(drain.filter()(held), context(), context(query="watch=1"))
    drain.close()
    waiting = asyncio.create_task(drain.wait(60))
    await asyncio.sleep(0)
    assert not waiting.done()
    await drain.wait(0.01)
    watch.cancel()
    held.go.set()
    await asyncio.wait_for(waiting, 1)
    assert short.done()


async def test_browsers_are_let_in_from_the_origins_named():
    handler = cors([r"//localhost(:|$)", "example"])(answer)
    asked = context(Origin="http://localhost:3000")
    assert (await handler(asked)).status == 200
    assert dict(asked.headers)["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert dict(asked.headers)["Access-Control-Allow-Credentials"] == "true"
    other = context(Origin="http://elsewhere")
    await handler(other)
    await handler(context())
    assert other.headers == []


async def test_a_preflight_is_answered_before_anybody_asks_who_it_is():
    reply = await cors(["."])(Held())(context("OPTIONS", Origin="http://a"))
    assert reply.status == 204
    assert dict(reply.headers)["Access-Control-Allow-Methods"] == "POST, GET, OPTIONS, PUT, DELETE, PATCH"


async def test_answers_are_not_for_caches_unless_they_say_so():
    async def public(context):
        context.headers.append(("X", "y"))
        return Reply(200, headers=[("Cache-Control", "public")])

    handler = response_headers(["max-age=1", "preload"])
    assert dict((await handler(answer)(context())).headers) == {
        "Cache-Control": "no-cache, private",
        "Strict-Transport-Security": "max-age=1; preload",
    }
    assert dict((await response_headers([])(public)(context())).headers) == {"Cache-Control": "public", "X": "y"}


async def test_what_breaks_is_told_in_plain_text(caplog):
    async def breaks(context):
        raise ZeroDivisionError

    reply = await panic_recovery()(breaks)(context())
    assert (reply.status, reply.body, reply.content_type) == (
        500,
        f"{PANIC}\n".encode(),
        "text/plain; charset=utf-8",
    )
    assert "ZeroDivisionError" in caplog.text


async def test_each_request_is_told_of_once_it_is_over(caplog):
    async def stream(context):
        async def chunks():
            yield b"x"

        return Reply(200, stream=chunks())

    caplog.set_level(logging.INFO, "miniapi.access")
    await access_log()(answer)(context(query="limit=1", **{"User-Agent": "curl"}))
    told = caplog.records[0].fields
    assert (told["verb"], told["URI"], told["userAgent"], told["resp"]) == ("LIST", f"{PODS}?limit=1", "curl", 200)
    reply = await access_log()(stream)(context(query="watch=1"))
    assert len(caplog.records) == 1
    assert [chunk async for chunk in reply.stream] == [b"x"]
    assert caplog.records[1].fields["verb"] == "WATCH"
