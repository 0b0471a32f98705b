"""Events go to a service in lists, as often as it takes them, and to several sinks."""

import json

import pytest

from miniapi.audit.options import AuditOptions
from miniapi.audit.sinks import Sinks, Throttle
from miniapi.audit.webhook_backend import WebhookBackend
from miniapi.client.config import ClientConfig
from miniapi.client.review_webhook import RETRIES
from miniapi.wire import Reply


class Transport:
    def __init__(self, *replies):
        self.replies, self.bodies = list(replies), []

    async def send(self, request):
        self.bodies.append(json.loads(await request.read(1 << 20)))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def close(self):
        pass


def backend(transport):
    return WebhookBackend(ClientConfig("https://h/audit"), 0.0, transport)


async def test_events_are_sent_as_one_list_until_they_are_taken():
    transport = Transport(ConnectionError("refused"), Reply(503), Reply(200))
    await backend(transport).write([b'{"auditID":"1"}\n', b'{"auditID":"2"}\n'])
    assert transport.bodies[-1] == {
        "kind": "EventList",
        "apiVersion": "audit.k8s.io/v1",
        "metadata": {},
        "items": [{"auditID": "1"}, {"auditID": "2"}],
    }
    assert len(transport.bodies) == 3


@pytest.mark.parametrize(("replies", "asked"), [([Reply(403)], 1), ([Reply(503)] * (RETRIES + 1), RETRIES + 1)])
async def test_a_service_that_does_not_take_them_loses_them(replies, asked):
    transport = Transport(*replies)
    with pytest.raises(OSError, match="answered"):
        await backend(transport).write([b"{}\n"])
    assert len(transport.bodies) == asked


class Sink:
    def __init__(self, keeps):
        self.keeps, self.events, self.closed = keeps, [], False

    async def process(self, event):
        self.events.append(event)
        return self.keeps

    async def close(self):
        self.closed = True


async def test_every_sink_gets_every_event():
    sinks = Sink(False), Sink(True)
    several = Sinks(sinks)
    assert not await several.process({"auditID": "1"})
    await several.close()
    assert all(s.events == [{"auditID": "1"}] and s.closed for s in sinks)


async def test_a_burst_goes_at_once_and_the_rest_in_turn(monkeypatch):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr("miniapi.audit.sinks.asyncio.sleep", sleep)
    throttle = Throttle(10, 2, clock=lambda: 0.0)
    for _ in range(4):
        await throttle.wait()
    assert slept == [pytest.approx(0.1), pytest.approx(0.2)]


def test_settings_of_the_webhook_are_checked_by_its_own_flags():
    options = AuditOptions(webhook_mode="later", webhook_version="v2", webhook_config_file="/nowhere")
    told = "\n".join(options.validate())
    assert "--audit-webhook-mode: later is not a mode" in told
    assert "--audit-webhook-version: v2 is not served" in told
    assert "--audit-webhook-config-file: there is no file /nowhere" in told
    assert "--audit-webhook-batch-max-size" in "\n".join(AuditOptions(webhook_max_size=0).validate())
