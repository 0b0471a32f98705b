"""The Python clients create, list, patch, apply and watch, each in its own way."""

import asyncio
from pathlib import Path

import pytest

NAMESPACE = "default"
# What these libraries leave open or find too new is theirs; leaks of our own are other tests' business.
pytestmark = pytest.mark.filterwarnings("ignore")


def labels(name: str) -> dict[str, str]:
    return {"client": name}


def test_kubernetes(kubeconfig: Path) -> None:
    import kubernetes

    client = kubernetes.config.new_client_from_config(str(kubeconfig))
    core = kubernetes.client.CoreV1Api(client)
    apps = kubernetes.client.AppsV1Api(client)
    meta = {"name": "kubernetes", "labels": labels("kubernetes")}
    container = {"name": "c", "image": "nginx"}
    created = apps.create_namespaced_deployment(
        NAMESPACE,
        {
            "metadata": meta,
            "spec": {
                "selector": {"matchLabels": labels("kubernetes")},
                "template": {"metadata": {"labels": labels("kubernetes")}, "spec": {"containers": [container]}},
            },
        },
    )
    assert created.spec.template.spec.containers[0].image_pull_policy == "Always"
    patched = apps.patch_namespaced_deployment("kubernetes", NAMESPACE, {"spec": {"replicas": 3}})
    assert patched.spec.replicas == 3
    assert apps.read_namespaced_deployment_scale("kubernetes", NAMESPACE).spec.replicas == 3
    configmap = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "1"}}
    dynamic = kubernetes.dynamic.DynamicClient(client)
    configmaps = dynamic.resources.get(api_version="v1", kind="ConfigMap")
    applied = configmaps.server_side_apply(configmap, namespace=NAMESPACE, field_manager="me")
    assert applied.metadata.managedFields[0].manager == "me"
    version = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
    core.delete_namespaced_config_map("kubernetes", NAMESPACE)
    watch = kubernetes.watch.Watch()
    for event in watch.stream(core.list_namespaced_config_map, NAMESPACE, resource_version=version, timeout_seconds=5):
        assert (event["type"], event["object"].metadata.name) == ("DELETED", "kubernetes")
        watch.stop()
    with pytest.raises(kubernetes.client.ApiException) as raised:
        core.read_namespaced_config_map("kubernetes", NAMESPACE)
    assert raised.value.status == 404
    client.close()


async def test_kubernetes_asyncio(kubeconfig: Path) -> None:
    import kubernetes_asyncio as kubernetes

    async with await kubernetes.config.new_client_from_config(str(kubeconfig)) as client:
        core = kubernetes.client.CoreV1Api(client)
        meta = kubernetes.client.V1ObjectMeta(name="asyncio", labels=labels("asyncio"))
        await core.create_namespaced_config_map(NAMESPACE, kubernetes.client.V1ConfigMap(metadata=meta))
        listed = await core.list_namespaced_config_map(NAMESPACE, label_selector="client=asyncio")
        assert [i.metadata.name for i in listed.items] == ["asyncio"]
        patched = await core.patch_namespaced_config_map("asyncio", NAMESPACE, {"data": {"k": "v"}})
        assert patched.data == {"k": "v"}
        async with kubernetes.watch.Watch() as watch:
            stream = watch.stream(
                core.list_namespaced_config_map,
                NAMESPACE,
                label_selector="client=asyncio",
                resource_version=listed.metadata.resource_version,
                timeout_seconds=5,
            )
            async for event in stream:
                assert (event["type"], event["object"].data) == ("MODIFIED", {"k": "v"})
                break
        await core.delete_namespaced_config_map("asyncio", NAMESPACE)


def test_lightkube(kubeconfig: Path) -> None:
    import lightkube
    from lightkube.models.meta_v1 import ObjectMeta
    from lightkube.resources.core_v1 import ConfigMap

    client = lightkube.Client(lightkube.KubeConfig.from_file(str(kubeconfig)), field_manager="lightkube")
    configmap = ConfigMap(metadata=ObjectMeta(name="lightkube", namespace=NAMESPACE, labels=labels("lightkube")))
    client.create(configmap)
    assert client.patch(ConfigMap, "lightkube", {"data": {"k": "v"}}, namespace=NAMESPACE).data == {"k": "v"}
    configmap.data = {"k": "w"}
    assert client.apply(configmap, force=True).data == {"k": "w"}
    listed = client.list(ConfigMap, namespace=NAMESPACE, labels={"client": "lightkube"})
    assert [c.metadata.name for c in listed] == ["lightkube"]
    version = listed.resourceVersion
    client.delete(ConfigMap, "lightkube", namespace=NAMESPACE)
    for event, obj in client.watch(ConfigMap, namespace=NAMESPACE, resource_version=version, server_timeout=5):
        assert (event, obj.metadata.name) == ("DELETED", "lightkube")
        break


async def test_kr8s(kubeconfig: Path) -> None:
    import kr8s
    from kr8s.asyncio.objects import ConfigMap

    api = await kr8s.asyncio.api(kubeconfig=str(kubeconfig))
    manifest = {"metadata": {"name": "kr8s", "namespace": NAMESPACE, "labels": labels("kr8s")}, "data": {"k": "v"}}
    configmap = await ConfigMap(manifest, api=api)
    await configmap.create()
    assert await configmap.exists()
    await configmap.patch({"data": {"k": "w"}})
    assert configmap.data == {"k": "w"}
    found = [c async for c in api.get("configmaps", namespace=NAMESPACE, label_selector="client=kr8s")]
    assert [c.name for c in found] == ["kr8s"]
    async with asyncio.timeout(5):
        async for event, obj in api.watch("configmaps", namespace=NAMESPACE, label_selector="client=kr8s"):
            assert (event, obj.name) == ("ADDED", "kr8s")
            break
    await configmap.delete()
