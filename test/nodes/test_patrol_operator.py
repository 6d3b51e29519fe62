# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The operator's side of the patrol node: services, state, diagnostics, parameters, a bad start."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseWithCovarianceStamped
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter as RosParameter

from mask_detector_ros.msg import MaskDetection, MaskDetectionArray, PatrolState
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.patrol.interface import Point
from support.patrol_world import Robot, Someone, World, patrol
from support.ros_harness import NodeProcess, wait_until

pytestmark = pytest.mark.ros

SPACE = "operator_test"
BESIDE = Point(4.0, 3.0)
"""Beside the way between the waypoints."""


@pytest.fixture
def world() -> Iterator[World]:
    world = World(SPACE)
    yield world
    world.close()


def test_pause_resume_and_skip(world: World, tmp_path: Path) -> None:
    with Robot(SPACE, speed=0.2) as robot, patrol(tmp_path, SPACE) as node:
        world.wait_for_state("PATROL", node, 30)
        wait_until(robot.goals, 20, "the first waypoint", node)
        answer = world.ask("pause")
        assert answer.success, answer.message
        world.wait_for_state("PAUSED", node)
        robot.wait_for_log("canceled")
        refused = world.ask("skip")
        assert not refused.success
        assert "PAUSED" in refused.message
        goals = len(robot.goals())
        assert world.ask("resume").success
        wait_until(lambda: len(robot.goals()) > goals, 10, "the waypoint again", node)
        assert robot.goals()[-1].x == 3.0
        answer = world.ask("skip")
        assert answer.success, answer.message
        wait_until(lambda: robot.goals()[-1].x == 6.0, 10, "the next waypoint", node)
        wait_until(lambda: world.states[-1].waypoint == 1, 10, "the next waypoint", node)
        # Whom it approaches can be skipped, too.
        world.people.append(Someone("3", BESIDE))
        world.wait_for_state("APPROACH", node)
        assert "3" in world.ask("skip").message
        wait_until(lambda: "GIVE_UP" in world.history(), 10, "the person to be left be", node)
        assert world.states[-1].given_up == 1
        assert not world.reminders


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_the_node_stops_the_robot(
    world: World, tmp_path: Path, number: signal.Signals
) -> None:
    with Robot(SPACE, speed=0.1) as robot, patrol(tmp_path, SPACE) as node:
        wait_until(robot.goals, 20, "the first waypoint", node)
        world.wait_for_state("PATROL", node)
        assert "canceled" not in robot.log
        assert node.interrupt(number) == 0
        robot.wait_for_log("canceled")
        assert "Traceback" not in node.log
        assert "did not confirm" not in node.log


def test_messages_that_cannot_be_do_not_end_the_patrol(world: World, tmp_path: Path) -> None:
    impossible_pose = PoseWithCovarianceStamped()
    impossible_pose.header.frame_id = "map"
    impossible_pose.header.stamp.sec = -1
    impossible = MaskDetectionArray()
    impossible.detections = [MaskDetection(person_id="9", status=9)]
    before_time = MaskDetectionArray()
    before_time.header.stamp.sec = -1
    with Robot(SPACE) as robot, patrol(tmp_path, SPACE) as node:
        world.publisher(PoseWithCovarianceStamped, "pose").publish(impossible_pose)
        for message in (impossible, before_time):
            world.publisher(MaskDetectionArray, "detections").publish(message)
        node.wait_for_log("detections that cannot be are passed over")
        wait_until(robot.goals, 20, "the first waypoint", node)
        world.people.append(Someone("4", BESIDE))
        wait_until(lambda: world.reminders, 20, "a reminder", node)


def test_diagnostics_say_what_drives_and_what_is_missing(world: World, tmp_path: Path) -> None:
    arrays: list[DiagnosticArray] = []
    world.node.create_subscription(DiagnosticArray, "/diagnostics", arrays.append, 10)

    def told() -> DiagnosticStatus | None:
        named = [s for a in arrays for s in a.status if s.name == f"{SPACE}/patrol: patrol"]
        return named[-1] if named else None

    with patrol(tmp_path, SPACE) as node:
        status = wait_until(told, 20, "diagnostics", node)
        values = {entry.key: entry.value for entry in status.values}
        assert f"/{SPACE}/navigate_to_pose" in values["navigation"]
        assert "no action server" in values["navigation problem"]
        assert f"/{SPACE}/pose" in values["frames problem"]
        assert status.level > DiagnosticStatus.OK
        with Robot(SPACE):
            wait_until(lambda: told().level == DiagnosticStatus.OK, 20, "all to be well", node)
            values = {entry.key: entry.value for entry in told().values}
            assert values["navigation problem"] == values["frames problem"] == ""


def test_thresholds_change_live_and_only_within_their_range(world: World, tmp_path: Path) -> None:
    def set_stand_off(meters: float) -> Any:
        message = RosParameter("approach.stand_off", value=meters).to_parameter_msg()
        request = SetParameters.Request(parameters=[message])
        return world.call(SetParameters, "patrol/set_parameters", request).results[0]

    with Robot(SPACE) as robot, patrol(tmp_path, SPACE) as node:
        wait_until(robot.goals, 20, "the first waypoint", node)
        refused = set_stand_off(0.1)
        assert not refused.successful
        assert set_stand_off(2.5).successful
        world.people.append(Someone("4", BESIDE))
        wait_until(lambda: world.reminders, 20, "a reminder", node)
        assert world.reminders[0].distance > 2.3


def test_state_is_kept_for_who_comes_late(world: World, tmp_path: Path) -> None:
    with Robot(SPACE), patrol(tmp_path, SPACE) as node:
        wait_until(lambda: world.states, 30, "the patrol", node)
        late: list[PatrolState] = []
        world.node.create_subscription(
            PatrolState, world.topic("patrol/state"), late.append, qos.latched()
        )
        wait_until(lambda: late, 10, "the kept state", node)
        assert late[0].waypoints == 2
        assert math.isnan(late[0].target_position.x)
        assert late[0].target_id == ""


@pytest.mark.parametrize(
    ("plan", "parameters", "words"),
    [
        ("waypoints:\n  - {name: a, x: 1.0, z: 2.0}\n", {}, "plan.yaml:2"),
        ("frame: odom\nwaypoints:\n  - {name: a, x: 1.0, y: 2.0}\n", {}, "frames.map"),
        (
            "waypoints:\n  - {name: a, x: 1.0, y: 2.0}\n",
            {"approach__stand_off": 0.0},
            "approach.stand_off",
        ),
    ],
)
def test_a_patrol_that_cannot_start_says_why_and_exits_with_an_error(
    tmp_path: Path, plan: str, parameters: dict, words: str
) -> None:
    with patrol(tmp_path, SPACE, plan, **parameters) as node:
        assert node.wait(30) == 1
        assert words in node.log
        assert "Traceback" not in node.log


def test_a_patrol_without_a_plan_says_where_an_example_is() -> None:
    with NodeProcess("patrol.patrol_node") as node:
        assert node.wait(30) == 1
        assert "config/patrol_plan.yaml" in node.log
        assert "Traceback" not in node.log
