"""Which version of an object a Scale may be put on."""

import pytest

from miniapi.errors import ApiError

DEPLOYMENT = {
    "metadata": {"name": "d"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    },
}


def scale(version):
    return {"metadata": {"name": "d", "namespace": "default", "resourceVersion": version}, "spec": {"replicas": 2}}


@pytest.fixture
async def deployment(client):
    return await client.create("apps", "v1", "deployments", "default", DEPLOYMENT)


@pytest.mark.parametrize(
    ("version", "code", "message"),
    [
        ("a_b", 500, 'strconv.ParseUint: parsing "a_b": invalid syntax'),
        ("1", 409, "the object has been modified"),
    ],
)
async def test_a_scale_of_another_version_is_refused(client, deployment, version, code, message):
    with pytest.raises(ApiError, match=message) as refused:
        await client.update("apps", "v1", "deployments", "default", scale(version), "scale")
    assert refused.value.code == code


@pytest.mark.parametrize("version", ["", "0"])
async def test_a_scale_that_names_no_version_is_put_on_any(client, deployment, version):
    changed = await client.update("apps", "v1", "deployments", "default", scale(version), "scale")
    assert changed["spec"]["replicas"] == 2
