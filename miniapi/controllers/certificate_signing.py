"""Signs approved requests of the built-in signers with the server's CA (certificates/signer)."""

from __future__ import annotations

import base64

from miniapi.client.client import Client
from miniapi.client.clientset import ResourceClient
from miniapi.client.informers import SharedInformer
from miniapi.clock import Clock
from miniapi.controllers.certificate_authority import CertificateAuthority
from miniapi.controllers.certificate_requests import SIGNERS, NotSigned, check, condition, parse
from miniapi.controllers.queue import Queue, reconcile_all
from miniapi.meta.objects import Object, copy


class CertificateSigning:
    """Sets status.certificate, or the condition Failed where the signer does not sign such a request."""

    def __init__(self, client: Client, requests: SharedInformer, authority: CertificateAuthority, clock: Clock) -> None:
        self._client = ResourceClient(client, "certificates.k8s.io", "v1", "certificatesigningrequests")
        self._requests = requests
        self._authority, self._clock = authority, clock
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
        if request is None or not condition(request, "Approved") or condition(request, "Failed"):
            return
        spec = request["spec"]
        if spec.get("signerName") not in SIGNERS or (request.get("status") or {}).get("certificate"):
            return
        answered: Object = copy(request)
        parsed, usages = parse(request), spec.get("usages") or ()
        try:
            check(spec["signerName"], parsed, usages)
        except NotSigned as problem:
            failed = {"type": "Failed", "status": "True", "reason": "SignerValidationFailure", "message": str(problem)}
            answered["status"]["conditions"].append(failed)
        else:
            signed = self._authority.sign(parsed, usages, spec.get("expirationSeconds"), self._clock())
            answered["status"]["certificate"] = base64.b64encode(signed).decode()
        await self._client.update_status(answered)
