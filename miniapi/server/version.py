"""/version."""

from __future__ import annotations

import platform

from miniapi.meta.objects import Object

DEFAULT_VERSION = "1.36"
BUILD_DATE = "2026-04-22T00:00:00Z"


def version_info(release: str = DEFAULT_VERSION) -> Object:
    """The version.Info of a Kubernetes release, `1.36`."""
    major, minor = release.split(".")[:2]
    python = platform.python_version()
    return {
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": f"v{release}.0+miniapi",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": BUILD_DATE,
        "goVersion": f"python{python}",
        "compiler": "gc",
        "platform": "linux/amd64"
        if platform.machine() == "x86_64"
        else f"{platform.system().lower()}/{platform.machine()}",
    }
