"""The command line: `miniapi serve`, `miniapi kubeconfig`, `miniapi snapshot`, and `kube-apiserver` in its place."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from miniapi import __version__
from miniapi.options.flags import Flag, from_mapping, parse
from miniapi.options.server import Options, ServerDefaults, all_flags, compose

USAGE_ERROR = 2

HELP = """miniapi: a Kubernetes API server for developing without a cluster

usage:
  miniapi serve [flags]              run the server (also: miniapi [flags])
  miniapi kubeconfig [flags]         print the kubeconfig that `serve` wrote
  miniapi version
  miniapi COMMAND --help             the flags, which are kube-apiserver's own
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of `miniapi`; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = "serve"
    if words and not words[0].startswith("-"):
        command = words.pop(0)
    elif words and words[0] in ("-h", "--help"):
        print(HELP, end="")
        return 0
    if command == "version" or words == ["--version"]:
        print(f"miniapi {__version__}")
        return 0
    if command not in ("serve", "kubeconfig"):
        print(f"miniapi: {command!r} is not a command; see miniapi --help", file=sys.stderr)
        return USAGE_ERROR
    return _run(command, words, ServerDefaults.MINIAPI)


def kube_apiserver(argv: Sequence[str] | None = None) -> int:
    """Entry point of `kube-apiserver`: the original's own defaults."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words == ["--version"]:
        print("Kubernetes v1.36.0+miniapi")
        return 0
    return _run("serve", words, ServerDefaults.KUBE_APISERVER)


def _run(command: str, words: list[str], defaults: ServerDefaults) -> int:
    flags = all_flags()
    if "--help" in words or "-h" in words:
        _print_flags(command, flags)
        return 0
    values, rest, problems = parse(words, flags)
    if values.get("config"):
        from_file, file_problems = _read_config(str(values["config"]), flags)
        values = {**from_file, **values}
        problems += file_problems
    if rest:
        problems.append(f"{rest[0]!r} is not expected; flags begin with --")
    options: Options | None = None
    if not problems:
        options, problems = compose(values, defaults)
    if problems or options is None:
        for problem in problems:
            print(f"miniapi: {problem}", file=sys.stderr)
        return USAGE_ERROR
    if command == "kubeconfig":
        return _print_kubeconfig(options)
    from miniapi.run import run

    return run(options)


def _read_config(path: str, flags: dict[str, Flag]) -> tuple[dict[str, Any], list[str]]:
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file) or {}
    except OSError as problem:
        return {}, [f"--config: {path} cannot be read: {problem.strerror}"]
    except yaml.YAMLError as problem:
        return {}, [f"--config: {path} is not YAML: {str(problem).splitlines()[0]}"]
    if not isinstance(document, dict):
        return {}, [f"--config: {path} must hold a mapping from flag names to values"]
    return from_mapping(document, flags, path)


def _print_flags(command: str, flags: dict[str, Flag]) -> None:
    print(f"usage: miniapi {command} [flags]")
    section = ""
    for flag in sorted(flags.values(), key=lambda f: f.section):
        if flag.section != section:
            section = flag.section
            print(f"\n{section}:")
        default = f" (default {_shown(flag.default)})" if flag.default not in (None, "", [], {}, False) else ""
        print(f"  --{flag.name} {'' if flag.kind == 'bool' else flag.kind}".rstrip())
        print(f"        {flag.help}{default}")


def _shown(default: Any) -> str:
    if isinstance(default, list):
        return ",".join(str(d) for d in default)
    return str(default).lower() if isinstance(default, bool) else str(default)


def _print_kubeconfig(options: Options) -> int:
    path = options.kubeconfig_path()
    try:
        print(path.read_text(), end="")
    except OSError:
        print(
            f"miniapi: there is no kubeconfig at {path} yet; start the server once with `miniapi serve`",
            file=sys.stderr,
        )
        return 1
    return 0
