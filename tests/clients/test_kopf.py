"""A kopf operator runs its full life cycle: creation, an update told as a diff, deletion held up by a finalizer."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from miniapi.client import ApiError, Clientset, from_kubeconfig

OPERATOR = """
import kopf

@kopf.on.startup()
def configure(settings, **_):
    settings.persistence.finalizer = "test.example.com/kopf"
    settings.posting.enabled = False

@kopf.on.create("configmaps", labels={"operated": "yes"})
async def create(body, patch, **_):
    patch.metadata.annotations["seen"] = "created"

@kopf.on.update("configmaps", labels={"operated": "yes"}, field="data")
async def update(old, new, patch, **_):
    patch.metadata.annotations["seen"] = f"{old} -> {new}"

@kopf.on.delete("configmaps", labels={"operated": "yes"})
async def delete(name, **_):
    open(FOLDER + "/deleted", "w").write(name)
"""


async def eventually(ask: Callable[[], Any], seconds: float = 20.0) -> Any:
    until = time.monotonic() + seconds
    while True:
        found = await ask()
        if found or time.monotonic() > until:
            return found


@pytest.fixture
def operator(kubeconfig: Path, tmp_path: Path):
    code = tmp_path / "operator.py"
    code.write_text(f"FOLDER = {str(tmp_path)!r}\n{OPERATOR}")
    process = subprocess.Popen(
        [sys.executable, "-m", "kopf", "run", "--standalone", "-n", "default", "--quiet", str(code)],
        env={"KUBECONFIG": str(kubeconfig), "PATH": "/usr/bin:/bin"},
    )
    yield tmp_path
    process.terminate()
    process.wait(20)


async def test_an_operator_lives_its_whole_life(kubeconfig: Path, operator: Path) -> None:
    async with Clientset(from_kubeconfig(kubeconfig)) as clients:
        configmaps = clients.resource("v1", "configmaps", "default")
        meta = {"name": "operated", "labels": {"operated": "yes"}}
        await configmaps.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"k": "1"}})

        async def seen() -> str:
            annotations: dict[str, str] = (await configmaps.get("operated"))["metadata"].get("annotations", {})
            return annotations.get("seen", "")

        async def created() -> bool:
            return await seen() == "created"

        assert await eventually(created)
        assert (await configmaps.get("operated"))["metadata"]["finalizers"] == ["test.example.com/kopf"]
        await configmaps.patch("operated", {"data": {"k": "2"}})

        async def updated() -> bool:
            return await seen() == "{'k': '1'} -> {'k': '2'}"

        assert await eventually(updated)
        await configmaps.delete("operated")

        async def gone() -> bool:
            try:
                await configmaps.get("operated")
            except ApiError as problem:
                return problem.code == 404
            return False

        assert await eventually(gone)
        assert (operator / "deleted").read_text() == "operated"
