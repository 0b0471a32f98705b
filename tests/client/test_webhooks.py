"""Webhooks behind a Service that cannot be reached."""

import pytest

from miniapi.client.services import ServiceResolver
from miniapi.client.webhooks import WebhookCaller, WebhookFailed


class Objects:
    async def get(self, group, plural, namespace, name):
        return {"spec": {"ports": [{"port": 80}]}} if name == "web" else None

    async def list(self, group, plural, namespace=""):
        return []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none", 'service "none" not found'),
        ("web", 'no service port 8443 found for service "web"'),
    ],
)
async def test_a_service_that_is_not_there_is_told_of_with_the_call(name, told):
    caller = WebhookCaller(None, ServiceResolver(Objects()))
    config = {"service": {"name": name, "namespace": "ns", "port": 8443, "path": "/p"}}
    with pytest.raises(WebhookFailed) as raised:
        await caller.call(config, {}, 5)
    assert str(raised.value) == f'Post "https://{name}.ns.svc:8443/p?timeout=5s": {told}'
