"""Who may ask for an administrator's access to devices."""

from datetime import UTC, datetime
from typing import Any

import pytest

from miniapi.errors import ApiError
from miniapi.kube.handlers.admin_access import LABEL, admin_access_hooks
from miniapi.meta.user import UserInfo
from miniapi.strategies.interface import WriteContext

CTX = WriteContext(UserInfo("u"), "n", "c", datetime(2026, 1, 1, tzinfo=UTC))
CLAIM = {
    "kind": "ResourceClaim",
    "spec": {"devices": {"requests": [{"firstAvailable": []}, {"exactly": {"adminAccess": True}}]}},
}


class Namespaces:
    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = labels

    async def get(self, group: str, plural: str, namespace: str, name: str, /) -> Any:
        return {"metadata": {"name": name, "labels": self._labels}}


async def test_a_namespace_without_the_label_may_not() -> None:
    hook = admin_access_hooks(Namespaces({}))["resource.k8s.io", "resourceclaims", ""].before_create
    assert hook is not None
    with pytest.raises(ApiError) as caught:
        await hook(CLAIM, CTX)
    assert caught.value.causes[0].field == "spec.devices.requests[1].adminAccess"


async def test_one_with_the_label_may() -> None:
    hook = admin_access_hooks(Namespaces({LABEL: "true"}))["resource.k8s.io", "resourceclaims", ""].before_create
    assert hook is not None
    await hook(CLAIM, CTX)
