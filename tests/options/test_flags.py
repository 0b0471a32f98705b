"""Flags are read as pflag reads them; all that is wrong is told at once."""

from dataclasses import dataclass

import pytest

from miniapi.flag import flag
from miniapi.options.flags import flags_of, from_mapping, parse
from miniapi.options.server import SECTIONS, ServerDefaults, all_flags, compose
from miniapi.options.unbuilt import Unbuilt


@dataclass
class Sample:
    port: int = flag("port", "A port.", "int", 1)
    on: bool = flag("on", "A switch.", "bool", False)
    names: list[str] = flag("names", "Names.", "strings", [])
    pairs: list[str] = flag("pairs", "Pairs.", "stringArray", [])
    given: dict[str, str] = flag("given", "Given.", "map", {})
    wait: float = flag("wait", "A time.", "duration", 0.0)
    v: int = flag("v", "Level.", "int", 0)


FLAGS = {f.name: f for f in flags_of("Sample", Sample)}


def read(*words: str):
    return parse(words, FLAGS, Unbuilt())


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["--port=7"], {"port": 7}),
        (["--port", "7", "--port=8"], {"port": 8}),
        (["--on"], {"on": True}),
        (["--on=false"], {"on": False}),
        (["--names=a,b", "--names", "c"], {"names": ["a", "b", "c"]}),
        (["--pairs=a,b", "--pairs=c"], {"pairs": ["a,b", "c"]}),
        (["--given=a=1,b=", "--given=c=x=y"], {"given": {"a": "1", "b": "", "c": "x=y"}}),
        (["--wait=1m1.5s"], {"wait": 61.5}),
        (["-v", "3"], {"v": 3}),
        (["-v4"], {"v": 4}),
        (["-v=5"], {"v": 5}),
        (["--names="], {"names": []}),
    ],
)
def test_values_are_read(words, values):
    parsed = read(*words)
    assert (parsed.values, parsed.rest, parsed.problems) == (values, [], [])


def test_underscores_are_dashes():
    assert parse(["--max_requests_inflight=1"], all_flags(), Unbuilt()).values == {"max-requests-inflight": 1}


def test_every_mistake_is_told():
    parsed = read("--port=x", "--wait=3", "--prot=1", "--on=maybe", "--port")
    assert parsed.problems == [
        '--port: "x" cannot be read, it takes a whole number',
        '--wait: "3" cannot be read, time: missing unit in duration "3"',
        "--prot is not a flag; did you mean --port?",
        '--on: "maybe" cannot be read, it takes true or false',
        "--port needs a value: --port=INT",
    ]


def test_what_kube_apiserver_has_and_miniapi_has_not_is_refused_by_name():
    told = "known to kube-apiserver, not built yet"
    parsed = read("--tracing-config-file", "x", "--profiling", "--goaway-chance=0.01", "--port=2")
    assert [p.split()[0] for p in parsed.problems if told in p] == [
        "--tracing-config-file",
        "--profiling",
        "--goaway-chance",
    ]
    assert (parsed.values, parsed.rest) == ({"port": 2}, [])


def test_what_asks_for_nothing_is_taken():
    words = ["--profiling=false", "--goaway-chance=0", "--tracing-config-file=", "--disable-http2-serving"]
    assert read(*words).problems == []
    assert read("--disable-http2-serving=false").problems != []


def test_a_file_says_the_same_as_the_command_line():
    parsed = from_mapping(
        {"port": 7, "on": True, "names": ["a", "b"], "given": {"a": True}, "wait": "1s", "pairs": []}, FLAGS, Unbuilt()
    )
    assert parsed.problems == []
    assert parsed.values == {"port": 7, "on": True, "names": ["a", "b"], "given": {"a": "true"}, "wait": 1, "pairs": []}


def test_every_flag_says_what_it_is_for_and_has_a_name_of_its_own():
    flags = [f for title, options_type in SECTIONS.items() for f in flags_of(title, options_type)]
    assert [f.name for f in flags if not f.help] == []
    assert len({f.name for f in flags}) == len(flags)


def test_defaults_are_valid_and_kube_apiservers_are_its_own():
    options, problems = compose({}, ServerDefaults.MINIAPI)
    assert problems == []
    assert (options.serving.bind_address, options.authorization.modes) == ("127.0.0.1", ["Node", "RBAC"])
    options, problems = compose({"etcd-servers": ["http://127.0.0.1:2379"]}, ServerDefaults.KUBE_APISERVER)
    assert problems == []
    assert (options.serving.bind_address, options.authorization.modes) == ("0.0.0.0", ["AlwaysAllow"])
    assert (options.generic.service_cluster_ip_range, options.generic.controllers) == ("10.0.0.0/24", [])
    assert options.kubeconfig_path() is None


def test_kube_apiserver_wants_an_etcd():
    _, problems = compose({}, ServerDefaults.KUBE_APISERVER)
    assert [p.split()[0] for p in problems] == ["--etcd-servers"]


def test_admission_control_says_all_that_runs_even_if_that_is_nothing():
    flags = all_flags()
    parsed = parse(["--admission-control="], flags, Unbuilt())
    options, problems = compose(parsed.values, ServerDefaults.MINIAPI)
    assert (problems, options.admission.enabled()) == ([], frozenset())
    options, problems = compose({"admission-control": ["LimitRanger"]}, ServerDefaults.MINIAPI)
    assert (problems, options.admission.enabled()) == ([], {"LimitRanger"})
    _, problems = compose(
        {"admission-control": [], "disable-admission-plugins": ["LimitRanger"]}, ServerDefaults.MINIAPI
    )
    assert [p.split()[0] for p in problems] == ["--admission-control"]


def test_switches_that_only_stand_one_way_say_so():
    _, problems = compose({"allow-privileged": False, "enable-garbage-collector": False}, ServerDefaults.MINIAPI)
    assert {p.split("=")[0] for p in problems} == {"--allow-privileged", "--enable-garbage-collector"}


@pytest.mark.parametrize(("text", "ports"), [("30000-30001", [30000, 30001]), ("7", []), ("5-4", []), ("0-9", [])])
def test_node_ports_are_a_range(text, ports):
    options, _ = compose({"service-node-port-range": text}, ServerDefaults.MINIAPI)
    assert list(options.generic.node_ports()) == ports
