# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Imports run downward only, without circles, and the core stays light and pure."""

from __future__ import annotations

import ast
import graphlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TRAINING = "mask_detector_ros", "mask_detector_training"

MAY_IMPORT = {
    "images": set(),
    "perception": set(),
    "sources": {"images", "perception"},
    "patrol": {"perception"},
    "speech": {"perception"},
    "simulation": {"perception", "patrol"},
    "apps": {"images", "perception", "sources", "patrol", "speech", "simulation"},
    "nodes": {"images", "perception", "sources", "patrol", "speech", "simulation"},
    TRAINING: {"images", "perception", "sources"},
}
"""Room -> the rooms below it. The ground floor is open to all and imports no room."""

NODES_MAY_IMPORT = {
    "common": set(),
    "conversions": set(),
    "detector": {"common", "conversions"},
    "patrol": {"common", "conversions"},
    "announcer": {"common", "conversions"},
    "tools": {"common", "conversions"},
    "demo": {"common", "conversions", "tools"},
}
"""Folder of ``nodes`` -> the folders below it: no node imports another node's settings."""

ROS = {"rclpy", "rcl_interfaces", "sensor_msgs", "geometry_msgs", "std_msgs", "tf2_ros"}
TENSORFLOW = {"tensorflow", "keras"}
IMPURE = {"asyncio", "concurrent", "multiprocessing", "queue", "subprocess", "threading", "time"}
FORBIDDEN = {
    "ground floor": ROS | TENSORFLOW,
    "images": ROS | TENSORFLOW,
    "perception": ROS | TENSORFLOW,
    "sources": ROS | TENSORFLOW,
    "patrol": ROS | TENSORFLOW | IMPURE,
    "speech": ROS | TENSORFLOW,
    "simulation": ROS | TENSORFLOW,
    "apps": ROS | TENSORFLOW,
    "nodes": TENSORFLOW,
    TRAINING: ROS,
}
"""Room -> packages of others that it must not import."""

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in (PACKAGE, TRAINING)
    for path in sorted((ROOT / package).rglob("*.py"))
}
"""Dotted name of every module -> its file."""


def room_of(module: str) -> str:
    """The room a module belongs to; "ground floor" for those directly in the package."""
    parts = module.split(".")
    if parts[0] == TRAINING:
        return TRAINING
    return parts[1] if len(parts) > 1 and parts[1] in MAY_IMPORT else "ground floor"


def imported(path: Path) -> set[str]:
    """Dotted names of everything a file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which room is meant"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def modules_imported(module: str) -> set[str]:
    """Our own modules among what a module imports."""
    found = set()
    for name in imported(FILES[module]):
        for candidate in (name, name.rpartition(".")[0]):
            if candidate in FILES:
                found.add(candidate)
                break
    return found - {module}


def test_every_room_is_there() -> None:
    assert {room_of(module) for module in FILES} == {*MAY_IMPORT, "ground floor"}
    folders = {path.parent.name for path in (ROOT / PACKAGE / "nodes").glob("*/__init__.py")}
    assert folders == set(NODES_MAY_IMPORT)


@pytest.mark.parametrize("module", FILES)
def test_imports_run_downward_only(module: str) -> None:
    room = room_of(module)
    allowed = MAY_IMPORT.get(room, set()) | {room, "ground floor"}
    if module in (f"{PACKAGE}.cli", f"{PACKAGE}.__main__"):
        allowed |= {"perception", "sources"}  # the roof: it dispatches by name
    for name in modules_imported(module):
        assert room_of(name) in allowed, f"{module} ({room}) must not import {name}"
    foreign = {name.partition(".")[0] for name in imported(FILES[module])}
    assert not foreign & FORBIDDEN[room], f"{room} must not import {foreign & FORBIDDEN[room]}"


@pytest.mark.parametrize("module", [m for m in FILES if m.startswith(f"{PACKAGE}.nodes.")])
def test_nodes_do_not_import_each_other(module: str) -> None:
    folder = module.split(".")[2]
    if folder not in NODES_MAY_IMPORT:
        assert FILES[module].parent.name == "nodes"  # the generator of parameter files
        return
    for name in modules_imported(module):
        parts = name.split(".")
        if parts[1] == "nodes" and len(parts) > 2:
            assert parts[2] in NODES_MAY_IMPORT[folder] | {folder}, f"{module} imports {name}"


def test_no_import_circles() -> None:
    graph = {
        # A package's own __init__ may import its modules, which live in it.
        module: {n for n in modules_imported(module) if not module.startswith(f"{n}.")}
        for module in FILES
    }
    assert sum(map(len, graph.values())) > len(graph)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(f"import circle: {' <- '.join(error.args[1])}")


def test_the_patrol_reads_no_clock() -> None:
    modules = [module for module in FILES if room_of(module) == "patrol"]
    assert modules
    for module in modules:
        for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"now", "today", "utcnow", "sleep"}, (
                    f"{module}:{node.lineno} reads a clock; take the injected one"
                )


@pytest.mark.parametrize(
    "module",
    [
        "cli",
        "images",
        "perception",
        "sources",
        "speech",
        "patrol.behavior",
        "simulation.scenario_suite",
    ],
)
def test_importing_the_core_pulls_in_neither_ros_nor_tensorflow(module: str) -> None:
    assert importlib.util.find_spec(f"{PACKAGE}.{module}")
    code = (
        f"import sys, {PACKAGE}.{module}\n"
        f"heavy = {ROS | TENSORFLOW!r} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_no_module_is_too_long() -> None:
    long = {m: n for m, p in FILES.items() if (n := len(p.read_text().splitlines())) > 300}
    assert not long, "modules over 300 lines; split them by meaning"


def test_every_file_names_its_license() -> None:
    for path in FILES.values():
        assert "SPDX-License-Identifier: Apache-2.0" in path.read_text(encoding="utf-8"), path


def test_the_standard_library_keeps_its_test_package() -> None:
    """Users who import from the source tree must not get our tests as ``test``."""
    spec = importlib.util.find_spec("test")
    ours = spec is not None and spec.origin is not None and Path(spec.origin).is_relative_to(ROOT)
    assert not ours, "test/ must not be a package: it shadows the standard library's"
