"""The kubeconfig: YAML that kubectl reads, and a guest in the user's own file."""

import base64
import os

import pytest
import yaml

from miniapi.server.certificates import ensure
from miniapi.server.kubeconfig import document, merge, user_path, write


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    made = ensure(tmp_path_factory.mktemp("pki"), ["localhost"])
    return document("https://127.0.0.1:6443", made), made


def test_written_file_is_yaml_with_everything_embedded_for_the_owner_alone(config, tmp_path):
    wanted, made = config
    path = tmp_path / "new" / "kubeconfig"
    write(path, wanted)
    loaded = yaml.safe_load(path.read_text())
    assert loaded == wanted
    cluster = loaded["clusters"][0]["cluster"]
    assert cluster["server"] == "https://127.0.0.1:6443"
    assert base64.b64decode(cluster["certificate-authority-data"]) == made.ca.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_merge_loses_nothing_and_is_repeatable(config, tmp_path):
    wanted, _ = config
    own = {
        "kind": "Config",
        "preferences": {"colors": True},
        "clusters": [{"name": "prod", "cluster": {"server": "https://prod", "extensions": [1]}}],
        "users": [{"name": "me", "user": {"exec": {"command": "login", "args": ["a"]}}}],
        "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": "me", "namespace": "x"}}],
        "current-context": "prod",
        "x-own": 1,
    }
    real, link = tmp_path / "real", tmp_path / "config"
    real.write_text(yaml.safe_dump(own))
    link.symlink_to(real)
    merge(link, wanted)
    merge(link, wanted)
    assert link.is_symlink()
    merged = yaml.safe_load(real.read_text())
    for part in ("clusters", "users", "contexts"):
        assert merged[part] == [*own[part], *wanted[part]]
    assert merged["current-context"] == "miniapi"
    assert (merged["preferences"], merged["x-own"]) == (own["preferences"], 1)


def test_merge_makes_the_file_where_there_is_none(config, tmp_path):
    merge(tmp_path / "a" / "config", config[0])
    assert yaml.safe_load((tmp_path / "a" / "config").read_text()) == config[0]


@pytest.mark.parametrize("text", ["[1, 2]", "clusters: nonsense", "a: b: c"])
def test_what_is_no_kubeconfig_is_left_as_it_is(config, tmp_path, text):
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(ValueError, match="left as it is|left as it was|it was left"):
        merge(path, config[0])
    assert path.read_text() == text
    assert os.listdir(tmp_path) == ["config"]


def test_users_file_is_the_one_kubectl_writes_to(tmp_path):
    existing = tmp_path / "b"
    existing.write_text("")
    assert user_path({"KUBECONFIG": f"{tmp_path}/a{os.pathsep}{existing}"}) == existing
    assert user_path({}).parts[-2:] == (".kube", "config")
