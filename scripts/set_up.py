# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Creates a virtual environment with the package and its dependencies; used by `make`.

    python3 scripts/set_up.py .venv fast,bags

If a ROS 2 distribution is sourced, the environment uses its Python packages, and the messages are
built against it. Otherwise ROS 2 is installed from PyPI. Uses the standard library only, and no
syntax newer than Python 3.7, so that an unsupported Python reports its version instead of a
syntax error.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 10), (3, 13)
"""Supported Python versions without a ROS 2 distribution."""
DISTRIBUTION = "mask-detector-ros"
"""Name of this package for pip."""
REQUIRED_MODULES = ("cv2", "rclpy", "mask_detector_ros.msg")
NOT_ON_DISTRIBUTION = {"benchmark"}
"""Extras that would install another NumPy and OpenCV than the distribution's."""


def fail(*lines: str) -> None:
    sys.exit("\n".join(["", *lines, ""]))


def run(python: str | Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run Python and capture its output."""
    command = [str(python), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def reason(text: str) -> str:
    """The line of a traceback with the error message."""
    lines = text.strip().splitlines() or ["no error message"]
    return next((line for line in lines if re.match(r"[\w.]*Error: ", line)), lines[-1])


def sourced_distribution() -> str:
    """Name of the sourced ROS 2 distribution; empty without one."""
    name = os.environ.get("ROS_DISTRO", "")
    if name:
        result = run(sys.executable, "-c", "import rclpy")
        if result.returncode:
            fail(
                f"ROS 2 {name} is sourced, but {sys.executable} cannot use it:",
                f"  {reason(result.stderr)}",
                "Use the distribution's Python (make PYTHON=/usr/bin/python3 ...), or a shell in",
                "which no distribution is sourced; then ROS 2 is installed from PyPI.",
            )
    return name


def check_machine(on_distribution: bool) -> None:
    """Exit with advice if something is missing that pip cannot install."""
    version = sys.version_info[:2]
    # A distribution comes with its own Python, which may be newer.
    if version < OLDEST or (version > NEWEST and not on_distribution):
        oldest, newest, found = (".".join(map(str, v)) for v in (OLDEST, NEWEST, version))
        fail(
            f"Python {oldest} to {newest} is needed, {sys.executable} is {found}.",
            "Use another one: make PYTHON=python3.12 ...",
        )
    missing = []
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        missing.append("python3-venv")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        missing.append("python3-dev")
    missing += [tool for tool in ("cmake", "g++") if not shutil.which(tool)]
    if missing:
        fail(
            f"Missing on this machine: {', '.join(missing)}.",
            f"On Debian and Ubuntu: sudo apt install {' '.join(missing)}",
        )


def environment_fits(venv: Path, python: Path, on_distribution: bool) -> bool:
    """Whether the environment works and has the right Python version and base."""
    try:
        result = run(python, "-c", "import pip, sys; print(*sys.version_info[:2])")
        settings = (venv / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    on_top = re.search(r"include-system-site-packages\s*=\s*true", settings)
    version = " ".join(map(str, sys.version_info[:2]))
    return result.stdout.strip() == version and bool(on_top) == on_distribution


def requirements(python: Path, extras: list[str]) -> list[str]:
    """Requirements of the installed package and its ``extras``, without the ROS 2 wheels."""
    code = f"import importlib.metadata as m; print(*m.requires('{DISTRIBUTION}'), sep='\\n')"
    needed = []
    for line in run(python, "-c", code).stdout.splitlines():
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        extra = re.search(r"""(?:and )?extra == ["']([\w-]+)["']""", marker)
        if requirement.startswith("ros-") or (extra and extra.group(1) not in extras):
            continue
        if extra:
            marker = marker.replace(extra.group(), "").strip()
        needed.append(f"{requirement}; {marker}" if marker else requirement)
    return needed


def pip_install(python: Path, *arguments: str) -> None:
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *arguments], check=True)


def install_on_distribution(python: Path, extras: list[str]) -> None:
    """Build against the distribution without replacing any of its Python packages."""
    pip_install(python, "setuptools>=77", "wheel")
    pip_install(python, "--no-build-isolation", "--no-deps", "--editable", str(ROOT))
    extras = [extra for extra in extras if extra not in NOT_ON_DISTRIBUTION]
    needed = requirements(python, [*extras, *(["test"] if "dev" in extras else [])])
    needed = [line for line in needed if not line.startswith(DISTRIBUTION)]
    numpy = run(sys.executable, "-c", "import numpy; print(numpy.__version__)").stdout.strip()
    if numpy:  # the distribution's messages are compiled against it
        needed.append(f"numpy=={numpy}")
    if run(python, "-c", "import cv2").returncode == 0:
        # The distribution's OpenCV has a name that pip does not know.
        needed = [line for line in needed if not line.startswith("opencv-python")]
    pip_install(python, *needed)


def check_result(python: Path) -> None:
    """Exit with advice if a required module cannot be imported."""
    for module in REQUIRED_MODULES:
        result = run(python, "-c", f"import {module}")
        if result.returncode == 0:
            continue
        advice = "See docs/dependencies.md."
        if "libGL" in result.stderr or "libgthread" in result.stderr:
            advice = "On Debian and Ubuntu: sudo apt install libgl1 libglib2.0-0"
        fail(f"{module} cannot be imported: {reason(result.stderr)}", advice)


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: set_up.py ENVIRONMENT EXTRA[,EXTRA...]")
    venv, extras = Path(sys.argv[1]).absolute(), sys.argv[2].split(",")
    # Set by the start-up code of the ROS 2 wheels for its own child processes only.
    os.environ.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    os.environ.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")
    distribution = sourced_distribution()
    check_machine(bool(distribution))

    origin = f"on ROS 2 {distribution}" if distribution else "with ROS 2 from PyPI"
    names = ", ".join(extras)
    print(f"Setting up {venv.name} {origin} ({names}); this takes minutes", flush=True)
    python = venv / "bin" / "python"
    try:
        if not environment_fits(venv, python, bool(distribution)):
            options = ["--system-site-packages"] if distribution else []
            create = [sys.executable, "-m", "venv", "--clear", *options, str(venv)]
            subprocess.run(create, check=True)
        if distribution:
            install_on_distribution(python, extras)
        else:
            pip_install(python, "--editable", f"{ROOT}[{','.join(extras)}]")
        # Tests and demo need Nav2's action, also where Nav2 is not installed.
        nav2_interface = ROOT / "scripts" / "build_nav2_interface.py"
        subprocess.run([sys.executable, str(nav2_interface), str(venv)], check=True)
    except subprocess.CalledProcessError as error:
        fail(f"Set-up failed, see above. Command: {' '.join(error.cmd)}")
    check_result(python)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; the next run starts over")
