"""The command line: `miniapi serve|kubeconfig|snapshot|version`, and `kube-apiserver` in its place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from threading import Thread
from typing import Any

from miniapi import __version__
from miniapi.options.flags import Flag, Parsed, from_mapping, parse
from miniapi.options.server import SECTIONS, Options, ServerDefaults, all_flags, compose, default_data_dir
from miniapi.options.unbuilt import Unbuilt

USAGE_ERROR = 2

HELP = """miniapi: a Kubernetes API server for developing without a cluster

usage:
  miniapi serve [flags]         run the server (also: miniapi [flags])
  miniapi kubeconfig [flags]    print the kubeconfig that `serve` wrote
  miniapi snapshot --help       save, restore and check the embedded store
  miniapi version               print the version
  miniapi COMMAND --help        the flags, which are kube-apiserver's own
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of `miniapi`; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0
    command = words.pop(0) if words and not words[0].startswith("-") else "serve"
    if command == "version" or words == ["--version"]:
        print(f"miniapi {__version__}")
        return 0
    if command == "snapshot":
        from miniapi.storage.snapshot_command import main as snapshot

        return snapshot(words, default_data_dir())
    if command not in COMMANDS:
        print(f"miniapi: {command!r} is not a command; see miniapi --help", file=sys.stderr)
        return USAGE_ERROR
    return _with_options(f"miniapi {command}", words, ServerDefaults.MINIAPI, COMMANDS[command])


def kube_apiserver(argv: Sequence[str] | None = None) -> int:
    """Entry point of `kube-apiserver`: the original's own defaults."""
    words = list(sys.argv[1:] if argv is None else argv)
    if any(w.partition("=")[0] == "--version" for w in words):
        from miniapi.server.version import version_info

        print(f"Kubernetes {version_info()['gitVersion']}")
        return 0
    return _with_options("kube-apiserver", words, ServerDefaults.KUBE_APISERVER, _serve)


def _with_options(program: str, words: list[str], defaults: ServerDefaults, run: Callable[[Options], int]) -> int:
    flags = all_flags()
    if "--help" in words or "-h" in words:
        from miniapi.options.help import show_flags

        show_flags(f"{program} [flags]", flags.values(), SECTIONS)
        return 0
    options, problems = read(words, flags, defaults)
    for problem in problems:
        print(f"{program.split()[0]}: {problem}", file=sys.stderr)
    return USAGE_ERROR if problems else run(options)


def read(words: Sequence[str], flags: Mapping[str, Flag], defaults: ServerDefaults) -> tuple[Options, list[str]]:
    """-> (options, all that is wrong with the command line and the file that it names)."""
    unbuilt = Unbuilt()
    parsed = parse(words, flags, unbuilt)
    path = str(parsed.values.get("config", ""))
    file = _read_config(path, flags, unbuilt) if path else Parsed()
    problems = [*parsed.problems, *(f"{path}: {p}" for p in file.problems)]
    problems += [f"{word!r} is not expected; flags are written as --FLAG=VALUE" for word in parsed.rest]
    options, wrong = compose({**file.values, **parsed.values}, defaults)
    from_file = tuple(f"--{name}" for name in file.values if name not in parsed.values)
    for problem in wrong:
        named = problem.split()[0].rstrip(":,")
        problems.append(f"{path}: {problem}" if named in from_file else problem)
    return options, problems


def _read_config(path: str, flags: Mapping[str, Flag], unbuilt: Unbuilt) -> Parsed:
    import yaml

    document: Any = None
    try:
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file) or {}
    except OSError as problem:
        return Parsed(problems=[f"--config: it cannot be read: {problem.strerror}"])
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        return Parsed(problems=[f"--config: it is not YAML: {str(problem).splitlines()[0]}"])
    if not isinstance(document, dict):
        return Parsed(problems=["--config: it must hold a mapping from flag names to values"])
    return from_mapping(document, flags, unbuilt)


def _serve(options: Options) -> int:
    # Loading the HTTP library reads the system's certificates, which needs no interpreter: a second thread does it.
    Thread(target=import_module, args=("miniapi.server.serving",), daemon=True).start()
    from miniapi.run import run

    return run(options)


def _print_kubeconfig(options: Options) -> int:
    path = options.kubeconfig_path()
    assert path is not None, "miniapi has one, kube-apiserver has no such command"
    try:
        print(path.read_text(), end="")
    except OSError:
        hint = "start the server once with `miniapi serve`"
        print(f"miniapi: there is no kubeconfig at {path} yet; {hint}", file=sys.stderr)
        return 1
    return 0


COMMANDS: Mapping[str, Callable[[Options], int]] = {"serve": _serve, "kubeconfig": _print_kubeconfig}
