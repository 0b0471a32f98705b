"""The audit policy: the first rule that matches decides."""

import pytest

from miniapi.audit.interface import Level
from miniapi.audit.policy import BadPolicy, load_policy, read_policy
from miniapi.meta.request_info import parse
from miniapi.meta.user import UserInfo

ALICE = UserInfo("alice", groups=("devs",))


def policy(*rules, **more):
    return read_policy({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": list(rules), **more})


def level(rule, method="GET", path="/api/v1/namespaces/ns/pods/p", user=ALICE):
    return policy({"level": "Request", **rule}).verdict(user, parse(method, path, "")).level


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({}, True),
        ({"users": ["alice"]}, True),
        ({"users": ["bob"]}, False),
        ({"userGroups": ["devs", "ops"]}, True),
        ({"userGroups": ["ops"]}, False),
        ({"verbs": ["get"]}, True),
        ({"verbs": ["list"]}, False),
        ({"namespaces": ["ns"]}, True),
        ({"namespaces": [""]}, False),
        ({"nonResourceURLs": ["*"]}, False),
        ({"resources": [{"group": ""}]}, True),
        ({"resources": [{"group": "apps"}]}, False),
        ({"resources": [{"group": "", "resources": ["pods"]}]}, True),
        ({"resources": [{"group": "", "resources": ["pods/log"]}]}, False),
        ({"resources": [{"group": "", "resources": ["pods/*"]}]}, True),
        ({"resources": [{"group": "", "resources": ["pods"], "resourceNames": ["p"]}]}, True),
        ({"resources": [{"group": "", "resources": ["pods"], "resourceNames": ["q"]}]}, False),
    ],
)
def test_conditions_of_a_rule(rule, told):
    assert (level(rule) == Level.REQUEST) is told


def test_subresources_and_paths_match_as_written():
    log = "/api/v1/namespaces/ns/pods/p/log"
    for resource, told in (("pods", False), ("pods/log", True), ("*/log", True), ("pods/*", True), ("*", True)):
        rule = {"resources": [{"group": "", "resources": [resource]}]}
        assert (level(rule, path=log) == Level.REQUEST) is told
    for url, told in (("/healthz", False), ("/metrics*", True), ("*", True)):
        assert (level({"nonResourceURLs": [url]}, path="/metrics/slis") == Level.REQUEST) is told


def test_first_match_decides_and_no_match_is_silence():
    both = policy({"level": "None", "users": ["alice"]}, {"level": "Metadata"}, omitStages=["RequestReceived"])
    info = parse("GET", "/api", "")
    assert both.verdict(ALICE, info).level == Level.NONE
    assert both.verdict(None, info).level == Level.METADATA
    assert both.verdict(None, info).omit_stages == {"RequestReceived"}
    assert policy({"level": "Metadata", "users": ["x"]}).verdict(ALICE, info).level == Level.NONE


def test_managed_fields_are_omitted_for_all_but_where_a_rule_says_otherwise():
    found = policy(
        {"level": "Metadata", "users": ["a"], "omitManagedFields": False}, {"level": "Metadata"}, omitManagedFields=True
    )
    info = parse("GET", "/api", "")
    assert not found.verdict(UserInfo("a"), info).omit_managed_fields
    assert found.verdict(UserInfo("b"), info).omit_managed_fields


def test_all_that_is_wrong_is_told():
    with pytest.raises(BadPolicy) as told:
        policy(
            {"level": "Loud", "omitStages": ["Never"], "surprise": 1},
            {"nonResourceURLs": ["x", "/a*b"], "namespaces": ["n"], "resources": [{"resourceNames": ["a"]}]},
            kind="Other",
        )
    for part in (
        "kind Policy",
        'rules[0].level: Unsupported value: "Loud"',
        "rules[0].omitStages",
        "unknown field surprise",
        "rules[1].level: Required value",
        "cannot apply to both",
        "must begin with a '/' character",
        "must be the final character",
        "requires at least one resource",
    ):
        assert part in str(told.value)


def test_policy_file_is_yaml(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n")
    assert load_policy(path).rules[0].verdict.level == Level.METADATA
    path.write_text("a: b: c")
    with pytest.raises(BadPolicy, match="not YAML"):
        load_policy(path)
