# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Services, state, diagnostics, parameters and startup errors of the patrol node."""

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
from support.patrol_world import MapPerson, Robot, World, patrol
from support.ros_harness import NodeProcess, wait_until

pytestmark = pytest.mark.ros

SPACE = "operator_test"
BESIDE = Point(4.0, 3.0)
"""A position beside the path between the waypoints."""


@pytest.fixture
def world() -> Iterator[World]:
    world = World(SPACE)
    yield world
    world.close()


def test_pause_resume_and_skip(world: World, tmp_path: Path) -> None:
    with Robot(SPACE, speed=0.05) as robot, patrol(tmp_path, SPACE) as node:
        world.wait_for_state("PATROL", node)
        wait_until(robot.goals, "the first waypoint", node)
        answer = world.ask("pause")
        assert answer.success, answer.message
        world.wait_for_state("PAUSED", node)
        robot.wait_for_log("canceled")
        refused = world.ask("skip")
        assert not refused.success
        assert "PAUSED" in refused.message
        goals = len(robot.goals())
        assert world.ask("resume").success
        wait_until(lambda: len(robot.goals()) > goals, "the waypoint again", node)
        assert robot.goals()[-1].x == 3.0
        answer = world.ask("skip")
        assert answer.success, answer.message
        wait_until(lambda: robot.goals()[-1].x == 6.0, "the next waypoint", node)
        wait_until(lambda: world.states[-1].waypoint == 1, "the next waypoint", node)
        # A person who is approached can be skipped, too.
        world.people.append(MapPerson("3", BESIDE))
        world.wait_for_state("APPROACH", node)
        assert "3" in world.ask("skip").message
        wait_until(lambda: "GIVE_UP" in world.history(), "the person to be given up", node)
        assert world.states[-1].given_up == 1
        assert not world.reminders


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ending_the_node_stops_the_robot(
    world: World, tmp_path: Path, number: signal.Signals
) -> None:
    with Robot(SPACE, speed=0.1) as robot, patrol(tmp_path, SPACE) as node:
        wait_until(robot.goals, "the first waypoint", node)
        world.wait_for_state("PATROL", node)
        assert "canceled" not in robot.log
        assert node.interrupt(number) == 0
        robot.wait_for_log("canceled")
        assert "Traceback" not in node.log
        assert "did not confirm" not in node.log


@pytest.mark.parametrize("method", ["poll", "robot_pose", "tick"])
def test_a_patrol_that_fails_for_good_stops_the_robot(
    world: World, tmp_path: Path, method: str
) -> None:
    owner = {
        "poll": "nodes.patrol.action_navigation:ActionNavigation",
        "robot_pose": "nodes.patrol.transforms:Frames",
        "tick": "patrol.behavior:Patrol",
    }[method]
    from_now_on = tmp_path / "from_now_on"
    failing = ["failing_methods.py", f"{owner}.{method}+{from_now_on}"]
    with Robot(SPACE, speed=0.05) as robot, patrol(tmp_path, SPACE, launcher=failing) as node:
        wait_until(robot.goals, "the first waypoint", node)
        from_now_on.touch()
        robot.wait_for_log("canceled")
        node.wait_for_log("the patrol cannot decide: the robot is stopped")
        assert node.alive()


def test_invalid_messages_do_not_stop_the_patrol(world: World, tmp_path: Path) -> None:
    negative_pose_stamp = PoseWithCovarianceStamped()
    negative_pose_stamp.header.frame_id = "map"
    negative_pose_stamp.header.stamp.sec = -1
    wild = MaskDetection(person_id="9", status=9, confidence=math.nan, face_score=-math.inf)
    wild.position.x, wild.position.y, wild.position.z = math.inf, -1e300, math.nan
    wild.position_covariance = [-1e30, math.nan, math.inf] * 3
    wild_values = MaskDetectionArray(detections=[wild])
    wild_values.header.frame_id = "no/such/frame"
    wild_values.header.stamp.sec, wild_values.header.stamp.nanosec = 2**31 - 1, 999_999_999
    negative_stamp = MaskDetectionArray(detections=[wild])
    negative_stamp.header.stamp.sec = -1
    with Robot(SPACE) as robot, patrol(tmp_path, SPACE) as node:
        world.publisher(PoseWithCovarianceStamped, "pose").publish(negative_pose_stamp)
        for message in (wild_values, negative_stamp):
            world.publisher(MaskDetectionArray, "detections").publish(message)
        node.wait_for_log("invalid detections are ignored")
        wait_until(robot.goals, "the first waypoint", node)
        world.people.append(MapPerson("4", BESIDE))
        wait_until(lambda: world.reminders, "a reminder", node)


def test_diagnostics_name_the_navigation_and_what_is_missing(world: World, tmp_path: Path) -> None:
    arrays: list[DiagnosticArray] = []
    world.node.create_subscription(DiagnosticArray, "/diagnostics", arrays.append, 10)

    def received() -> list[DiagnosticStatus]:
        return [s for a in arrays for s in a.status if s.name == f"{SPACE}/patrol: patrol"]

    with patrol(tmp_path, SPACE) as node:
        status = wait_until(received, "diagnostics", node)[-1]
        values = {entry.key: entry.value for entry in status.values}
        assert f"/{SPACE}/navigate_to_pose" in values["navigation"]
        assert "no action server" in values["navigation problem"]
        assert f"/{SPACE}/pose" in values["frames problem"]
        assert status.level > DiagnosticStatus.OK
        with Robot(SPACE):
            status = wait_until(
                lambda: [s for s in received() if s.level == DiagnosticStatus.OK], "OK", node
            )[0]
            values = {entry.key: entry.value for entry in status.values}
            assert values["navigation problem"] == values["frames problem"] == ""


def test_thresholds_can_be_changed_live_within_their_range(world: World, tmp_path: Path) -> None:
    def set_stand_off(meters: float) -> Any:
        message = RosParameter("approach.stand_off", value=meters).to_parameter_msg()
        request = SetParameters.Request(parameters=[message])
        return world.call(SetParameters, "patrol/set_parameters", request).results[0]

    with Robot(SPACE) as robot, patrol(tmp_path, SPACE) as node:
        wait_until(robot.goals, "the first waypoint", node)
        refused = set_stand_off(0.1)
        assert not refused.successful
        assert set_stand_off(2.5).successful
        world.people.append(MapPerson("4", BESIDE))
        wait_until(lambda: world.reminders, "a reminder", node)
        assert world.reminders[0].distance > 2.3


def test_the_state_is_latched_for_late_subscribers(world: World, tmp_path: Path) -> None:
    with Robot(SPACE), patrol(tmp_path, SPACE) as node:
        wait_until(lambda: world.states, "the patrol", node)
        late: list[PatrolState] = []
        world.node.create_subscription(
            PatrolState, world.topic("patrol/state"), late.append, qos.latched()
        )
        wait_until(lambda: late, "the latched state", node)
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
def test_a_startup_error_is_logged_and_the_exit_status_is_1(
    tmp_path: Path, plan: str, parameters: dict, words: str
) -> None:
    with patrol(tmp_path, SPACE, plan, **parameters) as node:
        assert node.wait() == 1
        assert words in node.log
        assert "Traceback" not in node.log


def test_a_patrol_without_a_plan_names_an_example() -> None:
    with NodeProcess("patrol.patrol_node") as node:
        assert node.wait() == 1
        assert "config/patrol_plan.yaml" in node.log
        assert "Traceback" not in node.log
