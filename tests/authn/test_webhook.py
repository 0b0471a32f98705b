"""Tokens that another service knows."""

import pytest

from miniapi.authn.interface import InvalidCredential
from miniapi.authn.webhook import WebhookTokens
from miniapi.client.config import ClientConfig
from miniapi.client.review_webhook import RETRIES, ReviewWebhook, WebhookFailed
from miniapi.wire import Reply


class Service:
    def __init__(self, status=None, failure=""):
        self.status, self.failure, self.asked = status, failure, 0

    async def ask(self, review):
        self.asked += 1
        if self.failure:
            raise WebhookFailed(self.failure)
        return {**review, "status": self.status}


def tokens(service, audiences=("api",)):
    return WebhookTokens(service, "v1", audiences, 60, clock=lambda: 0.0)


KNOWN = {"authenticated": True, "user": {"username": "bob", "groups": ["g"], "extra": {"k": ["v"]}}}


async def test_service_tells_whose_a_token_is_and_is_asked_once():
    service = Service(KNOWN)
    authenticator = tokens(service)
    for _ in range(2):
        user = await authenticator.authenticate_token("t", ("api",))
        assert user is not None
        assert (user.name, user.groups, user.extra, user.audiences) == ("bob", ("g",), {"k": ("v",)}, ("api",))
    assert service.asked == 1


@pytest.mark.parametrize("status", [{"authenticated": False}, {**KNOWN, "audiences": ["other"]}])
async def test_unknown_tokens_and_other_audiences_are_nobodys(status):
    assert await tokens(Service(status)).authenticate_token("t", ("api",)) is None


@pytest.mark.parametrize("service", [Service({"error": "expired"}), Service(failure="expired")])
async def test_problems_are_told(service):
    with pytest.raises(InvalidCredential, match="expired"):
        await tokens(service).authenticate_token("t", ())


class Transport:
    def __init__(self, *replies):
        self.replies = list(replies)

    async def send(self, request):
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def close(self):
        pass


async def test_busy_services_are_asked_again(monkeypatch):
    monkeypatch.setattr("miniapi.client.review_webhook.FIRST_PAUSE_SECONDS", 0.0)
    answered = Reply(200, b'{"status":{"allowed":true}}')
    away = [ConnectionError("refused"), Reply(503, b"busy")]
    webhook = ReviewWebhook(ClientConfig("https://h"), Transport(*away, answered))
    assert (await webhook.ask({}))["status"] == {"allowed": True}
    webhook = ReviewWebhook(ClientConfig("https://h"), Transport(*[Reply(503, b"busy")] * (RETRIES + 1)))
    with pytest.raises(WebhookFailed, match="answered 503: busy"):
        await webhook.ask({})


@pytest.mark.parametrize("reply", [Reply(403, b"no"), Reply(200, b"x"), Reply(200, b"[]"), Reply(200, b"{}")])
async def test_answers_that_are_no_reviews_fail_at_once(reply):
    with pytest.raises(WebhookFailed):
        await ReviewWebhook(ClientConfig("https://h"), Transport(reply)).ask({})
