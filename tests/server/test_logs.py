"""What is logged, and how it looks; what a started server says."""

import io
import json
import logging

import pytest

from miniapi.server.announce import Summary, announce
from miniapi.server.logs import LogsOptions

SUMMARY = Summary("https://127.0.0.1:6443", "memory", "/k", 0.25)


@pytest.fixture(autouse=True)
def _restored():
    root, ours = logging.getLogger(), logging.getLogger("miniapi")
    before = (root.level, root.handlers[:], ours.level)
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    ours.setLevel(before[2])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_json_lines_hold_the_message_and_its_fields():
    out = io.StringIO()
    LogsOptions(format="json").apply(out)
    announce(SUMMARY, io.StringIO())
    told = json.loads(out.getvalue())
    assert (told["msg"], told["endpoint"], told["seconds"]) == ("miniapi is ready", SUMMARY.endpoint, 0.25)


def test_text_lines_are_klogs():
    out = io.StringIO()
    LogsOptions().apply(out)
    announce(SUMMARY, io.StringIO())
    logging.getLogger("miniapi.x").warning("odd %s", "thing")
    first, second = out.getvalue().splitlines()
    assert first[0] == "I"
    assert first.endswith(
        '] "miniapi is ready" endpoint="https://127.0.0.1:6443" store="memory" kubeconfig="/k" seconds=0.25'
    )
    assert (second[0], second.split("] ")[1]) == ("W", "odd thing")


def test_quiet_tells_problems_only():
    out = io.StringIO()
    LogsOptions(quiet=True, verbosity=5).apply(out)
    logging.getLogger("miniapi").info("x")
    logging.getLogger("miniapi").error("y")
    assert out.getvalue().endswith("] y\n")
    assert out.getvalue().count("\n") == 1
    assert not LogsOptions(quiet=True, verbosity=5).tells_requests


def test_a_terminal_gets_the_summary():
    out = Terminal()
    announce(SUMMARY, out)
    for part in ("0.25 s", "https://127.0.0.1:6443", "memory", "KUBECONFIG=/k"):
        assert part in out.getvalue()


def test_nothing_is_said_of_a_kubeconfig_that_was_not_written():
    out = Terminal()
    announce(Summary("https://x", "etcd", "", 1), out)
    assert "KUBECONFIG" not in out.getvalue()
