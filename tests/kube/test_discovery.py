"""Discovery documents, and how they may be asked for."""

from datetime import UTC, datetime

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


async def asked(method, path):
    request = Request(method, path, "", CIMultiDict(), fixed_body(b""))
    return await Discovery(Catalog(builtin_kinds()), "127.0.0.1:443").serve(
        Context(request, NOW, parse(method, path, ""))
    )


@pytest.mark.parametrize("path", ["/apis", "/apis/apps"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
async def test_groups_are_told_whatever_the_method(method, path):
    assert (await asked(method, path)).status == 200


@pytest.mark.parametrize("path", ["/api", "/api/v1", "/apis/apps/v1"])
async def test_versions_and_their_resources_are_only_read(path):
    with pytest.raises(ApiError) as refused:
        await asked("POST", path)
    assert refused.value.code == 405
