"""/version."""

from __future__ import annotations

import platform

from miniapi.meta.objects import Object

DEFAULT_VERSION = "1.36"
BUILD_DATE = "2026-04-22T00:00:00Z"


EMULATION_SINCE = 33
"""The minor release from which on /version tells what is emulated."""


def version_info(release: str = DEFAULT_VERSION, emulation: str = "") -> Object:
    """The version.Info of a Kubernetes release, `1.36`, that stands in for another one."""
    major, minor = release.split(".")
    info: Object = {"major": major, "minor": minor}
    if int(minor) >= EMULATION_SINCE:
        emulated_major, emulated_minor = (emulation or release).split(".")
        info["emulationMajor"], info["emulationMinor"] = emulated_major, emulated_minor
        info["minCompatibilityMajor"], info["minCompatibilityMinor"] = emulated_major, str(int(emulated_minor) - 1)
    system = "linux/amd64" if platform.machine() == "x86_64" else f"{platform.system().lower()}/{platform.machine()}"
    return {
        **info,
        "gitVersion": f"v{release}.0+miniapi",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": BUILD_DATE,
        "goVersion": f"python{platform.python_version()}",
        "compiler": "gc",
        "platform": system,
    }
