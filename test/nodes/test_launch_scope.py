# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Launch files included several times, in one another, and with misspelled arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.launch_files import DEMO, DETECTOR, PATROL, include, launched, nodes, require_launch

PLAN = str(PATROL.parents[1] / "config" / "patrol_plan.yaml")


def test_two_detectors_have_their_own_settings(tmp_path: Path) -> None:
    robots = launched(
        tmp_path,
        include(DETECTOR, namespace="robot1", image="/front/image_raw", annotate__blur="eyes",
                detector__score_threshold="0.7", name="front", depth="/front/depth"),
        include(DETECTOR, namespace="robot2"),
        include(DETECTOR, namespace="robot3", annotate__blur="off"),
    )  # fmt: skip
    first, second = robots["/robot1/front"], robots["/robot2/mask_detector"]
    assert first.parameters["annotate.blur"] == "eyes"
    assert first.parameters["detector.score_threshold"] == 0.7
    assert first.remapped("image_raw") == "/front/image_raw"
    assert second.remapped("image_raw") == "image_raw"
    assert second.remapped("depth/image_raw") == "depth/image_raw"
    third = robots["/robot3/mask_detector"]
    assert third.parameters == {**second.parameters, "annotate.blur": "off"}
    assert (
        second.parameters
        == launched(tmp_path / "alone", include(DETECTOR))["/mask_detector"].parameters
    )


def test_two_patrols_have_their_own_settings(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("/**: {ros__parameters: {approach.attempts: 7}}", encoding="utf-8")
    robots = launched(
        tmp_path,
        include(PATROL, namespace="robot1", plan=PLAN, speech="false", params_file=str(file),
                approach__stand_off="2.0", annotate__blur="off", pose="/robot1/localization"),
        include(PATROL, namespace="robot2", plan=PLAN, announcer__languages="ko"),
        include(PATROL, namespace="robot3", plan=PLAN),
    )  # fmt: skip
    assert sorted(robots) == [
        "/robot1/mask_detector",
        "/robot1/patrol",
        *(f"/robot{n}/{name}" for n in (2, 3) for name in ("announcer", "mask_detector", "patrol")),
    ]
    assert robots["/robot1/mask_detector"].parameters["annotate.blur"] == "off"
    assert robots["/robot1/patrol"].parameters["approach.attempts"] == 7
    assert robots["/robot1/patrol"].parameters["approach.stand_off"] == 2.0
    assert robots["/robot2/announcer"].parameters["languages"] == "ko"
    assert robots["/robot3/announcer"].parameters["languages"] == "en"
    alone = launched(tmp_path / "alone", include(PATROL, plan=PLAN))
    for name in ("mask_detector", "patrol"):
        for robot in ("robot2", "robot3"):
            assert robots[f"/{robot}/{name}"].parameters == alone[f"/{name}"].parameters
    assert robots["/robot2/patrol"].remapped("pose") == "amcl_pose"


def test_arguments_of_the_launch_file_around_reach_every_inclusion(tmp_path: Path) -> None:
    require_launch()
    from launch.actions import DeclareLaunchArgument, LogInfo
    from launch.substitutions import LaunchConfiguration

    robots = launched(
        tmp_path,
        DeclareLaunchArgument("use_sim_time", default_value="true"),
        DeclareLaunchArgument("log_level", default_value="warn"),
        include(DETECTOR, namespace="robot1", log_level=LaunchConfiguration("log_level")),
        include(DETECTOR, namespace="robot2", log_level=LaunchConfiguration("log_level")),
        # Launch would fail if the inclusions had removed these.
        LogInfo(msg=[LaunchConfiguration("use_sim_time"), LaunchConfiguration("log_level")]),
        annotate__blur="eyes",
    )
    assert len(robots) == 2
    for robot in robots.values():
        assert robot.parameters["annotate.blur"] == "eyes"
        assert robot.parameters["use_sim_time"] is True


def test_booleans_in_the_spelling_of_nav2(tmp_path: Path) -> None:
    around = {"use_sim_time": "True", "autostart": "False", "speech": "False"}
    robots = launched(tmp_path, include(PATROL, plan=PLAN), **around)
    assert sorted(robots) == ["/mask_detector", "/patrol"]
    assert robots["/mask_detector"].parameters["autostart"] is False
    assert all(robot.parameters["use_sim_time"] is True for robot in robots.values())


def test_inclusions_in_groups_are_independent(tmp_path: Path) -> None:
    require_launch()
    from launch.actions import GroupAction

    robots = launched(
        tmp_path,
        GroupAction([include(DETECTOR, namespace="robot1", threads="2")]),
        GroupAction([include(DETECTOR, namespace="robot2", threads="3")]),
        include(DETECTOR, namespace="robot3"),
    )
    threads = {name: robot.parameters["threads"] for name, robot in robots.items()}
    assert [threads[f"/robot{n}/mask_detector"] for n in (1, 2, 3)] == [2, 3, 1]


@pytest.mark.parametrize(
    ("launch_file", "arguments", "meant"),
    [
        (DETECTOR, {"blur": "face"}, "annotate.blur"),
        (DETECTOR, {"annotate.blurs": "face"}, "annotate.blur"),
        (DETECTOR, {"imge": "/camera/image_raw"}, "image"),
        (DETECTOR, {"detector.score_treshold": "0.5"}, "detector.score_threshold"),
        (PATROL, {"blur": "face"}, "annotate.blur"),
        (PATROL, {"languages": "ko"}, "announcer.languages"),
        (PATROL, {"use-sim-time": "true"}, "use_sim_time"),
        (DEMO, {"frames.sources": "tf"}, "frames.source"),
        (DEMO, {"durations": "5.0"}, "duration"),
    ],
)
def test_a_misspelled_argument_is_refused_with_the_nearest_name(
    launch_file: Path, arguments: dict[str, str], meant: str
) -> None:
    (name,) = arguments
    included = include(launch_file, **arguments)
    from launch import LaunchContext

    with pytest.raises(ValueError, match=f"there is no argument '{name}'.*{meant}"):
        list(nodes(LaunchContext(), included))


def test_arguments_of_the_launch_file_around_are_left_alone(tmp_path: Path) -> None:
    # For its other nodes; "model" is similar to "models".
    others = {"model": "robot.urdf", "map": "hall.yaml", "slam__mode": "x"}
    robots = launched(tmp_path, include(DETECTOR, namespace="robot1"), **others)
    assert robots["/robot1/mask_detector"].parameters["models"] == ""


def test_a_misspelled_member_of_a_group_around_is_refused() -> None:
    included = include(DETECTOR)
    from launch import LaunchContext

    context = LaunchContext()
    context.launch_configurations["annotate.blurs"] = "face"  # on the command line
    with pytest.raises(ValueError, match=r"did you mean 'annotate\.blur'"):
        list(nodes(context, included))


def test_contradictory_arguments_are_refused() -> None:
    contradiction = {"evidence.unknown_threshold": "0.8", "evidence.decision_threshold": "0.6"}
    included = include(DETECTOR, **contradiction)
    from launch import LaunchContext

    with pytest.raises(ValueError, match=r"evidence\.unknown_threshold is 0\.8"):
        list(nodes(LaunchContext(), included))
    # One alone may fit the parameters file, so the node decides.
    list(nodes(LaunchContext(), include(DETECTOR, evidence__unknown_threshold="0.8")))
