# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Builds Nav2's action NavigateToPose for a virtual environment that has no nav2_msgs.

    python3 scripts/build_nav2_interface.py .venv

Tests and the demo use it with a real action server. nav2_msgs is not on PyPI; on a robot the
distribution's package is used. Called by set_up.py. Uses the standard library only.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "cmake" / "nav2_interface"
PACKAGE = "nav2_msgs"
STAMP = Path("share", PACKAGE, "made_for_mask_detector_ros")
"""Marks a package that was built by this script, with a digest of its sources."""
GENERATORS = r'"((?:ros-(?:ament|python-cmake|rosidl)|catkin_pkg|ninja)[^;"]*)'
"""Requirements in pyproject.toml that generate interfaces; the others are installed already."""
PRELOAD = """
# rosidl opens the type support libraries by name only. This finds libraries that are loaded
# already, or lie in a folder of LD_LIBRARY_PATH.
def _preload() -> None:
    import ctypes
    from pathlib import Path

    for pattern in ("libnav2_msgs__*_c.so", "libnav2_msgs__*_py.so"):
        for library in Path(__file__).parents[4].glob(pattern):
            ctypes.CDLL(str(library))


_preload()
"""
PRINT_SITE_PACKAGES = """
import os, sys, sysconfig
print(os.path.relpath(sysconfig.get_path("platlib"), sys.prefix))
"""


def run(*command: str | Path, env: dict[str, str] | None = None) -> str:
    """Run a command and return its standard output; exit with its output if it fails."""
    words = list(map(str, command))
    done = subprocess.run(words, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}\nfailed: {' '.join(words)}")
    return done.stdout.strip()


def digest() -> str:
    """Digest of everything that the generated package depends on."""
    files = sorted(path for path in SOURCE.rglob("*") if path.is_file())
    content = b"".join(path.read_bytes() for path in [*files, Path(__file__)])
    return hashlib.sha256(content).hexdigest()


def is_needed(venv: Path, python: Path) -> bool:
    """Whether the environment has no nav2_msgs, or an outdated one of this script."""
    stamp = venv / STAMP
    if stamp.exists():
        return stamp.read_text(encoding="utf-8") != digest()
    code = f"import {PACKAGE}.action"
    return subprocess.run([str(python), "-c", code], capture_output=True).returncode != 0


def remove_old(venv: Path, site: Path) -> None:
    """Remove the files of an earlier run."""
    for folder in (site / PACKAGE, venv / "share" / PACKAGE, venv / "include" / PACKAGE):
        shutil.rmtree(folder, ignore_errors=True)
    for library in (venv / "lib").glob(f"lib{PACKAGE}__*.so"):
        library.unlink()


def build(venv: Path, python: Path, site: Path, folder: Path) -> Path:
    """Generate and compile the package; returns the folder it is installed in."""
    prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    env = dict(os.environ)
    if not any((prefix / "share" / "rosidl_default_generators").is_dir() for prefix in prefixes):
        # The generators are needed only here, so they are not installed into the environment.
        tools = folder / "tools"
        requirements = re.findall(GENERATORS, (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        options = ["--quiet", "--no-warn-script-location", "--prefix", str(tools)]
        run(python, "-m", "pip", "install", *options, *requirements)
        prefixes = [tools, venv]
        env["PYTHONPATH"] = str(tools / site)
        env["PATH"] = os.pathsep.join([str(tools / "bin"), env["PATH"]])
    env["AMENT_PREFIX_PATH"] = env["CMAKE_PREFIX_PATH"] = os.pathsep.join(map(str, prefixes))
    stage, work = folder / "stage", folder / "build"
    configure: list[str | Path] = [
        "cmake",
        *("-S", SOURCE, "-B", work),
        f"-DCMAKE_INSTALL_PREFIX={stage}",
        "-DCMAKE_INSTALL_RPATH=$ORIGIN",
        "-DBUILD_TESTING=OFF",
        f"-DPython3_EXECUTABLE={python}",
        f"-DPYTHON_INSTALL_DIR={site}",
        f"-DCMAKE_PROJECT_{PACKAGE}_INCLUDE={ROOT / 'cmake' / 'ros_from_wheels.cmake'}",
    ]
    if shutil.which("ninja", path=env["PATH"]):
        configure += ["-G", "Ninja"]
    run(*configure, env=env)
    run("cmake", "--build", work, "--parallel", env=env)
    run("cmake", "--install", work, env=env)
    return stage


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: build_nav2_interface.py ENVIRONMENT")
    venv = Path(sys.argv[1]).absolute()
    python = venv / "bin" / "python"
    # Set by the start-up code of the ROS 2 wheels for its own child processes only.
    os.environ.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    if not is_needed(venv, python):
        return
    site = Path(run(python, "-c", PRINT_SITE_PACKAGES))
    remove_old(venv, venv / site)
    with tempfile.TemporaryDirectory(prefix=f"{PACKAGE}-") as folder:
        stage = build(venv, python, site, Path(folder))
        with (stage / site / PACKAGE / "action" / "__init__.py").open("a") as module:
            module.write(PRELOAD)
        shutil.copytree(stage, venv, dirs_exist_ok=True)
    run(python, "-c", f"from {PACKAGE}.action import NavigateToPose")
    (venv / STAMP).write_text(digest(), encoding="utf-8")
    print(f"built {PACKAGE} with NavigateToPose for tests and demo", flush=True)


if __name__ == "__main__":
    main()
