"""Managed fields of kinds that are, or were, served in several versions."""

import pytest

from miniapi.kinds.builtin import builtin_kinds
from miniapi.kinds.catalog import Catalog
from miniapi.kube.served_versions import ServedVersions
from miniapi.schema.builtin import BuiltinSchemas

CATALOG = Catalog(builtin_kinds())


def versions(group, version, plural):
    return ServedVersions(CATALOG, BuiltinSchemas(), CATALOG.find(group, version, plural))


def test_an_autoscaler_is_seen_in_both_versions():
    both = versions("autoscaling", "v2", "horizontalpodautoscalers")
    old = {
        "apiVersion": "autoscaling/v1",
        "metadata": {"name": "h"},
        "spec": {"maxReplicas": 2, "targetCPUUtilizationPercentage": 50},
    }
    new = both.convert(old, "autoscaling/v2")
    assert new["spec"]["metrics"][0]["resource"]["name"] == "cpu"
    assert both.convert(new, "autoscaling/v1")["spec"] == old["spec"]
    assert both.convert(new, "autoscaling/v2") is new
    assert "targetCPUUtilizationPercentage" in both.schema("autoscaling/v1").fields["spec"].schema.fields


def test_an_event_is_seen_in_the_other_group():
    core = {"apiVersion": "v1", "metadata": {"name": "e"}, "message": "m"}
    assert versions("", "v1", "events").convert(core, "events.k8s.io/v1")["note"] == "m"


@pytest.mark.parametrize("api_version", ["v9", "apps/v1", "", "a/b/c"])
def test_versions_that_are_not_served_are_unknown(api_version):
    of_config_maps = versions("", "v1", "configmaps")
    with pytest.raises(LookupError):
        of_config_maps.schema(api_version)
    with pytest.raises(LookupError):
        of_config_maps.convert({"apiVersion": "v1"}, api_version)
