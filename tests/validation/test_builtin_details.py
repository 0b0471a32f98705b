"""Small rules of built-in kinds, in the original's words."""

from __future__ import annotations

from typing import Any

import pytest

from miniapi.meta import names
from miniapi.validation import container_parts, daemonset, endpointslice, job, node, service, statefulset, volume_claim
from miniapi.validation.field import ErrorList
from miniapi.validation.pod_spec import pod_spec
from tests.validation.test_workloads import CONTAINER, POD_SPEC, SELECTOR, TEMPLATE, job_of


def paths(errors: ErrorList) -> list[str]:
    return [e.path for e in errors]


def test_pod_networks_that_are_none_cannot_be_a_pair() -> None:
    errors = node.create({"metadata": {}, "spec": {"podCIDRs": ["10.0.0.0/24", "a"]}})
    assert [(e.type, e.path) for e in errors] == [
        ("FieldValueInvalid", "spec.podCIDRs[1]"),
        ("InternalError", "spec.podCIDRs"),
        ("FieldValueInvalid", "spec.podCIDRs"),
    ]
    assert "invalid CIDR[1]: <nil> (invalid CIDR address: a)" in errors[1].message


def test_a_daemon_set_without_a_selector_misses_nothing_but_its_labels() -> None:
    errors = daemonset.DAEMON_SET.create({"spec": {"template": TEMPLATE, "updateStrategy": {"type": "OnDelete"}}})
    assert "spec.selector" not in paths(errors)


def stateful(**spec: Any) -> dict[str, Any]:
    strategy = {"type": "OnDelete"}
    given = {"selector": SELECTOR, "template": TEMPLATE, "podManagementPolicy": "Parallel", "updateStrategy": strategy}
    return {"metadata": {"name": "s"}, "spec": {**given, **spec}}


def test_a_stateful_set_judges_its_labels_twice_and_needs_names_for_its_claims() -> None:
    labels = {**TEMPLATE["metadata"]["labels"], "a b": ""}
    template = {**TEMPLATE, "metadata": {"labels": labels}}
    assert paths(statefulset.STATEFUL_SET.create(stateful(template=template))) == ["spec.template.labels"] * 2
    claim = {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1"}}}}
    assert paths(statefulset.STATEFUL_SET.create(stateful(volumeClaimTemplates=[claim]))) == [
        "spec.template.spec.volumes[0].persistentVolumeClaim.claimName",
        "spec.template.spec.volumes[0].name",
    ]


def test_the_namespace_of_a_data_source_is_a_name() -> None:
    reference = {"name": "a", "kind": "PersistentVolumeClaim", "namespace": "A"}
    assert "s.dataSourceRef.namespace" in paths(volume_claim.volume_claim_spec({"dataSourceRef": reference}, "s"))


def test_a_manager_may_be_no_path_and_too_long() -> None:
    errors = job.JOB.create(job_of(managedBy="x" * 64))
    assert [e.type for e in errors if e.path == "spec.managedBy"] == ["FieldValueInvalid", "FieldValueTooLong"]


@pytest.mark.parametrize("policy", ["", "SingleStack"])
def test_external_names_have_no_families(policy: str) -> None:
    spec = {"type": "ExternalName", "externalName": "a.b", "sessionAffinity": "None", "ipFamilyPolicy": policy}
    assert paths(service.create({"metadata": {}, "spec": spec})) == ["spec.ipFamilyPolicy"]


def test_long_names_are_not_judged_as_prefixes() -> None:
    assert names.name_is_long_name("Bad_", True) == []
    assert names.name_is_long_name("Bad_", False) != []


def test_variables_from_files_have_relaxed_keys_and_volumes_with_names() -> None:
    source = {"fileKeyRef": {"key": "a!", "volumeName": "V", "path": "..a"}}
    assert paths(container_parts.environment([{"name": "a", "valueFrom": source}], "env")) == [
        "env[0].valueFrom.fileKeyRef.volumeName"
    ]


def test_rules_of_init_containers_are_looked_into_with_a_policy_only() -> None:
    def judged(kind: str, **fields: Any) -> list[str]:
        ruled = {**CONTAINER, "name": "i", "restartPolicyRules": [{"exitCodes": {}}], **fields}
        return paths(pod_spec({**POD_SPEC, kind: [*((CONTAINER,) if kind == "containers" else ()), ruled]}, "s"))

    assert judged("initContainers") == ["s.initContainers[0].restartPolicy"]
    rule = "s.{}.restartPolicyRules[0]"
    for kind, at in (("initContainers", "initContainers[0]"), ("containers", "containers[1]")):
        where = rule.format(at)
        assert judged(kind, restartPolicy="Never") == [f"{where}.action", f"{where}.exitCodes.operator"]


def test_endpoints_that_do_not_change_are_not_judged_again() -> None:
    old = {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}]}
    assert paths(endpointslice.update({**old, "addressType": "IPv6"}, old)) == ["addressType"]
    changed = {"addressType": "IPv6", "endpoints": [{"addresses": ["10.0.0.2"]}]}
    assert paths(endpointslice.update(changed, old)) == ["endpoints[0].addresses", "addressType"]


def test_an_ephemeral_container_may_not_even_have_an_empty_lifecycle() -> None:
    extra = {**CONTAINER, "name": "e", "lifecycle": {}, "restartPolicy": ""}
    judged = paths(pod_spec({**POD_SPEC, "ephemeralContainers": [extra]}, "s"))
    assert judged == ["s.ephemeralContainers[0].restartPolicy", "s.ephemeralContainers[0].lifecycle"]


def test_names_of_claims_may_be_missing_twice_and_a_host_name_is_measured_before_it_is_read() -> None:
    assert [e.type for e in pod_spec({**POD_SPEC, "resourceClaims": [{}, {}]}, "s") if e.path.endswith("name")] == [
        "FieldValueRequired",
        "FieldValueRequired",
    ]
    judged = pod_spec({**POD_SPEC, "hostnameOverride": "X" * 65, "hostNetwork": True}, "s")
    assert [e.type for e in judged] == ["FieldValueForbidden", "FieldValueTooLong", "FieldValueInvalid"]
