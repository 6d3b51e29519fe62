# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol's launch file, as far as that goes without launching, and its settings."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from mask_detector_ros.nodes.announcer_settings import AnnouncerSettings
from mask_detector_ros.nodes.parameter_table import DETECTOR_PARAMETERS, parameters_of
from mask_detector_ros.nodes.patrol_settings import PatrolNodeSettings
from mask_detector_ros.patrol.settings import PatrolSettings

LAUNCH_FILE = Path(__file__).resolve().parents[2] / "launch" / "patrol.launch.py"


def literal_arguments() -> list[str]:
    """Names of the launch file's own arguments, read without loading it."""
    for node in ast.parse(LAUNCH_FILE.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ARGUMENTS":
            assert isinstance(node.value, ast.Tuple)
            return [ast.literal_eval(entry.elts[0]) for entry in node.value.elts]  # type: ignore[attr-defined]
    raise AssertionError("no ARGUMENTS in the launch file")


def names(settings: type) -> set[str]:
    return {parameter.name for parameter in parameters_of(settings)}


def test_every_threshold_of_the_behaviour_is_a_parameter() -> None:
    assert names(PatrolSettings) < names(PatrolNodeSettings)


def test_arguments_of_three_nodes_do_not_clash() -> None:
    own = literal_arguments()
    assert len(set(own)) == len(own)
    detector = {parameter.name for parameter in DETECTOR_PARAMETERS}
    assert not names(PatrolNodeSettings) & detector
    assert not set(own) & (names(PatrolNodeSettings) | detector)


def load(launch_file: Path = LAUNCH_FILE) -> ModuleType:
    for module in ("launch", "launch_ros"):
        # The source tree has a folder named launch, which Python takes for a package.
        if getattr(importlib.util.find_spec(module), "origin", None) is None:
            pytest.skip(f"needs {module}, which comes with a ROS 2 distribution")
    spec = importlib.util.spec_from_file_location("patrol_launch", launch_file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_launch_description_offers_every_parameter() -> None:
    arguments = load().generate_launch_description().get_launch_arguments()
    offered = [argument.name for argument in arguments]
    assert len(set(offered)) == len(offered)
    announcer = {f"announcer.{name}" for name in names(AnnouncerSettings)}
    assert set(offered) >= names(PatrolNodeSettings) | announcer | set(literal_arguments())
    assert all(argument.description for argument in arguments)


def test_launch_starts_three_nodes_with_what_was_asked_for(tmp_path: Path) -> None:
    launch_file = load()
    context = launch_file.LaunchContext()
    file = tmp_path / "patrol.yaml"
    file.write_text("/**: {ros__parameters: {}}\n", encoding="utf-8")
    context.launch_configurations["params_file"] = str(file)
    context.launch_configurations["approach.stand_off"] = "2.0"
    for entity in launch_file.generate_launch_description().entities[:-1]:
        entity.visit(context)
    given = launch_file.parameters(context, "params_file", launch_file.PATROL_PARAMETERS)
    assert given == [str(file), {"approach.stand_off": 2.0}]
    assert len(launch_file.start(context)) == 3
    context.launch_configurations["speech"] = "false"
    assert len(launch_file.start(context)) == 2


def test_the_demo_adds_a_world_to_the_patrol() -> None:
    demo = load(LAUNCH_FILE.with_name("demo.launch.py"))
    assert demo.PLAN.is_file()
    description = demo.generate_launch_description()
    offered = {argument.name for argument in description.get_launch_arguments()}
    assert offered >= {"seconds", "announcer.languages", "approach.stand_off"}
