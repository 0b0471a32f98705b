"""Roles are aggregated, certificates approved and signed, secrets filled: one look at one object each."""

import asyncio
import base64
from datetime import UTC, datetime

import pytest

from miniapi.authn.legacy_service_account import ACCOUNT_NAME, ACCOUNT_UID
from miniapi.controllers.certificate_approving import CertificateApproving
from miniapi.controllers.certificate_signing import CertificateSigning
from miniapi.controllers.cluster_role_aggregation import ClusterRoleAggregation
from miniapi.controllers.service_account_tokens import ServiceAccountTokens
from tests.controllers.test_certificates import CLIENT_USAGES, NODE, request

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Informer:
    def __init__(self, *objects):
        self.objects = list(objects)
        self.handlers = []

    def add_handler(self, handler):
        self.handlers.append(handler)
        for obj in self.objects:
            handler("ADDED", None, obj)

    def get(self, namespace, name):
        return next((o for o in self.objects if o["metadata"]["name"] == name), None)

    def list(self, namespace=""):
        return self.objects

    def drop(self, obj):
        self.objects.remove(obj)
        for handler in self.handlers:
            handler("DELETED", obj, None)


class Client:
    """Remembers what was written; answers lists and reviews as told."""

    def __init__(self, listed=(), allowed=()):
        self.listed, self.allowed = list(listed), allowed
        self.written = []

    async def patch(self, group, version, plural, namespace, name, patch, media_type, subresource="", **query):
        self.written.append((plural, query["fieldManager"], patch))
        return patch

    async def update(self, group, version, plural, namespace, obj, subresource=""):
        self.written.append((plural, subresource, obj))
        return obj

    async def create(self, group, version, plural, namespace, obj, *below):
        asked = obj["spec"]["resourceAttributes"]["subresource"]
        return {"status": {"allowed": asked in self.allowed}}

    async def list(self, group, version, plural, namespace, **query):
        return {"items": self.listed}

    async def delete(self, group, version, plural, namespace, name, options=None):
        self.written.append((plural, "delete", name))
        return {}


async def written(controller, client):
    """What one pass over the queue writes."""
    task = asyncio.create_task(controller.run())
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    done, client.written = client.written, []
    return done


def role(name, *rules, labels=None, **more):
    return {"metadata": {"name": name, "labels": labels or {}}, "rules": list(rules), **more}


async def test_rules_of_selected_roles_are_applied_once():
    rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
    selected = {"clusterRoleSelectors": [{"matchLabels": {"to": "view"}}]}
    view = role("view", aggregationRule=selected)
    client, informer = Client(), Informer(view, role("part", rule, labels={"to": "view"}), role("other"))
    controller = ClusterRoleAggregation(client, informer)
    ((plural, manager, applied),) = await written(controller, client)
    assert (plural, manager, applied["rules"]) == ("clusterroles", "clusterrole-aggregation-controller", [rule])
    view["rules"] = [rule]
    informer.handlers[0]("MODIFIED", view, view)
    assert await written(controller, client) == []


def named(asked, **spec):
    return {**asked, "metadata": {"name": "r"}, "spec": {**asked["spec"], **spec}}


@pytest.mark.parametrize(
    ("username", "allowed", "message"),
    [
        ("system:node:n1", ("selfnodeclient",), "Auto approving self kubelet client certificate after"),
        ("somebody", ("nodeclient",), "Auto approving kubelet client certificate after"),
        ("somebody", ("selfnodeclient",), None),
    ],
)
async def test_kubelets_that_may_are_approved(username, allowed, message):
    asked = named(request("kubernetes.io/kube-apiserver-client-kubelet", *NODE, CLIENT_USAGES), username=username)
    client = Client(allowed=allowed)
    done = await written(CertificateApproving(client, Informer(asked)), client)
    if message is None:
        assert done == []
        return
    ((_, subresource, approved),) = done
    (condition,) = approved["status"]["conditions"]
    assert (subresource, condition["type"], condition["reason"]) == ("approval", "Approved", "AutoApproved")
    assert condition["message"].startswith(message)


class Authority:
    def sign(self, parsed, usages, seconds, now):
        return b"signed"


@pytest.mark.parametrize(
    ("usages", "conditions", "status"),
    [
        (CLIENT_USAGES, [{"type": "Approved"}], {"certificate": base64.b64encode(b"signed").decode()}),
        (CLIENT_USAGES, [], None),
        (CLIENT_USAGES, [{"type": "Approved"}, {"type": "Failed"}], None),
        (["server auth"], [{"type": "Approved"}], {"failed": "invalid usage for client certificate: server auth"}),
    ],
)
async def test_approved_requests_are_signed_or_fail(usages, conditions, status):
    asked = named(request("kubernetes.io/kube-apiserver-client", "team", "bob", usages))
    asked["status"] = {"conditions": conditions}
    client = Client()
    done = await written(CertificateSigning(client, Informer(asked), Authority(), lambda: NOW), client)
    if status is None:
        assert done == []
        return
    ((_, _, answered),) = done
    if "failed" in status:
        failed = answered["status"]["conditions"][-1]
        assert (failed["type"], failed["reason"]) == ("Failed", "SignerValidationFailure")
        assert failed["message"] == status["failed"]
    else:
        assert answered["status"]["certificate"] == status["certificate"]


class Tokens:
    def mint(self, namespace, account, uid, secret):
        return f"{namespace}/{account}/{uid}/{secret}"


def token_secret(**annotations):
    meta = {"namespace": "ns", "name": "s", "uid": "su", "resourceVersion": "1"}
    return {"metadata": {**meta, "annotations": {ACCOUNT_NAME: "sa", **annotations}}}


ACCOUNT = {"metadata": {"namespace": "ns", "name": "sa", "uid": "u1"}}


async def test_secrets_are_filled_for_their_account():
    client = Client(listed=[ACCOUNT])
    controller = ServiceAccountTokens(client, Informer(token_secret()), Informer(ACCOUNT), Tokens(), "CA")
    ((plural, _, filled),) = await written(controller, client)
    data = {k: base64.b64decode(v).decode() for k, v in filled["data"].items()}
    assert (plural, data) == ("secrets", {"ca.crt": "CA", "namespace": "ns", "token": "ns/sa/u1/s"})
    assert filled["metadata"]["annotations"][ACCOUNT_UID] == "u1"


@pytest.mark.parametrize("annotations", [{}, {ACCOUNT_UID: "another"}])
async def test_secrets_go_with_their_account(annotations):
    accounts = Informer(ACCOUNT)
    client = Client(listed=[ACCOUNT] if annotations else [])
    secrets = Informer(token_secret(**annotations))
    controller = ServiceAccountTokens(client, secrets, accounts, Tokens(), "CA")
    accounts.drop(ACCOUNT)
    assert await written(controller, client) == [("secrets", "delete", "s")]
