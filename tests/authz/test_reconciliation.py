"""Default roles and bindings are given back what they lack, and nothing is taken from them."""

import pytest

from miniapi.authz.reconciliation import RoleChanged, reconciled

GET, LIST = ({"verbs": [v], "apiGroups": [""], "resources": ["pods"]} for v in ("get", "list"))
BOTH = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}


def role(*rules, annotations=None, **more):
    return {"metadata": {"name": "r", "annotations": annotations or {}}, "rules": list(rules), **more}


@pytest.mark.parametrize(
    ("existing", "wanted", "rules"),
    [
        (role(GET), role(GET), None),
        (role(BOTH), role(GET), None),
        (role(GET), role(BOTH), [GET, LIST]),
        (role(GET, annotations={"rbac.authorization.kubernetes.io/autoupdate": "false"}), role(BOTH), None),
    ],
)
def test_missing_rules_are_added(existing, wanted, rules):
    changed = reconciled(existing, wanted)
    assert (changed and changed["rules"]) == rules


def test_own_annotations_stay_and_missing_ones_come():
    changed = reconciled(role(annotations={"a": "mine"}), role(annotations={"a": "x", "b": "y"}))
    assert changed["metadata"]["annotations"] == {"a": "mine", "b": "y"}


def test_missing_selectors_are_added():
    one, two = ({"matchLabels": {"a": v}} for v in "12")
    changed = reconciled(
        role(aggregationRule={"clusterRoleSelectors": [one]}), role(aggregationRule={"clusterRoleSelectors": [two]})
    )
    assert changed["aggregationRule"] == {"clusterRoleSelectors": [one, two]}


def test_bindings_get_missing_subjects_and_are_remade_for_another_role():
    def binding(name, *subjects):
        return {"metadata": {"name": "b"}, "roleRef": {"name": name}, "subjects": list(subjects)}

    changed = reconciled(binding("r", {"name": "x"}), binding("r", {"name": "y"}))
    assert changed["subjects"] == [{"name": "x"}, {"name": "y"}]
    with pytest.raises(RoleChanged):
        reconciled(binding("r"), binding("s"))
