# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol's launch files and its settings; where ROS 2 has launch, really started, too."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mask_detector_ros.nodes.announcer.announcer_settings import AnnouncerSettings
from mask_detector_ros.nodes.common.parameter_table import parameters_of
from mask_detector_ros.nodes.parameter_files import DETECTOR_PARAMETERS
from mask_detector_ros.nodes.patrol.patrol_node_settings import PatrolNodeSettings
from mask_detector_ros.patrol.behavior_settings import PatrolSettings

LAUNCH_FILE = Path(__file__).resolve().parents[2] / "launch" / "patrol.launch.py"
DEMO = LAUNCH_FILE.with_name("demo.launch.py")
PLAN = LAUNCH_FILE.parents[1] / "config" / "patrol_plan.yaml"
PACKAGE = "mask_detector_ros"
PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")


def literal_arguments() -> list[str]:
    """Names of the launch file's own arguments, read without loading it."""
    for node in ast.parse(LAUNCH_FILE.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ARGUMENTS":
            assert isinstance(node.value, ast.Tuple)
            return [ast.literal_eval(entry.elts[0]) for entry in node.value.elts]  # type: ignore[attr-defined]
    raise AssertionError("no ARGUMENTS in the launch file")


def names(settings: type) -> set[str]:
    return {parameter.name for parameter in parameters_of(settings)}


def test_every_threshold_of_the_behavior_is_a_parameter() -> None:
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
    demo = load(DEMO)
    assert demo.PLAN.is_file()
    description = demo.generate_launch_description()
    arguments = {a.name: a for a in reversed(description.get_launch_arguments())}
    assert set(arguments) >= {"seconds", "announcer.languages", "approach.stand_off"}
    # tf2 is on every robot, and the simulated world publishes nothing for it.
    assert arguments["frames.source"].default_value[0].text == "mount"


# What would be started ----------------------------------------------------------------------


def nodes(context: Any, entity: Any) -> Iterator[Any]:
    """The nodes in the order in which launch starts them, without starting them."""
    from launch_ros.actions import Node

    if isinstance(entity, Node):
        yield entity
        return
    for part in entity.visit(context) or ():
        yield from nodes(context, part)


def included(launch_file: Path, arguments: dict[str, str]) -> tuple[Any, Any]:
    """A context, and the launch file as included by another one."""
    context = load().LaunchContext()
    from launch.actions import IncludeLaunchDescription
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    source = PythonLaunchDescriptionSource(str(launch_file))
    return context, IncludeLaunchDescription(source, launch_arguments=arguments.items())


@pytest.fixture
def no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that the environment names is kept, and these tests' nodes have one there."""
    for variable in PROFILE_VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_the_next_robot_does_not_get_the_detectors_arguments() -> None:
    context, robot = included(LAUNCH_FILE, {"plan": str(PLAN), "namespace": "robot1"})
    found = [node.node_executable for node in nodes(context, robot)]
    assert sorted(found) == ["announcer", "mask_detector_node", "patrol"]
    assert context.launch_configurations["params_file"].endswith("patrol.yaml")
    assert "name" not in context.launch_configurations


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"detector.score_threshold": "2"}, r"detector\.score_threshold is 2"),
        ({"announcer.rate": "fast"}, r"announcer\.rate is 'fast'"),
        ({"approach.stand_off": "50"}, r"approach\.stand_off is 50"),
        ({"detector_params_file": "/nowhere.yaml"}, "no such file"),
        ({"fastdds_profile": "/nowhere.xml"}, "no such file"),
        ({"plan": "/nowhere.yaml"}, r"/nowhere\.yaml: cannot be read"),
        ({"blur": "all"}, "blur"),
        ({"seconds": "long"}, "seconds is 'long'"),
        ({"image": "/camera//image"}, "image is '/camera//image'; expected a topic's name"),
        ({"pose": "a b"}, "pose is 'a b'"),
        ({"depth": ""}, "depth is ''"),
    ],
)
@pytest.mark.usefixtures("no_profile")
def test_what_is_wrong_is_refused_before_anything_is_started(
    arguments: dict[str, str], said: str
) -> None:
    context, demo = included(DEMO, arguments)
    started: list[Any] = []
    with pytest.raises((ValueError, FileNotFoundError, RuntimeError), match=said):
        for node in nodes(context, demo):
            started.append(node)
    # Launch leaves running what it has started by then.
    assert not started


@pytest.mark.parametrize("variable", PROFILE_VARIABLES)
@pytest.mark.usefixtures("no_profile")
def test_both_ends_of_the_demos_images_have_room_for_them(variable: str) -> None:
    context, demo = included(DEMO, {})
    profiles = {
        node.node_executable: {
            "".join(part.perform(context) for part in name): "".join(
                part.perform(context) for part in value
            )
            for name, value in node.additional_env or ()
        }
        for node in nodes(context, demo)
    }
    for end in ("patrol_world", "mask_detector_node"):
        assert Path(profiles[end][variable]).is_file()


# Really started -----------------------------------------------------------------------------


@pytest.fixture
def ros2() -> str:
    """The command ``ros2``, in an environment where launch finds the installed package."""
    load()
    command = shutil.which("ros2")
    if command is None:
        pytest.skip("needs the command ros2")
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    if not any((Path(prefix) / "lib" / PACKAGE / "patrol").is_file() for prefix in prefixes):
        pytest.skip("needs this package installed by colcon")
    return command


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.ros
@pytest.mark.slow
def test_the_demo_reminds_somebody_and_ctrl_c_ends_all_of_it(ros2: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    arguments = ("namespace:=robot1", "announcer.engine:=none", "announcer.languages:=ko")
    # A test run in the background hands an ignored Ctrl-C on to its children.
    command = ["env", "--default-signal=INT", ros2, "launch", str(DEMO), *arguments]
    with log.open("w") as output:
        launch = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        spoken = wait_for(lambda: "saying (ko)" in log.read_text(encoding="utf-8"), 60.0)
        launch.send_signal(signal.SIGINT)
        launch.wait(30.0)
    finally:
        if launch.poll() is None:
            os.killpg(launch.pid, signal.SIGKILL)
            launch.wait()
    said = log.read_text(encoding="utf-8")
    assert spoken, said
    assert launch.returncode == 0
    assert said.count("process has finished cleanly") == 4
    assert "process has died" not in said
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.killpg(launch.pid, 0)
