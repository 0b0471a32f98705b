"""Releases other than the table's: their kinds, what they serve unasked, and their fields."""

import pytest

from miniapi.kinds.builtin import builtin_kinds
from miniapi.kinds.enablement import enabled
from miniapi.meta.gvk import GroupVersionKind
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.schema.published import RELEASES
from miniapi.server.options import GenericOptions
from miniapi.server.version import version_info


def served(release: str, **runtime_config: str) -> set[str]:
    kinds, problems = enabled(builtin_kinds(release), runtime_config)
    assert not problems
    return {f"{k.gvk.api_version}/{k.plural}" for k in kinds}


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_has_pods_deployments_and_a_version_of_flow_schemas(release: str) -> None:
    places = served(release)
    assert {"v1/pods", "apps/v1/deployments", "batch/v1/cronjobs", "policy/v1/poddisruptionbudgets"} <= places
    assert any(p.startswith("flowcontrol.apiserver.k8s.io/") and p.endswith("/flowschemas") for p in places)


def test_stable_versions_begin_with_their_release() -> None:
    assert "resource.k8s.io/v1/resourceclaims" not in served("1.33")
    assert "resource.k8s.io/v1/resourceclaims" in served("1.34")
    assert "networking.k8s.io/v1/servicecidrs" in served("1.33") - served("1.32")
    assert "resource.k8s.io/v1/devicetaintrules" in served("1.37") - served("1.36")


def test_old_betas_are_on_only_where_their_release_had_them_on() -> None:
    assert "autoscaling/v2beta2/horizontalpodautoscalers" in served("1.25") - served("1.26")
    assert "storage.k8s.io/v1beta1/csistoragecapacities" in served("1.26") - served("1.27")
    assert "storage.k8s.io/v1beta1/volumeattributesclasses" not in served("1.33")


def test_betas_are_on_when_asked_for() -> None:
    asked = served("1.33", **{"storage.k8s.io/v1beta1": "true"})
    assert "storage.k8s.io/v1beta1/volumeattributesclasses" in asked


def test_the_fields_are_those_of_the_release() -> None:
    pod = GroupVersionKind("", "v1", "Pod")

    def spec(release: str) -> set[str]:
        schema = BuiltinSchemas(release).schema(pod)
        assert schema is not None
        return set(schema.fields["spec"].schema.fields)

    assert "schedulingGates" not in spec("1.25")
    assert "schedulingGates" in spec("1.36")
    assert "containers" in spec("1.37")


def test_the_version_tells_what_is_emulated_where_the_release_does() -> None:
    assert "emulationMinor" not in version_info("1.30")
    info = version_info("1.36", "1.35")
    assert (info["minor"], info["emulationMinor"], info["minCompatibilityMinor"]) == ("36", "35", "34")


@pytest.mark.parametrize(
    ("given", "emulated", "complaint"),
    [
        ("1.36", ["1.35"], ""),
        ("1.36", ["kube=1.34"], ""),
        ("1.25", [], ""),
        ("1.24", [], '--kubernetes-version: "1.24" is none of the releases 1.25 to 1.37'),
        ("latest", [], '--kubernetes-version: "latest" is none of the releases 1.25 to 1.37'),
        ("1.36", ["1.37"], '--emulated-version: "1.37" is not between 1.33 and 1.36'),
        ("1.36", ["1.30"], '--emulated-version: "1.30" is not between 1.33 and 1.36'),
    ],
)
def test_releases_that_are_not_there_are_told_in_one_line(given: str, emulated: list[str], complaint: str) -> None:
    problems = GenericOptions(kubernetes_version=given, emulated_version=emulated).validate()
    assert [p[: len(complaint)] for p in problems] == ([complaint] if complaint else [])
