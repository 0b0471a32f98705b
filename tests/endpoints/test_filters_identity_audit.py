"""The audit filter: which events a request leaves, and what they say."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from miniapi import errors
from miniapi.audit.policy import read_policy
from miniapi.endpoints.context import Context
from miniapi.endpoints.filters.audit import audit, audit_start, failed_authentication
from miniapi.endpoints.filters.authorization import authorization
from miniapi.meta.request_info import parse
from miniapi.meta.user import UserInfo
from miniapi.wire import Peer, Reply, Request, fixed_body

ALICE = UserInfo("alice", "u", ("devs",))
RECEIVED = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC)
POD = {"kind": "Pod", "metadata": {"name": "p", "namespace": "ns", "managedFields": [{"manager": "m"}]}}


class Sink:
    def __init__(self, works=True):
        self.events, self.works = [], works

    async def process(self, event):
        self.events.append(json.loads(json.dumps(event)))
        return self.works


def policy(level, **more):
    return read_policy({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": level}], **more})


def context(method="POST", path="/api/v1/namespaces/ns/pods", query="", body=POD, user=ALICE):
    headers = CIMultiDict({"User-Agent": "test", "Authorization": "Bearer x"})
    request = Request(method, path, query, headers, fixed_body(json.dumps(body).encode()), Peer("1.2.3.4"))
    return Context(request, RECEIVED, parse(method, path, query), user, audit_id="id-1")


async def run(level, handler, asked=None, sink=None, **more):
    sink = sink or Sink()
    asked = asked or context()
    try:
        reply = await audit(sink, policy(level, **more), lambda: LATER)(handler)(asked)
    except errors.ApiError as problem:
        return sink.events, problem
    return sink.events, reply


async def created(context):
    await context.request.read(1000)
    return Reply(201, json.dumps({**POD, "status": {}}).encode())


async def test_metadata_names_request_object_and_code():
    (received, complete), _ = await run("Metadata", created)
    assert received["stage"] == "RequestReceived"
    assert received["stageTimestamp"] == received["requestReceivedTimestamp"] == "2026-01-02T03:04:05.000006Z"
    assert complete == {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": "id-1",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/ns/pods",
        "verb": "create",
        "user": {"username": "alice", "uid": "u", "groups": ["devs"]},
        "sourceIPs": ["1.2.3.4"],
        "userAgent": "test",
        "objectRef": {"resource": "pods", "namespace": "ns", "name": "p", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 201},
        "requestReceivedTimestamp": "2026-01-02T03:04:05.000006Z",
        "stageTimestamp": "2026-01-02T03:04:06.000000Z",
    }


async def test_bodies_are_told_as_far_as_the_level_says():
    (_, request), _ = await run("Request", created)
    assert request["requestObject"] == POD
    assert "responseObject" not in request
    (_, both), _ = await run("RequestResponse", created, omitManagedFields=True)
    assert both["requestObject"]["metadata"] == {"name": "p", "namespace": "ns"}
    assert both["responseObject"]["status"] == {}
    assert "managedFields" not in both["responseObject"]["metadata"]


async def test_omitted_stages_and_level_none_leave_no_event():
    events, _ = await run("Metadata", created, omitStages=["RequestReceived"])
    assert [e["stage"] for e in events] == ["ResponseComplete"]
    assert (await run("None", created))[0] == []


async def test_refusal_is_told_with_decision_and_reason():
    class Denies:
        async def authorize(self, attributes):
            from miniapi.authz.interface import Decision

            return Decision("no_opinion", "because")

    events, problem = await run("Metadata", authorization(Denies())(created))
    assert problem.code == 403
    assert events[1]["responseStatus"]["reason"] == "Forbidden"
    assert events[1]["responseStatus"]["code"] == 403
    assert events[1]["annotations"] == {
        "authorization.k8s.io/decision": "forbid",
        "authorization.k8s.io/reason": "because",
    }


async def test_watch_is_told_when_it_starts_and_when_it_ends():
    async def watch(context):
        async def stream():
            yield b"1"
            yield b"2"

        return Reply(200, stream=stream())

    sink = Sink()
    _, reply = await run("Metadata", watch, context("GET", query="watch=1"), sink)
    assert [e["stage"] for e in sink.events] == ["RequestReceived", "ResponseStarted"]
    assert sink.events[0]["requestURI"] == "/api/v1/namespaces/ns/pods?watch=1"
    assert [c async for c in reply.stream] == [b"1", b"2"]
    assert sink.events[2]["stage"] == "ResponseComplete"


async def test_impersonated_user_stands_beside_the_real_one():
    async def impersonating(context):
        context.impersonator, context.user = context.user, UserInfo("bob")
        context.impersonation_constraint = "impersonate:user-info"
        return Reply(200, b"{}")

    (_, complete), _ = await run("Metadata", impersonating)
    assert complete["user"]["username"] == "alice"
    assert complete["impersonatedUser"] == {"username": "bob"}
    assert complete["authenticationMetadata"] == {"impersonationConstraint": "impersonate:user-info"}


async def test_crash_is_told_as_panic():
    async def crash(context):
        raise RuntimeError("boom")

    sink = Sink()
    with pytest.raises(RuntimeError):
        await run("Metadata", crash, sink=sink)
    assert sink.events[1]["stage"] == "Panic"
    assert sink.events[1]["responseStatus"]["message"] == "APIServer panic'd: boom"


async def test_request_fails_where_its_first_event_must_be_kept_and_is_not():
    _, problem = await run("Metadata", created, sink=Sink(works=False))
    assert problem.code == 500


async def test_failed_authentication_is_told():
    sink = Sink()
    await failed_authentication(sink, policy("Metadata"), lambda: LATER)(context(user=None))
    (event,) = sink.events
    assert event["stage"] == "ResponseStarted"
    assert event["user"] == {}
    assert event["responseStatus"]["message"] == "Authentication failed, attempted: bearer"
    assert event["responseStatus"]["code"] == 401


async def test_every_request_has_an_id_that_the_answer_tells():
    asked = context("GET")
    reply = await audit_start()(created)(asked)
    assert uuid.UUID(dict(reply.headers)["Audit-Id"]).version == 4
    asked.request.headers["Audit-ID"] = "mine"
    assert dict((await audit_start()(created)(asked)).headers)["Audit-Id"] == "mine"
