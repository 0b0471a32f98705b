"""Which names a definition gets, and what its conditions say."""

from datetime import UTC, datetime
from typing import Any

from miniapi.apiextensions.definition import age, set_condition
from miniapi.apiextensions.naming import accepted_names, approval, establishment


def crd(plural: str, kind: str, accepted: bool = False, group: str = "example.com", **names: Any) -> dict[str, Any]:
    spec = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": kind + "List", **names}
    status = {"acceptedNames": dict(spec)} if accepted else {}
    return {"metadata": {"name": f"{plural}.{group}"}, "spec": {"group": group, "names": spec}, "status": status}


def test_a_definition_without_rivals_gets_its_names() -> None:
    wanted = crd("widgets", "Widget", shortNames=["wd"], categories=["all"])
    names, accepted, established = accepted_names(wanted, [wanted])
    assert names == wanted["spec"]["names"]
    assert (accepted["status"], accepted["reason"]) == ("True", "NoConflicts")
    assert (established["status"], established["reason"]) == ("False", "Installing")


def test_names_of_others_are_refused_and_the_rest_is_taken() -> None:
    holder = crd("widgets", "Widget", accepted=True, shortNames=["wd"])
    late = crd("gadgets", "Widget", shortNames=["wd"])
    names, accepted, established = accepted_names(late, [holder, late])
    assert names == {"plural": "gadgets", "kind": ""}
    assert accepted["reason"] == "ListKindConflict"
    assert accepted["message"] == '"WidgetList" is already in use'
    assert established["reason"] == "NotAccepted"


def test_names_that_are_had_stay() -> None:
    wanted = crd("widgets", "Widget", accepted=True)
    wanted["spec"]["names"]["shortNames"] = ["taken"]
    other = crd("gadgets", "Gadget", accepted=True, shortNames=["taken"])
    names, accepted, _ = accepted_names(wanted, [wanted, other])
    assert names["kind"] == "Widget"
    assert accepted["reason"] == "ShortNamesConflict"


def test_community_groups_need_approval() -> None:
    wanted = crd("widgets", "Widget", group="x.k8s.io")
    assert approval(crd("widgets", "Widget")) is None
    assert (approval(wanted) or {})["reason"] == "MissingAnnotation"
    for text, reason in (
        ("unapproved, experimental", "UnapprovedAnnotation"),
        ("https://github.com/kubernetes/kubernetes/pull/1", "ApprovedAnnotation"),
        ("yes", "InvalidAnnotation"),
    ):
        wanted["metadata"]["annotations"] = {"api-approved.kubernetes.io": text}
        assert (approval(wanted) or {})["reason"] == reason


def test_the_time_of_a_condition_moves_with_its_status_only() -> None:
    obj: dict[str, Any] = {}
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    set_condition(obj, {"type": "A", "status": "False", "reason": "x", "message": ""}, first)
    set_condition(obj, {"type": "A", "status": "False", "reason": "y", "message": ""}, second)
    [condition] = obj["status"]["conditions"]
    assert (condition["reason"], condition["lastTransitionTime"]) == ("y", "2026-01-01T00:00:00Z")
    set_condition(obj, {"type": "A", "status": "True", "reason": "y", "message": ""}, second)
    assert condition["lastTransitionTime"] == "2026-01-02T00:00:00Z"


def test_versions_are_sorted_as_kubernetes_wants_them() -> None:
    given = ["v1beta1", "foo", "v2", "v11alpha2", "v1", "v10", "v1beta2"]
    assert sorted(given, key=age) == ["v10", "v2", "v1", "v1beta2", "v1beta1", "v11alpha2", "foo"]


def test_a_definition_with_a_webhook_that_cannot_be_trusted_is_not_established() -> None:
    wanted = crd("widgets", "Widget")
    assert establishment(wanted)["status"] == "True"
    wanted["spec"]["conversion"] = {"strategy": "Webhook", "webhook": {"clientConfig": {"caBundle": "aGVsbG8="}}}
    refused = establishment(wanted)
    assert (refused["status"], refused["reason"]) == ("False", "InvalidCABundle")
    wanted["status"] = {"conditions": [refused]}
    assert accepted_names(wanted, [wanted])[2] == refused
