"""What is asked of the escalation check when roles are written."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from miniapi.kube.handlers.identity import identity_hooks
from miniapi.meta.user import UserInfo
from miniapi.strategies.interface import WriteContext


class Allows:
    def __init__(self):
        self.asked = []

    async def authorize(self, attributes):
        self.asked.append((attributes.verb, attributes.name))
        return SimpleNamespace(verdict="allow")


@pytest.mark.parametrize("path_name", ["", "r"])
async def test_a_role_made_by_put_may_be_escalated_by_its_name(path_name):
    authorizer = Allows()
    rights = SimpleNamespace(authorizer=authorizer, policy=None)
    hooks = identity_hooks(rights, SimpleNamespace(get=None))["rbac.authorization.k8s.io", "roles", ""]
    role = {"metadata": {"name": "r"}, "rules": []}
    await hooks.before_create(role, WriteContext(UserInfo("u"), "ns", "r", datetime.now(UTC), path_name=path_name))
    assert authorizer.asked == [("escalate", path_name)]
