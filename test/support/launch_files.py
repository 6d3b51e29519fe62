# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Launch files for tests: loaded where ROS 2's launch is installed, read as text elsewhere."""

from __future__ import annotations

import ast
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from mask_detector_ros.nodes.common import launch_rows

LAUNCH = Path(__file__).resolve().parents[2] / "launch"
DETECTOR, PATROL, DEMO = (
    LAUNCH / f"{name}.launch.py" for name in ("mask_detector", "patrol", "demo")
)


def require_launch() -> None:
    """Skip the test if launch is not installed."""
    for package in ("launch", "launch_ros"):
        # The source tree has a folder named launch, which Python takes for a package.
        if getattr(importlib.util.find_spec(package), "origin", None) is None:
            pytest.skip(f"needs {package}, which comes with a ROS 2 distribution")


def load(launch_file: Path) -> ModuleType:
    """The launch file as a module; skips the test if launch is not installed."""
    require_launch()
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
            return [name for row in node.value.elts for name in _names(row)]
    raise AssertionError(f"no ARGUMENTS in {launch_file}")


def _names(row: ast.expr) -> list[str]:
    if isinstance(row, ast.Starred):  # rows that several launch files share
        return [name for name, *_ in getattr(launch_rows, ast.unparse(row.value))]
    assert isinstance(row, ast.Tuple)
    return [ast.literal_eval(row.elts[0])]


def include(launch_file: Path, **arguments: str) -> Any:
    """The action that includes a launch file; dots in names are written as double underscores."""
    require_launch()
    from launch.actions import IncludeLaunchDescription
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    given = {name.replace("__", "."): value for name, value in arguments.items()}
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(launch_file)), launch_arguments=given.items()
    )


def nodes(context: Any, entity: Any) -> Iterator[Any]:
    """The nodes in the order in which launch would start them."""
    from launch_ros.actions import Node

    if isinstance(entity, Node):
        yield entity
        return
    for part in entity.visit(context) or ():
        yield from nodes(context, part)


RECORD = """#!/bin/sh
# Stands in for a node: records its arguments and parameter files.
folder=$(mktemp -d "$RECORDS/XXXXXX")
for word in "$@"; do
  test "$last" = --params-file && cp "$word" "$folder/$(ls "$folder" | wc -l).yaml"
  last=$word
done
printf '%s\\n' "$0" "$@" > "$folder/words.part" && mv "$folder/words.part" "$folder/words"
"""
EXECUTABLES = ("mask_detector_node", "patrol", "announcer", "patrol_world")


class Started:
    """What launch has started a node with, from the record of it."""

    def __init__(self, record: Path) -> None:
        path, *self._words = (record / "words").read_text(encoding="utf-8").splitlines()
        self.executable = Path(path).name
        namespace = (self.remapped("__ns") or "").rstrip("/")
        self.name = f"{namespace}/{self.remapped('__node')}"
        self.parameters: dict[str, Any] = {}
        for file in sorted(record.glob("*.yaml")):
            (content,) = yaml.safe_load(file.read_text(encoding="utf-8")).values()
            self.parameters.update(content["ros__parameters"])

    def remapped(self, name: str) -> str | None:
        """What a topic is remapped to; None if it is not."""
        found = [word.split(":=")[1] for word in self._words if word.startswith(f"{name}:=")]
        return found[-1] if found else None


def launched(folder: Path, *entities: Any, **configurations: str) -> dict[str, Started]:
    """Launch entities with executables that only record how they are started.

    Args:
        folder: for the executables and the records.
        entities: such as ``include``.
        configurations: set before, as by the command line of a launch file around.

    Returns:
        Full name of each node -> what it was started with.
    """
    require_launch()
    from launch import LaunchDescription, LaunchService
    from launch.actions import SetLaunchConfiguration

    package, records = "mask_detector_ros", folder / "records"
    index = folder / "share" / "ament_index" / "resource_index" / "packages"
    for directory in (folder / "lib" / package, index, records):
        directory.mkdir(parents=True)
    (index / package).touch()
    for name in EXECUTABLES:
        executable = folder / "lib" / package / name
        # The demo ends with the simulated world, and no sooner than the others have started.
        executable.write_text(RECORD + ("sleep 2\n" if name == "patrol_world" else ""))
        executable.chmod(0o755)
    service = LaunchService(noninteractive=True)
    given = {name.replace("__", "."): value for name, value in configurations.items()}
    before = [SetLaunchConfiguration(name, value) for name, value in given.items()]
    service.include_launch_description(LaunchDescription([*before, *entities]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMENT_PREFIX_PATH", str(folder), prepend=os.pathsep)
        patch.setenv("RECORDS", str(records))
        assert service.run() == 0
    nodes = [Started(record) for record in sorted(records.iterdir())]
    assert len({node.name for node in nodes}) == len(nodes)
    return {node.name: node for node in nodes}
