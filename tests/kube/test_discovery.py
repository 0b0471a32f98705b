"""Discovery documents, and how they may be asked for."""

from datetime import UTC, datetime

import orjson
import pytest
from multidict import CIMultiDict

from miniapi.endpoints.context import Context
from miniapi.errors import ApiError
from miniapi.kinds.builtin import builtin_kinds
from miniapi.kinds.catalog import Catalog
from miniapi.kube.discovery import Discovery
from miniapi.meta.request_info import parse
from miniapi.wire import Request, fixed_body

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def asked(method, path, *more, **headers):
    request = Request(method, path, "", CIMultiDict(headers), fixed_body(b""))
    return await Discovery(Catalog(builtin_kinds()), "127.0.0.1:443", more).serve(
        Context(request, NOW, parse(method, path, ""))
    )


class Brought:
    """Versions of groups that are no built-in ones."""

    changes = 1

    def kinds(self):
        return ()

    def places(self):
        return [("aaa.dev", "v1beta1"), ("mmm.dev", "v2"), ("mmm.dev", "v1alpha1"), ("zzz.dev", "v1")]


@pytest.mark.parametrize("path", ["/apis", "/apis/apps"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
async def test_groups_are_told_whatever_the_method(method, path):
    assert (await asked(method, path)).status == 200


@pytest.mark.parametrize("path", ["/api", "/api/v1", "/apis/apps/v1"])
async def test_versions_and_their_resources_are_only_read(path):
    with pytest.raises(ApiError) as refused:
        await asked("POST", path)
    assert refused.value.code == 405


@pytest.mark.parametrize(
    ("accept", "order"),
    [
        ("application/json", ["zzz.dev", "mmm.dev", "aaa.dev"]),
        ("application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList", ["aaa.dev", "mmm.dev", "zzz.dev"]),
    ],
)
async def test_brought_groups_stand_by_the_names_of_their_services_or_by_their_own(accept, order):
    told = orjson.loads((await asked("GET", "/apis", Brought(), Accept=accept)).body)
    names = [
        group["name"] if "name" in group else group["metadata"]["name"] for group in told.get("groups") or told["items"]
    ]
    assert names[-3:] == order
