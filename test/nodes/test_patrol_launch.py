# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch files of patrol and demo; started as well if the command ros2 is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mask_detector_ros.nodes.announcer.announcer_settings import AnnouncerSettings
from mask_detector_ros.nodes.common.parameter_table import parameters_of
from mask_detector_ros.nodes.parameter_files import DETECTOR_PARAMETERS
from mask_detector_ros.nodes.patrol.patrol_node_settings import PatrolNodeSettings
from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from support.launch_files import DEMO, PATROL, literal_arguments, load
from support.ros_harness import wait_until

PLAN = PATROL.parents[1] / "config" / "patrol_plan.yaml"
PACKAGE = "mask_detector_ros"
PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")


def names(settings: type) -> set[str]:
    return {parameter.name for parameter in parameters_of(settings)}


def test_every_threshold_of_the_behavior_is_a_parameter() -> None:
    assert names(PatrolSettings) < names(PatrolNodeSettings)


def test_arguments_of_three_nodes_do_not_clash() -> None:
    own = literal_arguments(PATROL)
    assert len(set(own)) == len(own)
    detector = {parameter.name for parameter in DETECTOR_PARAMETERS}
    assert not names(PatrolNodeSettings) & detector
    assert not set(own) & (names(PatrolNodeSettings) | detector)


def test_launch_description_offers_every_parameter() -> None:
    arguments = load(PATROL).generate_launch_description().get_launch_arguments()
    offered = [argument.name for argument in arguments]
    assert len(set(offered)) == len(offered)
    announcer = {f"announcer.{name}" for name in names(AnnouncerSettings)}
    assert set(offered) >= names(PatrolNodeSettings) | announcer | set(literal_arguments(PATROL))
    assert all(argument.description for argument in arguments)


def test_launch_starts_three_nodes_with_the_given_parameters(tmp_path: Path) -> None:
    launch_file = load(PATROL)
    context = launch_file.LaunchContext()
    file = tmp_path / "patrol.yaml"
    file.write_text("/**: {ros__parameters: {}}\n", encoding="utf-8")
    context.launch_configurations["params_file"] = str(file)
    context.launch_configurations["approach.stand_off"] = "2.0"
    for entity in launch_file.generate_launch_description().entities[:-1]:
        entity.visit(context)
    given = launch_file.node_parameters(context, "params_file", launch_file.PATROL_PARAMETERS)
    assert given == [str(file), {"approach.stand_off": 2.0}]
    assert len(launch_file.start(context)) == 3
    context.launch_configurations["speech"] = "false"
    assert len(launch_file.start(context)) == 2


def test_the_demo_adds_the_simulated_world_to_the_patrol() -> None:
    demo = load(DEMO)
    assert demo.PLAN.is_file()
    description = demo.generate_launch_description()
    arguments = {a.name: a for a in reversed(description.get_launch_arguments())}
    assert set(arguments) >= {"duration", "announcer.languages", "approach.stand_off"}
    # tf2 is installed on every robot, but the simulated world publishes no transforms.
    assert arguments["frames.source"].default_value[0].text == "mount"


# Nodes that would be started ----------------------------------------------------------------


def nodes(context: Any, entity: Any) -> Iterator[Any]:
    """The nodes in the order in which launch would start them."""
    from launch_ros.actions import Node

    if isinstance(entity, Node):
        yield entity
        return
    for part in entity.visit(context) or ():
        yield from nodes(context, part)


def included(launch_file: Path, arguments: dict[str, str]) -> tuple[Any, Any]:
    """A context, and the launch file as included by another one."""
    context = load(PATROL).LaunchContext()
    from launch.actions import IncludeLaunchDescription
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    source = PythonLaunchDescriptionSource(str(launch_file))
    return context, IncludeLaunchDescription(source, launch_arguments=arguments.items())


@pytest.fixture
def no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset the profile of these tests' own nodes: one in the environment would be kept."""
    for variable in PROFILE_VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_the_next_robot_does_not_get_the_detectors_arguments() -> None:
    context, robot = included(PATROL, {"plan": str(PLAN), "namespace": "robot1"})
    found = [node.node_executable for node in nodes(context, robot)]
    assert sorted(found) == ["announcer", "mask_detector_node", "patrol"]
    assert context.launch_configurations["params_file"].endswith("patrol.yaml")
    assert "name" not in context.launch_configurations


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"detector.score_threshold": "2"}, r"detector\.score_threshold is 2"),
        ({"announcer.rate": "fast"}, r"announcer\.rate is 'fast'"),
        ({"approach.stand_off": "50"}, r"approach\.stand_off is 50"),
        ({"detector_params_file": "/nowhere.yaml"}, "no such file"),
        ({"fastdds_profile": "/nowhere.xml"}, "no such file"),
        ({"plan": "/nowhere.yaml"}, r"/nowhere\.yaml: cannot be read"),
        ({"blur": "all"}, "blur"),
        ({"duration": "long"}, "duration is 'long'"),
        ({"image": "/camera//image"}, "image is '/camera//image'; expected a topic name"),
        ({"pose": "a b"}, "pose is 'a b'"),
        ({"depth": ""}, "depth is ''"),
    ],
)
@pytest.mark.usefixtures("no_profile")
def test_invalid_arguments_are_refused_before_any_node_starts(
    arguments: dict[str, str], message: str
) -> None:
    context, demo = included(DEMO, arguments)
    started: list[Any] = []
    with pytest.raises((ValueError, FileNotFoundError, RuntimeError), match=message):
        for node in nodes(context, demo):
            started.append(node)
    # Launch does not stop what is running by then.
    assert not started


@pytest.mark.parametrize("variable", PROFILE_VARIABLES)
@pytest.mark.usefixtures("no_profile")
def test_publisher_and_subscriber_of_the_demos_images_get_the_dds_profile(variable: str) -> None:
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
    for process in ("patrol_world", "mask_detector_node"):
        assert Path(profiles[process][variable]).is_file()


# Nodes that are started ---------------------------------------------------------------------


@pytest.fixture
def ros2() -> str:
    """The command ``ros2``; skips the test without it or without the installed package."""
    load(PATROL)
    command = shutil.which("ros2")
    if command is None:
        pytest.skip("needs the command ros2")
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    if not any((Path(prefix) / "lib" / PACKAGE / "patrol").is_file() for prefix in prefixes):
        pytest.skip("needs this package installed by colcon")
    return command


@pytest.mark.ros
@pytest.mark.slow
def test_the_demo_reminds_a_person_and_ctrl_c_ends_all_nodes(ros2: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    arguments = ("namespace:=robot1", "announcer.engine:=none", "announcer.languages:=ko")
    # Children of a test run in the background would inherit an ignored SIGINT.
    command = ["env", "--default-signal=INT", ros2, "launch", str(DEMO), *arguments]
    with log.open("w") as output:
        launch = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        wait_until(lambda: "speaking (ko)" in log.read_text(encoding="utf-8"), 60.0, "a reminder")
        launch.send_signal(signal.SIGINT)
        launch.wait(30.0)
    finally:
        if launch.poll() is None:
            os.killpg(launch.pid, signal.SIGKILL)
            launch.wait()
        text = log.read_text(encoding="utf-8")
        print(text)  # shown by pytest on failure
    assert launch.returncode == 0
    assert text.count("process has finished cleanly") == 4
    assert "process has died" not in text
    assert "Traceback" not in text
    with pytest.raises(ProcessLookupError):
        os.killpg(launch.pid, 0)
