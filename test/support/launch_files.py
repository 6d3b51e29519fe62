# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Launch files for tests: loaded where ROS 2's launch is installed, read as text elsewhere."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

LAUNCH = Path(__file__).resolve().parents[2] / "launch"
DETECTOR, PATROL, DEMO = (
    LAUNCH / f"{name}.launch.py" for name in ("mask_detector", "patrol", "demo")
)


def load(launch_file: Path) -> ModuleType:
    """The launch file as a module; skips the test if launch is not installed."""
    for package in ("launch", "launch_ros"):
        # The source tree has a folder named launch, which Python takes for a package.
        if getattr(importlib.util.find_spec(package), "origin", None) is None:
            pytest.skip(f"needs {package}, which comes with a ROS 2 distribution")
    spec = importlib.util.spec_from_file_location(launch_file.name.partition(".")[0], launch_file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def literal_arguments(launch_file: Path) -> list[str]:
    """Names of a launch file's ARGUMENTS, read without loading it."""
    for node in ast.parse(launch_file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ARGUMENTS":
            assert isinstance(node.value, ast.Tuple)
            rows = [row for row in node.value.elts if isinstance(row, ast.Tuple)]
            assert len(rows) == len(node.value.elts)
            return [ast.literal_eval(row.elts[0]) for row in rows]
    raise AssertionError(f"no ARGUMENTS in {launch_file}")
