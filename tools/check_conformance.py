"""Runs the recorded scenarios in FOLDER against a fresh server and fails below the scores of .ci/conformance.json.

A scenario that fails is given a second try alone, since a busy machine can be too slow for its waits.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from ssl import CERT_NONE, create_default_context

ROOT = Path(__file__).parent.parent
TOKENS = 'admintoken,admin,admin-uid,"system:masters"\nusertoken,alice,alice-uid,"devs"\n'
FAMILY_SECONDS = 600
TRIED_AGAIN = 8


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(url: str) -> None:
    context = create_default_context()
    context.check_hostname, context.verify_mode = False, CERT_NONE
    for _ in range(200):
        try:
            urllib.request.urlopen(url + "/readyz", context=context, timeout=2).read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the server did not become ready")


def compare(folder: Path, url: str, only: str, result: Path) -> subprocess.Popen[bytes]:
    """Starts the comparison of the scenarios whose names hold `only`."""
    command = [sys.executable, str(folder / "conform.py"), "compare", str(folder / "scenarios"), str(folder / "golden")]
    command += ["--only", only, "--server", url, "--token", "admintoken", "--json", str(result)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def failing(result: Path) -> dict[str, list[str]]:
    """Scenario -> its differences."""
    scenarios = json.loads(result.read_text())
    return {name: found["diff"] for name, found in scenarios.items() if not found["strict"]}


def judge(folder: Path, url: str, floors: dict[str, int], scratch: Path) -> int:
    """Compares the families side by side, prints their scores; 1 where one has fallen."""
    results = {family: scratch / f"{family}.json" for family in floors}
    running = [compare(folder, url, f"{family}/", result) for family, result in results.items()]
    for process in running:
        process.wait(FAMILY_SECONDS)
    fallen = 0
    for family, result in results.items():
        total, bad = len(json.loads(result.read_text())), failing(result)
        if total - len(bad) < floors[family]:
            for name in list(bad)[:TRIED_AGAIN]:
                again = scratch / "again.json"
                compare(folder, url, name, again).wait(FAMILY_SECONDS)
                if name not in failing(again):
                    del bad[name]
        passed = total - len(bad)
        print(f"conformance {family}: {passed} of {total} strict (floor {floors[family]})", flush=True)
        if passed < floors[family]:
            fallen = 1
            for name, differences in bad.items():
                print(f"  {name}", *(f"    {d}" for d in differences[:5]), sep="\n", flush=True)
    return fallen


def main() -> int:
    folder = Path(sys.argv[1])
    floors = json.loads((ROOT / ".ci/conformance.json").read_text())
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as scratch:
        tokens = Path(scratch) / "tokens.csv"
        tokens.write_text(TOKENS)
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "miniapi", "serve", "--quiet", "--controllers=none"),
                *("--data-dir", f"{scratch}/data", "--secure-port", str(port), "--token-auth-file", str(tokens)),
            ]
        )
        try:
            wait_until_ready(url)
            return judge(folder, url, floors, Path(scratch))
        finally:
            server.terminate()
            server.wait(30)


sys.exit(main())
