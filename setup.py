# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What pyproject.toml cannot say: pip builds the messages with colcon's CMakeLists.txt."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext

HERE = Path(__file__).resolve().parent
PACKAGE = "mask_detector_ros"
SITE = Path(sysconfig.get_path("platlib")).relative_to(sysconfig.get_path("data"))
PRELOAD = f"""
# Written by setup.py. ROS 2 opens the type supports by their bare names, in the folders that a
# sourced workspace names. A virtual environment on top of it is none of them; what is loaded
# already is found all the same.
def _preload() -> None:
    import ctypes
    from pathlib import Path

    folder = Path(__file__).parent / "{os.path.relpath("lib", SITE / PACKAGE / "msg")}"
    for pattern in ("lib{PACKAGE}__*_c.so", "lib{PACKAGE}__*_py.so"):
        for library in folder.glob(pattern):
            ctypes.CDLL(str(library))


_preload()
"""
WHEELS_EXIST = sys.platform == "linux" and platform.machine() == "x86_64"


def has_generators(prefix: Path) -> bool:
    return (prefix / "share" / "rosidl_default_generators").is_dir()


def sourced_prefixes() -> list[Path]:
    """Prefixes of the ROS 2 environment that is sourced; empty when none can generate."""
    prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    return prefixes if any(map(has_generators, prefixes)) else []


def wheel_prefixes() -> list[Path]:
    """Prefixes that ROS 2 wheels are installed in: pip's build environment, this one."""
    found = []
    for module in ("rosidl_generator_py", "ament_package", "std_msgs"):
        spec = importlib.util.find_spec(module)
        if spec and spec.origin:  # <prefix>/lib/pythonX.Y/site-packages/<module>/__init__.py
            found.append(Path(spec.origin).resolve().parents[4])
    found.append(Path(sys.prefix).resolve())
    found = [prefix for prefix in dict.fromkeys(found) if (prefix / "share").is_dir()]
    return found if any(map(has_generators, found)) else []


def require_tools() -> None:
    missing = [tool for tool in ("cmake", "g++") if not shutil.which(tool)]
    if missing:
        raise SystemExit(
            f"{PACKAGE}: {' and '.join(missing)} not found, needed to build the messages.\n"
            "On Debian and Ubuntu: sudo apt install cmake g++"
        )


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


class Build(build):
    """Starts from nothing: what an earlier build left would get into the wheel."""

    def run(self) -> None:
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class BuildMessages(build_ext):
    """Runs CMake and sorts what it installs into the wheel."""

    def run(self) -> None:
        prefixes = sourced_prefixes() or wheel_prefixes()
        if not prefixes:
            explanation = (
                f"{PACKAGE}: no ROS 2 to build the messages with. Source a distribution "
                "(source /opt/ros/<name>/setup.bash) and install with --no-build-isolation"
            )
            if WHEELS_EXIST:
                raise SystemExit(f"{explanation}, or let pip fetch ROS 2 (no such option).")
            self.warn(f"{explanation}. Everything but the nodes works without.")
            return
        require_tools()
        stage = Path(self.build_temp).resolve() / "stage"
        shutil.rmtree(stage, ignore_errors=True)
        # A CMake folder that survives names a Python and a ninja of pip's last build
        # environment, which is gone: always a new one.
        with tempfile.TemporaryDirectory(prefix=f"{PACKAGE}-") as folder:
            self._cmake(Path(folder), stage, prefixes)
        self._collect(stage)

    def _cmake(self, folder: Path, stage: Path, prefixes: list[Path]) -> None:
        path = os.pathsep.join(map(str, prefixes))
        inherited = os.environ.get("CMAKE_PREFIX_PATH", "")
        env = {
            **os.environ,
            "AMENT_PREFIX_PATH": path,
            "CMAKE_PREFIX_PATH": os.pathsep.join(filter(None, [path, inherited])),
        }
        configure = [
            "cmake",
            *("-S", str(HERE), "-B", str(folder)),
            f"-DCMAKE_INSTALL_PREFIX={stage}",
            "-DCMAKE_INSTALL_RPATH=$ORIGIN",  # the type supports find each other
            "-DCMAKE_BUILD_TYPE=Release",
            "-DBUILD_TESTING=OFF",
            f"-DPython3_EXECUTABLE={sys.executable}",
            f"-DPYTHON_INSTALL_DIR={SITE}",
            # A wheel may be installed anywhere.
            "-DMASK_DETECTOR_INTERPRETER=/usr/bin/env python3",
            f"-DMASK_DETECTOR_INTERFACES_ONLY={'ON' if self.editable_mode else 'OFF'}",
            f"-DCMAKE_PROJECT_{PACKAGE}_INCLUDE={HERE / 'cmake' / 'ros_from_wheels.cmake'}",
        ]
        if shutil.which("ninja"):
            configure += ["-G", "Ninja"]
        subprocess.run(configure, env=env, check=True)
        subprocess.run(["cmake", "--build", str(folder), "--parallel"], env=env, check=True)
        subprocess.run(["cmake", "--install", str(folder)], env=env, check=True)

    def _collect(self, stage: Path) -> None:
        """Put what CMake installed into the wheel.

        The type supports are opened by name from ``<prefix>/lib``, so everything outside of
        the Python package keeps its place below the prefix. An editable install gets the
        generated modules without their ``__init__.py``: thus the package in the source tree
        is the one that Python finds, and it extends its ``__path__`` by their folder.
        """
        generated = stage / SITE / PACKAGE
        install = self.get_finalized_command("install")
        data: dict[str, list[str]] = {}
        for source in sorted(path for path in stage.rglob("*") if path.is_file()):
            place = source.relative_to(stage)
            if source.is_relative_to(generated):
                within = source.relative_to(generated)
                if source.suffix not in {".py", ".so"} or (HERE / PACKAGE / within).exists():
                    continue  # hand-written, or C sources
                root = install.install_lib if self.editable_mode else self.build_lib
                copy(source, Path(root) / PACKAGE / within)
                if within == Path("msg", "__init__.py"):
                    with (Path(root) / PACKAGE / within).open("a", encoding="utf-8") as module:
                        module.write(PRELOAD)
            elif place.is_relative_to(SITE):
                continue  # the generator's egg-info; the wheel has its own metadata
            elif self.editable_mode:  # setuptools forgets data_files then
                copy(source, Path(install.install_data) / place)
            else:
                data.setdefault(str(place.parent), []).append(str(source))
        self.distribution.data_files = [*(self.distribution.data_files or []), *data.items()]

    def get_outputs(self) -> list[str]:
        return []

    def get_output_mapping(self) -> dict[str, str]:
        return {}


class PlatformDistribution(Distribution):
    """Compiled parts, although no Extension object says so."""

    def has_ext_modules(self) -> bool:
        return True


setup(cmdclass={"build": Build, "build_ext": BuildMessages}, distclass=PlatformDistribution)
