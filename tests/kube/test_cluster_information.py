"""What aggregated servers must know is told, and what else is told beside it stays."""

import pytest

from miniapi.errors import not_found
from miniapi.kube.cluster_information import AUTHENTICATION, publish_authentication


class Client:
    def __init__(self, data=None):
        self.data, self.written = data, []

    async def get(self, group, version, plural, namespace, name):
        if self.data is None:
            raise not_found("configmaps", "", name)
        return {"metadata": {"name": name}, "data": self.data}

    async def create(self, group, version, plural, namespace, obj):
        self.written.append(obj)

    update = create


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, {"client-ca-file": "PEM"}),
        ({"client-ca-file": "old", "other": "x"}, {"client-ca-file": "PEM", "other": "x"}),
        ({"client-ca-file": "PEM"}, None),
    ],
)
async def test_configmap_says_what_this_server_believes(before, after):
    client = Client(before)
    await publish_authentication(client, {"client-ca-file": "PEM"})
    assert [(o["metadata"]["name"], o["data"]) for o in client.written] == ([(AUTHENTICATION, after)] if after else [])
