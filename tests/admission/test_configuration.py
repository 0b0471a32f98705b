"""--admission-control-config-file."""

from pathlib import Path
from typing import Any

import pytest

from miniapi.admission.configuration import BadAdmission, read
from miniapi.admission.options import AdmissionOptions
from miniapi.admission.plugins.pod_security import PodSecurity
from miniapi.errors import ApiError
from tests.admission.world import NAMESPACE, POD, World, attributes, pod, run

ADMISSION = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration"}
POD_SECURITY = {
    "apiVersion": "pod-security.admission.config.k8s.io/v1",
    "kind": "PodSecurityConfiguration",
    "defaults": {"enforce": "restricted", "enforce-version": "v1.30"},
    "exemptions": {"usernames": ["alice"], "namespaces": ["free"], "runtimeClasses": ["vm"]},
}


def plugins(name: str, configuration: dict[str, Any]) -> dict[str, Any]:
    return {**ADMISSION, "plugins": [{"name": name, "configuration": configuration}]}


async def test_pod_security_has_defaults_and_exemptions(tmp_path: Path) -> None:
    told = read(plugins("PodSecurity", POD_SECURITY), tmp_path)
    world = World()
    world.add("", "namespaces", "ns")
    plugin = PodSecurity(world, told.pod_security, told.exemptions)
    write = await run(plugin, attributes(POD, pod()))
    assert write.audit_annotations == {"pod-security.kubernetes.io/exempt": "user"}
    strict = PodSecurity(world, told.pod_security)
    with pytest.raises(ApiError, match='violates PodSecurity "restricted:v1.30"'):
        await run(strict, attributes(POD, pod()))
    await run(PodSecurity(world, told.pod_security, told.exemptions), attributes(POD, pod(runtimeClassName="vm")))


async def test_labels_of_an_exempt_namespace_are_warned_of(tmp_path: Path) -> None:
    told = read(plugins("PodSecurity", POD_SECURITY), tmp_path)
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    namespace = {"metadata": {"name": "free", "labels": labels}}
    write = await run(PodSecurity(World(), told.pod_security, told.exemptions), attributes(NAMESPACE, namespace))
    assert write.warnings == [
        'namespace "free" is exempt from Pod Security, and the policy '
        "(enforce=baseline:v1.30, warn=baseline:v1.30) will be ignored"
    ]


def test_a_plugin_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "limits.yaml").write_text(
        "apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\n"
        "limits: [{type: Server, qps: 5, burst: 10}]\n"
    )
    told = read({**ADMISSION, "plugins": [{"name": "EventRateLimit", "path": "limits.yaml"}]}, tmp_path)
    assert [(limit.type, limit.qps, limit.burst) for limit in told.event_limits] == [("Server", 5.0, 10)]


WRONG = [
    ({"kind": "Policy"}, "it must be of apiVersion apiserver.config.k8s.io/v1"),
    (plugins("PodSecurity", {}), "PodSecurity: it must be of apiVersion pod-security"),
    (plugins("PodSecurity", {**POD_SECURITY, "defaults": {"enforce": "strict"}}), "must be one of privileged"),
    (plugins("AlwaysAdmit", {"a": 1}), "AlwaysAdmit: only EventRateLimit"),
    (
        plugins("EventRateLimit", {"apiVersion": "eventratelimit.admission.k8s.io/v1alpha1", "kind": "Configuration"}),
        "limits must not be empty",
    ),
]


@pytest.mark.parametrize(("document", "why"), WRONG)
def test_what_is_wrong_is_told_in_a_line(document: dict[str, Any], why: str, tmp_path: Path) -> None:
    with pytest.raises(BadAdmission, match=why):
        read(document, tmp_path)


def test_a_missing_file_is_named_with_its_flag(tmp_path: Path) -> None:
    with pytest.raises(BadAdmission, match=r"--admission-control-config-file: .*nope: .*No such file"):
        AdmissionOptions(config_file=str(tmp_path / "nope")).configuration()
