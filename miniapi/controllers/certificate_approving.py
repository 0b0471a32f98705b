"""Approves kubelets' requests for client certificates where the requester may have them (certificates/approver)."""

from __future__ import annotations

from miniapi.client.client import Client
from miniapi.client.clientset import ResourceClient
from miniapi.client.informers import SharedInformer
from miniapi.controllers.certificate_requests import common_name, condition, is_node_client, parse
from miniapi.controllers.queue import Queue, reconcile_all
from miniapi.meta.objects import Object, copy

GROUP = "certificates.k8s.io"


class CertificateApproving:
    """Asks for each undecided request by a SubjectAccessReview."""

    def __init__(self, client: Client, requests: SharedInformer) -> None:
        self._client = ResourceClient(client, GROUP, "v1", "certificatesigningrequests")
        self._reviews = ResourceClient(client, "authorization.k8s.io", "v1", "subjectaccessreviews")
        self._requests = requests
        self._queue = Queue()
        requests.add_handler(self._changed)

    def _changed(self, _event: str, _old: Object | None, new: Object | None) -> None:
        if new is not None:
            self._queue.add(new["metadata"]["name"])

    async def run(self) -> None:
        """Until cancelled."""
        await reconcile_all(self._queue, self._reconcile)

    async def _reconcile(self, name: str) -> None:
        request = self._requests.get("", name)
        if request is None or condition(request, "Approved") or condition(request, "Denied"):
            return
        parsed = parse(request)
        if not is_node_client(request, parsed):
            return
        own = common_name(parsed) == request["spec"].get("username")
        attempts = [("selfnodeclient", "self kubelet")] if own else []
        for subresource, whose in (*attempts, ("nodeclient", "kubelet")):
            if await self._may(request, subresource):
                await self._approve(request, f"Auto approving {whose} client certificate after SubjectAccessReview.")
                return

    async def _may(self, request: Object, subresource: str) -> bool:
        spec = request["spec"]
        attributes = {
            "group": GROUP,
            "resource": "certificatesigningrequests",
            "verb": "create",
            "subresource": subresource,
            "version": "*",
        }
        asked = {name: spec[name] for name in ("uid", "groups", "extra") if spec.get(name)}
        review = {"spec": {"user": spec.get("username", ""), **asked, "resourceAttributes": attributes}}
        return bool((await self._reviews.create(review))["status"]["allowed"])

    async def _approve(self, request: Object, message: str) -> None:
        approved: Object = copy(request)
        approval = {"type": "Approved", "status": "True", "reason": "AutoApproved", "message": message}
        approved.setdefault("status", {}).setdefault("conditions", []).append(approval)
        await self._client.update(approved, "approval")
