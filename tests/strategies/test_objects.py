"""Defaults and preparation of the kinds outside of pods and their makers."""

from datetime import UTC, datetime
from typing import Any

from miniapi.meta.user import UserInfo
from miniapi.strategies import certificates, namespace, quota, secret, service
from miniapi.strategies.builtin_objects import STRATEGIES, SUBRESOURCE_STRATEGIES
from miniapi.strategies.interface import WriteContext

CTX = WriteContext(UserInfo("bob", groups=("devs",)), "n", "a", datetime(2026, 1, 2, tzinfo=UTC))


def test_string_data_wins_over_data_and_is_gone() -> None:
    obj: dict[str, Any] = {"data": {"x": "b2xk"}, "stringData": {"x": "new", "y": "why"}}
    secret.default(obj)
    assert obj == {"type": "Opaque", "data": {"x": "bmV3", "y": "d2h5"}}


def test_a_namespace_gets_its_name_as_a_label_and_the_finalizer_that_empties_it() -> None:
    obj: dict[str, Any] = {"metadata": {"name": "a"}}
    namespace.prepare_create(obj, CTX)
    assert obj["metadata"]["labels"] == {"kubernetes.io/metadata.name": "a"}
    assert obj["spec"] == {"finalizers": ["kubernetes"]}
    assert obj["status"] == {"phase": "Active"}


def test_bounds_of_containers_become_defaults() -> None:
    limit: dict[str, Any] = {"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "64Mi"}}
    quota.default_limit_range({"spec": {"limits": [limit]}})
    assert limit["default"] == {"cpu": "2"}
    assert limit["defaultRequest"] == {"memory": "64Mi", "cpu": "2"}


def test_who_asks_for_a_certificate_is_what_the_server_saw() -> None:
    obj: dict[str, Any] = {"spec": {"username": "mallory", "extra": {"x": ["y"]}}, "status": {"certificate": "AA=="}}
    certificates.prepare_create(obj, CTX)
    assert obj == {"spec": {"username": "bob", "groups": ["devs"]}, "status": {}}


def test_an_update_of_a_service_keeps_what_was_allocated() -> None:
    old = {
        "spec": {"type": "NodePort", "clusterIP": "1", "clusterIPs": ["1"], "ports": [{"port": 80, "nodePort": 30001}]}
    }
    obj: dict[str, Any] = {"spec": {"type": "NodePort", "ports": [{"port": 81}]}}
    service.prepare_update(obj, old, CTX)
    assert obj["spec"] == {
        "type": "NodePort",
        "ports": [{"port": 81, "nodePort": 30001}],
        "clusterIP": "1",
        "clusterIPs": ["1"],
    }


def test_a_service_that_becomes_external_drops_its_addresses() -> None:
    old = {"spec": {"type": "ClusterIP", "clusterIP": "1", "clusterIPs": ["1"], "ipFamilies": ["IPv4"]}}
    obj: dict[str, Any] = {"spec": {**old["spec"], "type": "ExternalName", "externalName": "x"}}
    service.prepare_update(obj, old, CTX)
    assert obj["spec"] == {"type": "ExternalName", "externalName": "x"}


def test_status_endpoints_belong_to_kinds_that_are_there() -> None:
    assert {key[:2] for key in SUBRESOURCE_STRATEGIES} <= set(STRATEGIES)
