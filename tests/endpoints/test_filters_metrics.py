"""What is counted of requests, and what is not."""

import pytest

from miniapi.endpoints.filters.in_flight import InFlight
from miniapi.endpoints.filters.request_metrics import RequestMetrics
from miniapi.wire import JSON, PROTOBUF, Reply
from tests.endpoints.test_filters_flow import PODS, context


@pytest.fixture
def metrics():
    return RequestMetrics(lambda group, version, resource: resource == "pods", InFlight(0, 0))


async def run(metrics, asked, reply=None):
    async def answer(context):
        del context
        return reply or Reply(200, b"x" * 2000)

    return await metrics.filter()(answer)(asked)


async def values(metrics, name):
    return next(f for f in await metrics.families() if f.name == name).values


@pytest.mark.parametrize(
    ("asked", "labels"),
    [
        (context(), ("LIST", "", "", "v1", "pods", "", "namespace")),
        (context(path="/api/v1/pods"), ("LIST", "", "", "v1", "pods", "", "cluster")),
        (context(path=f"{PODS}/a/status"), ("GET", "", "", "v1", "pods", "status", "resource")),
        (context("POST", query="dryRun=All"), ("POST", "All", "", "v1", "pods", "", "resource")),
        (context("POST", query="dryRun=x"), ("POST", "invalid", "", "v1", "pods", "", "resource")),
        (
            context("PATCH", f"{PODS}/a", **{"Content-Type": "application/apply-patch+yaml"}),
            ("APPLY", "", "", "v1", "pods", "", "resource"),
        ),
        (context("DELETE"), ("DELETE", "", "", "v1", "pods", "", "namespace")),
        (context("POST", f"{PODS}/a/exec"), ("CONNECT", "", "", "v1", "pods", "exec", "resource")),
        (context(path="/healthz"), ("GET", "", "", "", "", "/healthz", "")),
    ],
)
async def test_labels_are_the_originals(metrics, asked, labels):
    await run(metrics, asked)
    assert await values(metrics, "apiserver_request_total") == {(*labels, "apiserver", "200"): 1}


async def test_names_that_clients_make_up_are_not_kept(metrics):
    for number in range(50):
        await run(metrics, context(path=f"/api/v1/nonsense{number}"), Reply(404))
        await run(metrics, context(path=f"/nonsense{number}"), Reply(404))
    assert len(await values(metrics, "apiserver_request_total")) == 2
    await run(metrics, context(path=f"{PODS}/none"), Reply(404))
    assert ("GET", "", "", "v1", "pods", "", "resource", "apiserver", "404") in await values(
        metrics, "apiserver_request_total"
    )


async def test_times_and_sizes_are_distributions(metrics):
    await run(metrics, context())
    found = {f.name: f.distributions for f in await metrics.families()}
    assert [sum(d.counts) for d in found["apiserver_request_duration_seconds"].values()] == [1]
    assert [sum(d.counts) for d in found["apiserver_request_sli_duration_seconds"].values()] == [1]
    assert [d.counts[:2] for d in found["apiserver_response_sizes"].values()] == [[0, 1]]


@pytest.mark.parametrize(
    ("content_type", "chunk"), [(JSON, b"{}\n{}\n"), (PROTOBUF, b"\0\0\0\2ab\0\0\0\1c")], ids=["json", "protobuf"]
)
async def test_watches_run_until_they_are_closed(metrics, content_type, chunk):
    async def stream():
        yield chunk

    reply = await run(metrics, context(query="watch=1"), Reply(200, content_type=content_type, stream=stream()))
    assert await anext(reply.stream) == chunk
    assert list((await values(metrics, "apiserver_longrunning_requests")).values()) == [1]
    assert await values(metrics, "apiserver_request_total") == {}
    await reply.stream.aclose()
    assert list((await values(metrics, "apiserver_longrunning_requests")).values()) == [0]
    assert await values(metrics, "apiserver_watch_events_total") == {("", "v1", "pods"): 2}
    assert list(await values(metrics, "apiserver_request_total")) == [
        ("WATCH", "", "", "v1", "pods", "", "namespace", "apiserver", "200")
    ]


async def test_the_servers_own_requests_are_counted_apart(metrics):
    await run(metrics, context(loopback=True))
    await run(metrics, context())
    assert await values(metrics, "apiserver_selfrequest_total") == {("LIST", "", "pods", ""): 1}
