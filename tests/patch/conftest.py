"""Hand-built schemas of a few kinds, as small as the rules under test allow, and their field managers."""

from __future__ import annotations

import pytest

from miniapi.patch.field_manager import FieldManager
from miniapi.schema.model import Field, Schema
from tests.patch import ownership

TEXT = Schema("string")
NUMBER = Schema("integer", "int32")
TEXTS = Schema("map", values=TEXT)
ATOMIC_TEXTS = Schema("array", items=TEXT)


def struct(name: str, *fields: Field, atomic: bool = False) -> Schema:
    return Schema(
        "object",
        name=f"io.k8s.test.{name}",
        fields={f.name: f for f in fields},
        map_type="atomic" if atomic else "granular",
    )


def keyed(item: Schema, *keys: str, strategy: tuple[str, ...] = ("merge",)) -> Schema:
    return Schema("array", items=item, list_type="map", list_keys=keys, merge_key=keys[0], merge_strategy=strategy)


OWNER = struct("OwnerReference", *(Field(n, TEXT) for n in ("apiVersion", "kind", "name", "uid")), atomic=True)
META = struct(
    "ObjectMeta",
    *(Field(n, TEXT) for n in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")),
    Field("generation", Schema("integer", "int64")),
    Field("labels", TEXTS),
    Field("annotations", TEXTS),
    Field("finalizers", Schema("array", items=TEXT, list_type="set", merge_strategy=("merge",))),
    Field("ownerReferences", keyed(OWNER, "uid")),
    Field("managedFields", Schema("array", items=Schema("any"))),
)
TYPE = (Field("apiVersion", TEXT), Field("kind", TEXT))
CONFIG_MAP = struct(
    "ConfigMap",
    *TYPE,
    Field("metadata", META),
    Field("data", TEXTS),
    Field("binaryData", Schema("map", values=Schema("string", "byte"))),
    Field("immutable", Schema("boolean"), pointer=True),
)
PORT = struct(
    "ContainerPort",
    Field("name", TEXT),
    Field("containerPort", NUMBER, omit_empty=False),
    Field("protocol", Schema("string", default="TCP")),
)
QUANTITIES = Schema("map", values=Schema("string", "quantity"))
RESOURCES = struct("ResourceRequirements", Field("limits", QUANTITIES), Field("requests", QUANTITIES))
ENV = struct("EnvVar", Field("name", TEXT, omit_empty=False), Field("value", TEXT))
MOUNT = struct("VolumeMount", Field("name", TEXT, omit_empty=False), Field("mountPath", TEXT, omit_empty=False))
CONTAINER = struct(
    "Container",
    Field("name", TEXT, omit_empty=False),
    *(Field(n, TEXT) for n in ("image", "imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy")),
    Field("args", ATOMIC_TEXTS),
    Field("command", ATOMIC_TEXTS),
    Field("ports", keyed(PORT, "containerPort", "protocol")),
    Field("env", keyed(ENV, "name")),
    Field("volumeMounts", keyed(MOUNT, "mountPath")),
    Field("resources", RESOURCES),
)
EMPTY_DIR = struct("EmptyDir", Field("medium", TEXT))
VOLUME = struct(
    "Volume",
    Field("name", TEXT, omit_empty=False),
    Field("emptyDir", EMPTY_DIR, pointer=True),
    Field("configMap", struct("ConfigMapVolume", Field("name", TEXT)), pointer=True),
)
POD_SPEC = struct(
    "PodSpec",
    Field("volumes", keyed(VOLUME, "name", strategy=("merge", "retainKeys"))),
    Field("containers", keyed(CONTAINER, "name"), omit_empty=False),
    *(Field(n, TEXT) for n in ("dnsPolicy", "restartPolicy", "schedulerName")),
    Field("securityContext", struct("PodSecurityContext", Field("runAsUser", NUMBER, pointer=True)), pointer=True),
    Field("terminationGracePeriodSeconds", NUMBER, pointer=True),
    Field("tolerations", Schema("array", items=struct("Toleration", Field("key", TEXT), Field("operator", TEXT)))),
)
POD = struct(
    "Pod",
    *TYPE,
    Field("metadata", META),
    Field("spec", POD_SPEC),
    Field("status", struct("PodStatus", Field("phase", TEXT))),
)
SELECTOR = struct("LabelSelector", Field("matchLabels", TEXTS), atomic=True)
ROLLING = struct(
    "RollingUpdate",
    Field("maxSurge", Schema("string", "int-or-string"), pointer=True),
    Field("maxUnavailable", Schema("string", "int-or-string"), pointer=True),
)
STRATEGY = Schema(
    "object",
    name="io.k8s.test.DeploymentStrategy",
    fields={"type": Field("type", TEXT), "rollingUpdate": Field("rollingUpdate", ROLLING, pointer=True)},
    merge_strategy=("retainKeys",),
)
DEPLOYMENT = struct(
    "Deployment",
    *TYPE,
    Field("metadata", META),
    Field(
        "spec",
        struct(
            "DeploymentSpec",
            Field("replicas", NUMBER, pointer=True),
            Field("selector", SELECTOR, pointer=True, omit_empty=False),
            Field("template", struct("PodTemplateSpec", Field("metadata", META), Field("spec", POD_SPEC))),
            Field("strategy", STRATEGY),
        ),
    ),
    Field("status", struct("DeploymentStatus", Field("replicas", NUMBER), Field("updatedReplicas", NUMBER))),
)


def custom(**spec: Schema) -> Schema:
    """A custom resource's schema: no names, no Go types."""
    return Schema(
        "object",
        fields={
            "spec": Field("spec", Schema("object", fields={k: Field(k, v) for k, v in spec.items()})),
            "status": Field("status", Schema("object", fields={"p": Field("p", TEXT)})),
        },
    )


WIDGET = custom(
    a=TEXT,
    n=NUMBER,
    lm=Schema(
        "array",
        items=Schema("object", fields={"k": Field("k", TEXT), "v": Field("v", TEXT)}),
        list_type="map",
        list_keys=("k",),
    ),
    ls=Schema("array", items=TEXT, list_type="set"),
    la=ATOMIC_TEXTS,
    am=Schema("object", fields={"x": Field("x", TEXT), "y": Field("y", TEXT)}, map_type="atomic"),
    o=Schema("object", fields={"x": Field("x", TEXT), "y": Field("y", TEXT)}),
)


@pytest.fixture
def config_map() -> Schema:
    return CONFIG_MAP


@pytest.fixture
def pod() -> Schema:
    return POD


@pytest.fixture
def deployment() -> Schema:
    return DEPLOYMENT


@pytest.fixture
def widget() -> Schema:
    return WIDGET


@pytest.fixture
def cms(config_map):
    return FieldManager(config_map, ownership.CM)


@pytest.fixture
def deploys(deployment):
    return FieldManager(deployment, ownership.DEPLOY, reset_fields=frozenset({"status"}))


@pytest.fixture
def widgets(widget):
    return FieldManager(widget, ownership.WIDGET, reset_fields=frozenset({"status"}))
