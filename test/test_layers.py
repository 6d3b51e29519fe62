# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Imports run downward only, and the core stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = "mask_detector_ros"
ROOT = Path(__file__).resolve().parent.parent / PACKAGE
MAY_IMPORT = {
    "perception": set(),
    "patrol": {"perception"},
    "speech": {"perception"},
    "sources": {"perception"},
    "simulation": {"perception", "patrol"},
    "apps": {"perception", "sources", "patrol", "speech", "simulation"},
    "nodes": {"perception", "patrol", "speech", "sources", "simulation"},
}
"""Room -> the rooms below it. Modules directly in the package (resources) are open to all."""
FOREIGN = {
    "perception": {"rclpy", "tensorflow", "keras"},
    "patrol": {"rclpy", "tensorflow", "keras"},
    "speech": {"rclpy", "tensorflow", "keras"},
    "simulation": {"rclpy", "tensorflow", "keras"},
    "sources": {"rclpy", "tensorflow", "keras"},
    "apps": {"rclpy", "tensorflow", "keras"},
    "nodes": {"tensorflow", "keras"},
}
MODULES = sorted(path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] in FOREIGN)


def imported(path: Path) -> set[str]:
    """Dotted names of everything a module imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which room is meant"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_the_rooms_are_there() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} >= {
        "perception",
        "patrol",
        "simulation",
        "sources",
        "nodes",
        "apps",
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_downward_only(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == PACKAGE and len(parts) > 1 and parts[1] in MAY_IMPORT:
            assert parts[1] in MAY_IMPORT[room] | {room}, f"{room} must not import {name}"
        assert parts[0] not in FOREIGN[room], f"{room} must not import {name}"


@pytest.mark.parametrize(
    "module",
    ["perception.pipeline", "sources", "patrol.behavior", "simulation.scenario_suite", "cli"],
)
def test_importing_the_core_pulls_in_neither_ros_nor_tensorflow(module: str) -> None:
    code = (
        f"import sys, {PACKAGE}.{module}\n"
        "heavy = {'rclpy', 'tensorflow', 'keras'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_file_names_its_license() -> None:
    for path in ROOT.rglob("*.py"):
        assert "SPDX-License-Identifier: Apache-2.0" in path.read_text(encoding="utf-8"), path
