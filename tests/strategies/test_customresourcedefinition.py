"""CustomResourceDefinitions: what a status is filled with."""

from typing import Any

from miniapi.strategies.customresourcedefinition import STATUS_STRATEGY


def test_a_status_without_stored_versions_has_the_one_that_is_stored() -> None:
    versions = [{"name": "v1", "storage": False}, {"name": "v2", "storage": True}]
    obj: dict[str, Any] = {
        "spec": {"names": {"kind": "Widget"}, "versions": versions},
        "status": {"storedVersions": []},
    }
    STATUS_STRATEGY.default(obj)
    assert obj["status"]["storedVersions"] == ["v2"]
    obj["status"]["storedVersions"] = ["v1"]
    STATUS_STRATEGY.default(obj)
    assert obj["status"]["storedVersions"] == ["v1"]
