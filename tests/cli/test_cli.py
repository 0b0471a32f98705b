"""The command line as a user meets it: exit codes, all problems at once, help that fits."""

import pytest

from miniapi import cli
from miniapi.options.server import ServerDefaults, all_flags


def read(*words: str):
    return cli.read(words, all_flags(), ServerDefaults.MINIAPI)


def test_mistakes_end_with_2_and_one_line_each(capsys):
    assert cli.main(["serve", "--secure-port=99999", "--nope", "--profiling", "word"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split()[1] for line in err.splitlines()] == ["--nope", "--profiling", "'word'", "--secure-port:"]


def test_a_file_s_mistakes_name_the_file_and_the_command_line_wins(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("secure-port: 99999\nnope: 1\nrequest-timeout: 0s\nmax-requests-inflight: 7\n")
    options, problems = read("--config", str(path), "--secure-port=0")
    assert [p.split(": ")[0] for p in problems] == [str(path)] * 2
    assert ("--nope" in problems[0], "--request-timeout" in problems[1]) == (True, True)
    assert (options.serving.secure_port, options.generic.max_requests_inflight) == (0, 7)


@pytest.mark.parametrize("text", ["[1]", "a: b: c", None])
def test_a_file_that_cannot_be_used_is_told_of(tmp_path, text):
    path = tmp_path / "c.yaml"
    if text is not None:
        path.write_text(text)
    _, problems = read("--config", str(path))
    assert len(problems) == 1
    assert problems[0].startswith(f"{path}: --config: ")


@pytest.mark.parametrize("columns", [80, 120])
def test_help_fits(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert cli.main(["serve", "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    assert {"Generic", "Etcd", "Secure serving", "Auditing", "Authentication"} <= set(lines)


def test_help_of_kube_apiserver_has_no_flag_that_is_gone(capsys):
    assert cli.kube_apiserver(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "--etcd-servers" in shown
    assert "--insecure-port" not in shown


def test_commands(capsys, tmp_path):
    assert cli.main(["version"]) == 0
    assert cli.main(["--help"]) == 0
    assert cli.main(["nonsense"]) == 2
    assert cli.kube_apiserver(["--version"]) == 0
    assert "Kubernetes v1.36" in capsys.readouterr().out


def test_kubeconfig_is_printed_or_missed_in_one_line(capsys, tmp_path):
    assert cli.main(["kubeconfig", "--data-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    (tmp_path / "kubeconfig").write_text("kind: Config\n")
    assert cli.main(["kubeconfig", "--data-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "kind: Config\n"
