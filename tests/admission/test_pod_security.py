"""Pod security levels."""

import pytest

from miniapi.admission.plugins.pod_security import PodSecurity
from miniapi.admission.podsecurity.policy import LevelVersion, policy_of
from miniapi.admission.podsecurity.restricted import details, reasons, violations
from miniapi.errors import ApiError
from tests.admission.world import NAMESPACE, POD, World, attributes, pod, run

PREFIX = "pod-security.kubernetes.io/"


def test_the_level_of_warnings_is_the_enforced_one_unless_given() -> None:
    policy, problems = policy_of({f"{PREFIX}enforce": "baseline", f"{PREFIX}enforce-version": "v1.30"})
    assert not problems
    assert (str(policy.warn), str(policy.audit)) == ("baseline:v1.30", "privileged:latest")


def test_a_wrong_level_is_enforced_as_restricted_and_warned_about_as_nothing() -> None:
    policy, problems = policy_of({f"{PREFIX}enforce": "x", f"{PREFIX}warn": "y", f"{PREFIX}warn-version": "2"})
    assert (policy.enforce.level, policy.warn.level, len(problems)) == ("restricted", "privileged", 3)


def test_baseline_tells_each_finding_in_the_order_of_the_checks() -> None:
    spec = pod(
        hostIPC=True,
        securityContext={"sysctls": [{"name": "net.a"}], "seLinuxOptions": {"user": "u"}},
        volumes=[{"name": "h", "hostPath": {"path": "/"}}],
    )["spec"]
    spec["containers"][0]["securityContext"] = {
        "capabilities": {"add": ["SYS_ADMIN"]},
        "procMount": "Unmasked",
        "seccompProfile": {"type": "Unconfined"},
    }
    found = details(violations(LevelVersion("baseline"), {}, spec))
    assert found == (
        'non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add), '
        'host namespaces (hostIPC=true), hostPath volumes (volume "h"), '
        'procMount (container "c" must not set securityContext.procMount to "Unmasked"), '
        "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: user may not be set), "
        'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined"), '
        "forbidden sysctls (net.a)"
    )


def test_restricted_replaces_what_baseline_says_of_the_same() -> None:
    spec = pod(volumes=[{"name": "h", "hostPath": {"path": "/"}}])["spec"]
    found = reasons(violations(LevelVersion("restricted"), {}, spec))
    assert "hostPath volumes" not in found
    assert "restricted volume types" in found


def test_a_version_knows_only_the_checks_of_its_time() -> None:
    spec = pod(securityContext={"sysctls": [{"name": "net.ipv4.tcp_rmem"}]})["spec"]
    assert violations(LevelVersion("baseline", 31), {}, spec)
    assert not violations(LevelVersion("baseline", 32), {}, spec)


def test_windows_pods_and_user_namespaces_are_excused() -> None:
    windows = pod(os={"name": "windows"}, securityContext={"runAsNonRoot": True})["spec"]
    assert violations(LevelVersion("restricted"), {}, windows) == []
    users = pod(hostUsers=False, os={"name": "windows"})["spec"]
    assert violations(LevelVersion("restricted"), {}, users) == []


async def test_an_update_that_changes_no_image_is_not_judged() -> None:
    world = World()
    world.add("", "namespaces", "ns", {"metadata": {"labels": {f"{PREFIX}enforce": "restricted"}}})
    old, new = pod(), pod()
    new["metadata"]["labels"] = {"a": "b"}
    await run(PodSecurity(world), attributes(POD, new, old))
    new["spec"]["containers"][0]["image"] = "y:1"
    with pytest.raises(ApiError, match='violates PodSecurity "restricted:latest"'):
        await run(PodSecurity(world), attributes(POD, new, old))


async def test_existing_pods_of_one_kind_share_a_warning() -> None:
    world = World()
    for name in "cab":
        world.add("", "pods", name, pod(name, hostPID=True), "x")
    new = {"metadata": {"name": "x", "labels": {f"{PREFIX}enforce": "baseline"}}}
    write = await run(PodSecurity(world), attributes(NAMESPACE, new, {"metadata": {"name": "x"}}))
    assert write.warnings == [
        'existing pods in namespace "x" violate the new PodSecurity enforce level "baseline:latest"',
        "a (and 2 other pods): host namespaces",
    ]
