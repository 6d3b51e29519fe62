# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch files of patrol and demo; started as well if the command ros2 is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mask_detector_ros.nodes.announcer.announcer_settings import AnnouncerSettings
from mask_detector_ros.nodes.common.parameter_table import parameters_of
from mask_detector_ros.nodes.demo.demo_settings import PatrolWorldSettings
from mask_detector_ros.nodes.detector.mask_detector_settings import MaskDetectorSettings
from mask_detector_ros.nodes.patrol.patrol_node_settings import PatrolNodeSettings
from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from support.launch_files import (
    DEMO,
    DETECTOR,
    PATROL,
    include,
    launched,
    literal_arguments,
    load,
    nodes,
)
from support.waiting import TIMEOUT_S, wait_until

PACKAGE = "mask_detector_ros"
PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")


def names(settings: type) -> set[str]:
    return {parameter.name for parameter in parameters_of(settings)}


def test_every_threshold_of_the_behavior_is_a_parameter() -> None:
    assert names(PatrolSettings) < names(PatrolNodeSettings)


def test_arguments_of_three_nodes_do_not_clash() -> None:
    own = literal_arguments(PATROL)
    assert len(set(own)) == len(own)
    detector = names(MaskDetectorSettings)
    assert not names(PatrolNodeSettings) & detector
    assert not set(own) & (names(PatrolNodeSettings) | detector)


def test_arguments_of_the_detector_do_not_clash_with_its_parameters() -> None:
    own = literal_arguments(DETECTOR)
    assert len(set(own)) == len(own)
    assert not set(own) & names(MaskDetectorSettings)
    assert {"image", "camera_info", "namespace", "params_file", "use_sim_time"} <= set(own)


def test_groups_of_parameters_belong_to_one_node() -> None:
    detector, patrol, announcer = (
        {name.partition(".")[0] for name in names(settings) if "." in name}
        for settings in (MaskDetectorSettings, PatrolNodeSettings, AnnouncerSettings)
    )
    assert not detector & patrol
    assert not announcer & (detector | patrol)


ANNOUNCER = {f"announcer.{name}" for name in names(AnnouncerSettings)}
OFFERED = {
    DETECTOR: names(MaskDetectorSettings),
    PATROL: names(MaskDetectorSettings) | names(PatrolNodeSettings) | ANNOUNCER,
}
OFFERED[DEMO] = OFFERED[PATROL] | names(PatrolWorldSettings)


@pytest.mark.parametrize("launch_file", OFFERED, ids=lambda path: path.name)
def test_every_parameter_is_an_argument_under_its_own_name(launch_file: Path) -> None:
    arguments = load(launch_file).generate_launch_description().get_launch_arguments()
    offered = {argument.name for argument in arguments}
    assert offered >= OFFERED[launch_file]
    if launch_file == DEMO:
        offered -= {argument for argument in offered if argument in literal_arguments(PATROL)}
    assert offered <= OFFERED[launch_file] | set(literal_arguments(launch_file))
    assert all(argument.description for argument in arguments)


def test_the_patrol_starts_three_nodes_with_the_given_parameters(tmp_path: Path) -> None:
    file = tmp_path / "patrol.yaml"
    file.write_text("/**: {ros__parameters: {approach.attempts: 3}}\n", encoding="utf-8")
    robot = launched(tmp_path, include(PATROL, params_file=str(file), approach__stand_off="2.0"))
    assert sorted(robot) == ["/announcer", "/mask_detector", "/patrol"]
    assert robot["/patrol"].parameters == {"approach.attempts": 3, "approach.stand_off": 2.0}
    assert len(launched(tmp_path / "silent", include(PATROL, speech="false"))) == 2


def test_camera_info_is_remapped_only_if_given(tmp_path: Path) -> None:
    nodes = launched(
        tmp_path,
        include(DETECTOR, name="front", image="/front/image_raw"),
        include(DETECTOR, name="own", image="/front/image_raw", camera_info="/calibration"),
    )
    assert nodes["/front"].remapped("image_raw") == "/front/image_raw"
    # The node itself takes CameraInfo and compressed images beside the image.
    assert nodes["/front"].remapped("camera_info") is None
    assert nodes["/own"].remapped("camera_info") == "/calibration"


def test_the_demo_adds_the_simulated_world_to_the_patrol(tmp_path: Path) -> None:
    demo = load(DEMO)
    assert demo.PLAN.is_file()
    description = demo.generate_launch_description()
    arguments = {a.name: a for a in reversed(description.get_launch_arguments())}
    # tf2 is installed on every robot, but the simulated world publishes no transforms.
    assert arguments["frames.source"].default_value[0].text == "mount"
    started = launched(tmp_path, include(DEMO, duration="5.0", rate="12.0", goal_pose="goal"))
    assert len(started) == 4
    world, patrol = started["/patrol_world"], started["/patrol"]
    assert world.parameters == {"plan": str(demo.PLAN), "duration": 5.0, "rate": 12.0}
    assert patrol.parameters["frames.source"] == "mount"
    assert patrol.parameters["plan"] == str(demo.PLAN)
    assert world.remapped("goal_pose") == patrol.remapped("goal_pose") == "goal"


def test_values_have_the_type_of_the_parameter(tmp_path: Path) -> None:
    arguments = {"params_file": "", "classifier__min_confidence": "1", "tracker__lost_after": "2.5"}
    node = launched(tmp_path, include(DETECTOR, **arguments))["/mask_detector"]
    assert node.parameters == {"classifier.min_confidence": 1.0, "tracker.lost_after": 2.5}
    assert isinstance(node.parameters["classifier.min_confidence"], float)


# Nodes that would be started ----------------------------------------------------------------


@pytest.fixture
def no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset the profile of these tests' own nodes: one in the environment would be kept."""
    for variable in PROFILE_VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"detector.score_threshold": "2"}, r"detector\.score_threshold is 2"),
        ({"announcer.rate": "fast"}, r"announcer\.rate is 'fast'"),
        ({"approach.stand_off": "50"}, r"approach\.stand_off is 50"),
        ({"detector_params_file": "/nowhere.yaml"}, "no such file"),
        ({"fastdds_profile": "/nowhere.xml"}, "no such file"),
        ({"plan": "/nowhere.yaml"}, r"/nowhere\.yaml: cannot be read"),
        ({"annotate.blur": "all"}, r"annotate\.blur"),
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
    demo = include(DEMO, **arguments)
    context = load(DEMO).LaunchContext()
    begun: list[Any] = []
    with pytest.raises((ValueError, FileNotFoundError, RuntimeError), match=message):
        for node in nodes(context, demo):
            begun.append(node)
    # Launch does not stop what is running by then.
    assert not begun


@pytest.mark.parametrize("variable", PROFILE_VARIABLES)
@pytest.mark.usefixtures("no_profile")
def test_publisher_and_subscriber_of_the_demos_images_get_the_dds_profile(variable: str) -> None:
    demo = include(DEMO)
    context = load(DEMO).LaunchContext()
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
        wait_until(lambda: "speaking (ko)" in log.read_text(encoding="utf-8"), "a reminder")
        launch.send_signal(signal.SIGINT)
        launch.wait(TIMEOUT_S)
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
