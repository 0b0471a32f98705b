"""What the kinds outside of pods and their makers refuse, in the original's words and order."""

from typing import Any

import pytest

from miniapi.validation.builtin_objects import VALIDATIONS
from miniapi.validation.field import ErrorList

META = {"name": "a", "namespace": "n"}


def told(errors: ErrorList) -> list[str]:
    return [f"{e.path}: {e.message}" for e in errors]


def create(group: str, plural: str, **body: Any) -> list[str]:
    return told(VALIDATIONS[group, plural].create({"metadata": dict(META), **body}))


def update(group: str, plural: str, new: dict[str, Any], old: dict[str, Any]) -> list[str]:
    return told(VALIDATIONS[group, plural].update({"metadata": META, **new}, {"metadata": META, **old}))


ROUTED = {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"}


@pytest.mark.parametrize(
    ("group", "plural", "body", "wrong"),
    [
        (
            "",
            "configmaps",
            {"data": {"k": "v"}, "binaryData": {"k": "AA=="}},
            ['data[k]: Invalid value: "k": duplicate of key present in binaryData'],
        ),
        (
            "flowcontrol.apiserver.k8s.io",
            "prioritylevelconfigurations",
            {
                "spec": {
                    "type": "Limited",
                    "limited": {
                        "nominalConcurrencyShares": -1,
                        "lendablePercent": 101,
                        "limitResponse": {"type": "Reject"},
                    },
                }
            },
            [
                "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
                "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
            ],
        ),
        (
            "",
            "events",
            {"involvedObject": {"namespace": "other"}},
            ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
        ),
        (
            "",
            "secrets",
            {"type": "kubernetes.io/tls"},
            ["data[tls.crt]: Required value", "data[tls.key]: Required value"],
        ),
        (
            "",
            "services",
            {"spec": {**ROUTED, "clusterIP": "10.96.0.78", "clusterIPs": ["10.96.0.79"], "ports": []}},
            [
                "spec.ports: Required value",
                'spec.clusterIPs: Invalid value: ["10.96.0.79"]: first value must match `clusterIP`',
            ],
        ),
        (
            "",
            "limitranges",
            {
                "spec": {
                    "limits": [{"type": "Container", "default": {"cpu": "0.5"}, "defaultRequest": {"cpu": "1"}}],
                }
            },
            [
                'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": '
                "default request value 1 is greater than default limit value 500m"
            ],
        ),
        (
            "",
            "resourcequotas",
            {"spec": {"hard": {"requests.cpu": "1"}, "scopes": ["BestEffort"]}},
            ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
        ),
        (
            "",
            "persistentvolumes",
            {"spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "local": {"path": "/d"}}},
            ["spec.nodeAffinity: Required value: Local volume requires node affinity"],
        ),
        (
            "networking.k8s.io",
            "networkpolicies",
            {"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}}]}]}},
            [
                'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": '
                "must be a strict subset of `cidr`"
            ],
        ),
        (
            "networking.k8s.io",
            "ingresses",
            {"spec": {}},
            ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
        ),
        (
            "rbac.authorization.k8s.io",
            "roles",
            {"rules": [{"verbs": ["get"], "nonResourceURLs": ["/x"]}]},
            ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
        ),
        (
            "scheduling.k8s.io",
            "priorityclasses",
            {"value": 1_000_000_001},
            ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
        ),
        (
            "flowcontrol.apiserver.k8s.io",
            "prioritylevelconfigurations",
            {"spec": {"type": "Exempt", "limited": {}}},
            [
                "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
                "spec.limited: Forbidden: must be nil if the type is not Limited",
            ],
        ),
        (
            "storage.k8s.io",
            "volumeattributesclasses",
            {},
            [
                "driverName: Required value",
                "parameters: Required value: must contain at least one key/value pair",
            ],
        ),
        (
            "certificates.k8s.io",
            "certificatesigningrequests",
            {"spec": {}},
            [
                "spec.request: Invalid value: null: PEM block type must be CERTIFICATE REQUEST",
                "spec.usages: Required value",
                "spec.signerName: Required value",
            ],
        ),
        (
            "admissionregistration.k8s.io",
            "validatingadmissionpolicybindings",
            {"spec": {"policyName": "p", "validationActions": ["Deny", "Deny"]}},
            ['spec.validationActions[1]: Duplicate value: "Deny"'],
        ),
        (
            "admissionregistration.k8s.io",
            "mutatingadmissionpolicybindings",
            {
                "spec": {
                    "policyName": "p",
                    "matchResources": {
                        "matchPolicy": "Exact",
                        "namespaceSelector": {},
                        "objectSelector": {},
                        "resourceRules": [
                            {
                                "apiGroups": [""],
                                "apiVersions": ["v1"],
                                "operations": ["CONNECT", "DELETE"],
                                "resources": ["pods"],
                            }
                        ],
                    },
                }
            },
            [
                'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": '
                'supported values: "*", "CONNECT", "CREATE", "UPDATE"'
            ],
        ),
        (
            "apiregistration.k8s.io",
            "apiservices",
            {"spec": {"group": "g", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1}},
            ['metadata.name: Invalid value: "a": must be `spec.version+"."+spec.group`: "v1.g"'],
        ),
        (
            "resource.k8s.io",
            "resourceclaims",
            {"spec": {"devices": {"requests": [{"name": "r"}]}}},
            ["spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"],
        ),
        (
            "discovery.k8s.io",
            "endpointslices",
            {"addressType": "IPv6", "endpoints": [{"addresses": ["10.1.2.3"]}]},
            ['endpoints[0].addresses: Invalid value: "10.1.2.3": must be an IPv6 address'],
        ),
    ],
)
def test_a_new_object_is_refused_with_every_cause(
    group: str, plural: str, body: dict[str, Any], wrong: list[str]
) -> None:
    assert create(group, plural, **body) == wrong


def test_an_immutable_config_map_stays_so() -> None:
    why = "Forbidden: field is immutable when `immutable` is set"
    old = {"immutable": True, "data": {"k": "v"}}
    assert update("", "configmaps", {"data": {"k": "w"}}, old) == [f"immutable: {why}", f"data: {why}"]


def test_a_cluster_ip_may_not_change() -> None:
    def service(ip: str) -> dict[str, Any]:
        return {"spec": {**ROUTED, "clusterIP": ip, "clusterIPs": [ip], "ports": [_PORT]}}

    wrong = update("", "services", service("10.96.0.2"), service("10.96.0.1"))
    assert wrong == ['spec.clusterIPs[0]: Invalid value: ["10.96.0.2"]: may not change once set']


_PORT = {"port": 80, "protocol": "TCP", "targetPort": 80}


def test_a_claim_shows_what_may_not_change_as_a_difference() -> None:
    def claim(mode: str) -> dict[str, Any]:
        return {"spec": {"accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}}}}

    (wrong,) = update("", "persistentvolumeclaims", claim("ReadWriteMany"), claim("ReadWriteOnce"))
    assert '\n-  "ReadWriteOnce"\n+  "ReadWriteMany"\n' in wrong


def test_a_role_binding_keeps_its_role() -> None:
    def binding(name: str) -> dict[str, Any]:
        return {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}}

    (wrong,) = update("rbac.authorization.k8s.io", "rolebindings", binding("x"), binding("y"))
    assert wrong.endswith('"Kind":"Role","Name":"x"}: cannot change roleRef')


def test_an_approved_request_stays_approved() -> None:
    approved = {"status": {"conditions": [{"type": "Approved", "status": "True"}]}}
    assert update("certificates.k8s.io", "certificatesigningrequests", {}, approved) == [
        'status.conditions: Forbidden: updates may not remove a condition of type "Approved"'
    ]
