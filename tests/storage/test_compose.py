"""docker-compose.yml and Dockerfile say what the documentation promises; the etcd members in it form a cluster."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from miniapi.storage.options import EtcdOptions

ROOT = Path(__file__).resolve().parents[2]
HA_ETCD = ("etcd-a", "etcd-b", "etcd-c")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert isinstance(document, dict)
    return document


def started_with(compose: dict[str, Any], service: str) -> set[str]:
    """The service and all that it depends on."""
    found = {service}
    for other in compose["services"][service].get("depends_on", {}):
        found |= started_with(compose, other)
    return found


def arguments(compose: dict[str, Any], service: str) -> dict[str, str]:
    pairs = [a.removeprefix("--").partition("=") for a in compose["services"][service]["command"][1:]]
    return {name: value for name, _, value in pairs}


def test_every_reference_leads_somewhere(compose: dict[str, Any]) -> None:
    assert set(compose) <= {"name", "services", "volumes", "configs", "x-etcd", "x-etcd-member", "x-miniapi"}
    for name, service in compose["services"].items():
        assert ("image" in service) or ("build" in service), name
        for other, condition in service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}
            target = compose["services"][other]
            assert "healthcheck" in target or target.get("build") == ".", f"{other} has no health check"
            assert set(target.get("profiles", [])) <= set(service.get("profiles", [])), f"{name} outlives {other}"
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]
        for config in service.get("configs", []):
            assert config["source"] in compose["configs"]


def test_the_default_is_one_etcd_with_a_volume_and_one_miniapi_on_6443(compose: dict[str, Any]) -> None:
    default = {name for name, service in compose["services"].items() if not service.get("profiles")}
    assert default == started_with(compose, "miniapi") == {"etcd", "miniapi"}
    miniapi = compose["services"]["miniapi"]
    assert miniapi["build"] == "."
    assert miniapi["ports"] == ["6443:6443"]
    assert "kubeconfig:/kubeconfig" in miniapi["volumes"]
    assert arguments(compose, "miniapi")["write-kubeconfig"].startswith("/kubeconfig/")
    assert compose["services"]["etcd"]["volumes"] == ["etcd-data:/etcd-data"]
    assert arguments(compose, "etcd")["data-dir"] == "/etcd-data"


def test_the_ha_profile_is_three_members_and_two_servers_behind_a_balancer(compose: dict[str, Any]) -> None:
    ha = {name for name, service in compose["services"].items() if service.get("profiles") == ["ha"]}
    assert ha == started_with(compose, "balancer") == {*HA_ETCD, "miniapi-a", "miniapi-b", "balancer"}
    published = [name for name in ha if compose["services"][name].get("ports")]
    assert published == ["balancer"]
    config = compose["configs"]["balancer"]["content"]
    assert re.findall(r"server \w+ (\S+)", config) == ["miniapi-a:6443", "miniapi-b:6443"]
    assert "mode tcp" in config
    assert len({compose["services"][m]["volumes"][0] for m in HA_ETCD}) == 3


@pytest.mark.parametrize("service", ["miniapi", "miniapi-a", "miniapi-b"])
def test_the_servers_name_etcd_members_that_are_there(compose: dict[str, Any], service: str) -> None:
    servers = arguments(compose, service)["etcd-servers"].split(",")
    options = EtcdOptions(etcd_servers=servers)
    assert options.validate() == []
    advertised = {arguments(compose, s)["advertise-client-urls"] for s in started_with(compose, service) if "etcd" in s}
    assert set(servers) == advertised


def test_the_image_installs_a_wheel_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text()
    last_stage = lines.rpartition("FROM ")[2]
    assert "pip wheel" in lines
    assert "/wheels/*.whl" in last_stage
    user = re.search(r"^USER (\S+)$", last_stage, re.MULTILINE)
    assert user is not None
    assert user[1] not in ("0", "root")
    assert "COPY miniapi" not in last_stage
    assert "EXPOSE 6443" in last_stage
    assert "HEALTHCHECK" in last_stage
    assert 'ENTRYPOINT ["miniapi"]' in last_stage


@pytest.fixture
def by_hand(compose: dict[str, Any], start_etcd: Any, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The etcd services of the file as processes on this host; yields their client URLs."""
    conftest = request.config.pluginmanager.get_plugin(str(Path(__file__).with_name("conftest.py")))
    services = request.param
    ports = conftest.free_ports(2 * len(services))
    places = {}
    for i, service in enumerate(services):
        places[f"{service}:2379"] = f"127.0.0.1:{ports[2 * i]}"
        places[f"{service}:2380"] = f"127.0.0.1:{ports[2 * i + 1]}"
    processes = []
    with tempfile.TemporaryDirectory() as directory:
        for service in services:
            command = [conftest.etcd_binary()]
            for argument in compose["services"][service]["command"][1:]:
                argument = argument.replace("0.0.0.0", service).replace("/etcd-data", f"{directory}/{service}")
                for place, here in places.items():
                    argument = argument.replace(f"//{place}", f"//{here}")
                command.append(argument)
            command += ["--unsafe-no-fsync", "--heartbeat-interval=20", "--election-timeout=200"]
            processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        yield [f"http://{places[f'{service}:2379']}" for service in services]
        for process in processes:
            process.kill()
            process.wait(10)


@pytest.mark.etcd
@pytest.mark.parametrize("by_hand", [("etcd",), HA_ETCD], indirect=True)
async def test_the_members_as_written_keep_what_a_server_puts(by_hand: list[str]) -> None:
    from miniapi.storage.etcd import EtcdStore

    store = EtcdStore(by_hand, timeout_seconds=10.0)
    revision = await store.put("a", b"1", expected=0)
    for url in by_hand:
        one = EtcdStore([url])
        found = await one.get("a")
        assert found is not None
        assert found.mod_revision == revision
        await one.close()
    assert len(await store.size_bytes()) == len(by_hand)
    await store.close()
