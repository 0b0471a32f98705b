"""Configs of clients: from kubeconfigs, from pods, of the server itself; and what is said of wrong ones."""

import base64
import json

import pytest

from miniapi.client.config import ClientConfig, ConfigError, from_kubeconfig, in_cluster
from miniapi.client.loopback import LoopbackFailed, checked, loopback_config
from miniapi.wire import JSON, PROTOBUF


def kubeconfig(tmp_path, cluster=None, user=None, context=None):
    document = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", **(context or {})}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1", **(cluster or {})}}],
        "users": [{"name": "u", "user": user or {}}],
    }
    path = tmp_path / "config"
    path.write_text(json.dumps(document))
    return path


def test_a_kubeconfig_gives_address_identity_and_namespace(tmp_path):
    path = kubeconfig(tmp_path, user={"token": "t"}, context={"namespace": "ns"})
    config = from_kubeconfig(path, content_type=PROTOBUF)
    assert (config.host, config.token(), config.namespace) == ("https://127.0.0.1:1", "t", "ns")
    assert config.accept == f"{PROTOBUF},{JSON}"


def test_files_of_a_kubeconfig_lie_beside_it_and_data_wins_over_files(tmp_path):
    (tmp_path / "ca.pem").write_bytes(b"file")
    assert from_kubeconfig(kubeconfig(tmp_path, {"certificate-authority": "ca.pem"})).ca == b"file"
    data = base64.b64encode(b"data").decode()
    both = {"certificate-authority": "ca.pem", "certificate-authority-data": data}
    assert from_kubeconfig(kubeconfig(tmp_path, both)).ca == b"data"


def test_a_token_file_is_read_for_each_request(tmp_path):
    path = kubeconfig(tmp_path, user={"tokenFile": "token"})
    config = from_kubeconfig(path)
    for token in ("one", "two"):
        (tmp_path / "token").write_text(token + "\n")
        assert config.token() == token


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user": {"exec": {"command": "x"}}}, "signs in by exec, which this client does not run"),
        ({"context": {"cluster": "other"}}, 'has no cluster "other"; name one of clusters with context='),
        ({"cluster": {"certificate-authority-data": "?"}}, "certificate-authority-data is not base64"),
        ({"cluster": {"certificate-authority": "gone"}}, "cannot be read: No such file or directory"),
    ],
)
def test_a_wrong_kubeconfig_is_told_in_one_line(tmp_path, change, said):
    with pytest.raises(ConfigError) as raised:
        from_kubeconfig(kubeconfig(tmp_path, **change))
    assert said in str(raised.value)


def test_a_pod_gives_its_service_account(tmp_path):
    for name, text in (("ca.crt", "pem"), ("namespace", "ns\n"), ("token", "t")):
        (tmp_path / name).write_text(text)
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    config = in_cluster(environment, tmp_path)
    assert (config.host, config.token(), config.namespace) == ("https://[fd00::1]:443", "t", "ns")
    with pytest.raises(ConfigError, match="unable to load in-cluster configuration"):
        in_cluster({}, tmp_path)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (ClientConfig("127.0.0.1:6443"), "host must be a URL"),
        (ClientConfig("https://h", ca=b"x", insecure=True), "insecure flag is not allowed"),
        (ClientConfig("https://h", ca=b"no pem"), "unable to parse bytes as PEM block"),
        (ClientConfig("https://h", certificate=b"c"), "give both or neither"),
        (ClientConfig("https://h", content_type="text/plain"), '"text/plain" is not spoken'),
    ],
)
def test_a_config_that_cannot_work_says_why(config, said):
    with pytest.raises(ConfigError) as raised:
        config.check()
    assert said in str(raised.value)


def test_the_loopback_config_is_protobuf_without_compression_and_has_a_token_of_its_own():
    one, other = loopback_config("http://127.0.0.1:1", b""), loopback_config("http://127.0.0.1:1", b"")
    assert (one.content_type, one.compression) == (PROTOBUF, False)
    assert one.bearer_token != other.bearer_token


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (loopback_config("https://127.0.0.1:1", b"no pem"), "unable to load root certificates"),
        (ClientConfig("http://127.0.0.1:1"), "it carries no bearer token"),
    ],
)
def test_a_loopback_client_that_cannot_be_made_fails_in_the_words_that_people_search_for(config, said):
    with pytest.raises(LoopbackFailed, match="^failed to create real external clientset: ") as raised:
        checked(config)
    assert said in str(raised.value)
