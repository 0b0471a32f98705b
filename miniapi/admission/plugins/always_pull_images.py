"""AlwaysPullImages: no pod runs a private image that another one has pulled."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.refusal import aggregate, forbidden
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object
from miniapi.meta.pods import containers_with_path


class AlwaysPullImages:
    """Sets the pull policy of new pods and of images that change, and of volumes from images."""

    name = "AlwaysPullImages"

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and kind.group_resource == "pods" and not subresource

    async def admit(self, attributes: Attributes) -> None:
        pod = attributes.obj
        if pod is None or _keeps_images(pod, attributes.old):
            return
        for container, _ in containers_with_path(pod["spec"], "spec"):
            container["imagePullPolicy"] = "Always"
        for volume in pod["spec"].get("volumes") or ():
            if volume.get("image") is not None:
                volume["image"]["pullPolicy"] = "Always"

    async def validate(self, attributes: Attributes) -> None:
        pod = attributes.obj
        if pod is None or _keeps_images(pod, attributes.old):
            return
        problems = [
            f'{path}.imagePullPolicy: Unsupported value: "{container.get("imagePullPolicy", "")}": '
            'supported values: "Always"'
            for container, path in containers_with_path(pod["spec"], "spec")
            if container.get("imagePullPolicy") != "Always"
        ]
        if problems:
            raise forbidden(attributes, aggregate(problems))


def _keeps_images(pod: Object, old: Object | None) -> bool:
    """An update that runs no other image than before."""
    if old is None:
        return False
    before, after = ({c.get("image") for c, _ in containers_with_path(of["spec"], "spec")} for of in (old, pod))
    return after <= before
