"""The .proto files: they parse, the table is made from them, and protobuf's own runtime reads what the codec writes."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from miniapi.codec.protobuf import ProtobufCodec
from miniapi.codec.protobuf_table import Table

pytest.importorskip("grpc_tools", reason="protoc comes with grpcio-tools")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_protobuf", ROOT / "tools/generate_protobuf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pool(generator: ModuleType) -> Any:
    return generator.descriptors()[0]


def test_the_table_is_what_the_protos_give(generator: ModuleType) -> None:
    assert generator.TARGET.read_text() == generator.table()


def test_every_message_that_a_field_names_is_there() -> None:
    table = Table()
    assert table.message("v1", "Pod") == "api.core.v1.Pod"
    missing = set()
    for name in [n.decode() for n in table._lines]:
        rows = table.rows(name)
        for row in [] if isinstance(rows, str) else rows:
            of_type = row.map_of or row.type
            if "." in of_type and of_type.encode() not in table._lines:
                missing.add(of_type)
    assert not missing


def test_another_runtime_reads_what_the_codec_writes(pool: Any) -> None:
    from google.protobuf import message_factory

    pod = {
        "metadata": {"name": "p", "labels": {"a": "b"}, "creationTimestamp": "2024-01-02T03:04:05Z"},
        "spec": {
            "containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "1500m"}}}],
            "tolerations": [{"key": "k", "tolerationSeconds": 300}],
            "terminationGracePeriodSeconds": 0,
        },
    }
    written = ProtobufCodec().message("v1", "Pod", pod)
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName("k8s.io.api.core.v1.Pod")).FromString(written)
    assert message.metadata.name == "p"
    assert message.metadata.labels["a"] == "b"
    assert message.metadata.creationTimestamp.seconds == 1704164645
    container = message.spec.containers[0]
    assert (container.name, container.image, container.stdin) == ("c", "i", False)
    assert container.resources.limits["cpu"].string == "1500m"
    assert message.spec.tolerations[0].tolerationSeconds == 300
    assert message.spec.HasField("terminationGracePeriodSeconds")
    assert not message.spec.HasField("activeDeadlineSeconds")
    assert message.HasField("status")
    assert message.SerializeToString(deterministic=True) == written
