"""What a fresh server holds, and who is told to have made it."""


def owned(obj):
    return [
        (entry["manager"], entry["operation"], sorted(entry["fieldsV1"])) for entry in obj["metadata"]["managedFields"]
    ]


async def test_the_default_network_is_ready_as_its_controller_says(client):
    network = await client.get("networking.k8s.io", "v1", "servicecidrs", "", "kubernetes")
    (condition,) = network["status"]["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == ("Ready", "True", "")
    assert owned(network) == [
        ("kubernetes-service-cidr-controller", "Apply", ["f:status"]),
        ("kube-apiserver", "Update", ["f:spec"]),
    ]


async def test_finalizers_of_namespaces_are_nobodys(client):
    assert owned(await client.get("", "v1", "namespaces", "", "kube-system")) == [
        ("kube-apiserver", "Update", ["f:metadata"])
    ]


async def test_priority_classes_say_what_they_are_for(client):
    listed = await client.list("scheduling.k8s.io", "v1", "priorityclasses")
    assert all(item["description"].startswith("Used for system critical pods that must") for item in listed["items"])
    assert len(listed["items"]) == 2
