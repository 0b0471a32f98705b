import subprocess
import sys

PROGRAM = "import time; time.sleep(0.2); from miniapi.clock import process_age_seconds; print(process_age_seconds())"


def test_a_process_knows_how_old_it_is() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=20, check=True)
    assert 0.2 <= float(done.stdout) < 15
