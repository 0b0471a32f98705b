"""Runs the recorded scenarios in FOLDER against a fresh server and fails below the scores of .ci/conformance.json."""

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


def wait_until_ready(url: str) -> None:
    context = create_default_context()
    context.check_hostname, context.verify_mode = False, CERT_NONE
    for _ in range(100):
        try:
            urllib.request.urlopen(url + "/readyz", context=context, timeout=2).read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the server did not become ready")


def main() -> int:
    folder = Path(sys.argv[1])
    floors = json.loads((ROOT / ".ci/conformance.json").read_text())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as scratch:
        tokens = Path(scratch) / "tokens.csv"
        tokens.write_text(TOKENS)
        result = Path(scratch) / "result.json"
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "miniapi", "serve", "--quiet", "--controllers=none"),
                *("--data-dir", f"{scratch}/data", "--secure-port", str(port), "--token-auth-file", str(tokens)),
            ]
        )
        try:
            wait_until_ready(f"https://127.0.0.1:{port}")
            for family in floors:
                command = [sys.executable, str(folder / "conform.py"), "compare"]
                command += [str(folder / "scenarios"), str(folder / "golden"), "--only", family + "/"]
                command += ["--server", f"https://127.0.0.1:{port}", "--token", "admintoken"]
                command += ["--timeout", "20", "--json", str(result)]
                subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
                scenarios = json.loads(result.read_text())
                passed = sum(1 for s in scenarios.values() if s.get("strict"))
                print(f"conformance {family}: {passed} of {len(scenarios)} strict (floor {floors[family]})")
                if passed < floors[family]:
                    return 1
        finally:
            server.terminate()
            server.wait()
    return 0


sys.exit(main())
