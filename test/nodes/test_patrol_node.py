# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol node on real ROS 2: from detections to goals, reminders and thanks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from geometry_msgs.msg import PoseStamped
from visualization_msgs.msg import MarkerArray

from mask_detector_ros.msg import MaskDetection, MaskDetectionArray, Reminder
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.patrol.interface import Point
from support.patrol_world import MapPerson, Robot, World, faces, patrol
from support.ros_harness import wait_until

pytestmark = pytest.mark.ros

SPACE = "patrol_test"
BESIDE = Point(4.0, 3.0)
"""A position beside the path between the waypoints."""


@pytest.fixture
def world() -> Iterator[World]:
    world = World(SPACE)
    yield world
    world.close()


@pytest.mark.slow
def test_a_person_without_a_mask_is_approached_reminded_once_and_thanked(
    world: World, tmp_path: Path
) -> None:
    person = MapPerson("7", BESIDE)
    targets: list[PoseStamped] = []
    markers: list[MarkerArray] = []
    world.node.create_subscription(
        PoseStamped, world.topic("target_pose"), targets.append, qos.results()
    )
    world.node.create_subscription(
        MarkerArray, world.topic("patrol/markers"), markers.append, qos.visualization()
    )
    with Robot(SPACE) as robot, patrol(tmp_path, SPACE) as node:
        world.wait_for_subscriber(node)
        wait_until(robot.goals, "the first waypoint", node)
        assert (robot.goals()[0].x, robot.goals()[0].y) == (3.0, 0.0)
        assert "request in map" in robot.log
        world.people.append(person)

        reminder = wait_until(lambda: world.reminders, "a reminder", node)[0]
        assert reminder.kind == Reminder.REMIND
        assert list(reminder.person_ids) == ["7"]
        assert reminder.status == MaskDetection.STATUS_NO_MASK
        assert reminder.attempt == 1
        assert reminder.header.frame_id == "map"
        assert (reminder.position.x, reminder.position.y) == pytest.approx((4.0, 3.0), abs=0.2)
        assert world.robot is not None
        assert reminder.distance == pytest.approx(world.robot.point.distance(BESIDE), abs=0.3)
        # The goal: the stand-off on the robot's side, facing the person.
        approach = robot.goals()[-1]
        assert approach.point.distance(BESIDE) == pytest.approx(1.5, abs=0.2)
        assert approach.y < BESIDE.y
        assert faces(approach, BESIDE)
        # The robot: within speaking distance, not nearer than the stand-off.
        assert 1.3 < world.robot.point.distance(BESIDE) < 2.2
        assert targets and targets[-1].header.frame_id == "map"
        assert targets[-1].pose.position.y == pytest.approx(3.0, abs=0.2)
        shown = {marker.ns for array in markers for marker in array.markers}
        assert {"waypoints", "target", "stand_off"} <= shown

        world.wait_for_state("WAIT", node)
        person.status = MaskDetection.STATUS_CORRECT
        wait_until(lambda: len(world.reminders) > 1, "thanks", node)
        thanks = world.reminders[1]
        assert thanks.kind == Reminder.THANK
        assert list(thanks.person_ids) == ["7"]
        assert thanks.reminder_id != reminder.reminder_id
        before = len(robot.goals())
        world.wait_for_state("PATROL", node)
        resumed = [(goal.x, goal.y) for goal in robot.goals()[before - 1 :]]
        assert (3.0, 0.0) in resumed or (6.0, 0.0) in resumed

        # The same person in violation again: in cooldown.
        person.status = MaskDetection.STATUS_NO_MASK
        wait_until(
            lambda: (6.0, 0.0) in [(g.x, g.y) for g in robot.goals()][before:],
            "the second waypoint",
        )
        assert len(world.reminders) == 2
        order = [state for state in world.history() if state not in ("GIVE_UP", "FAULT")]
        expected = ["PATROL", "APPROACH", "REMIND", "WAIT", "THANK", "RESUME", "PATROL"]
        assert order[order.index("APPROACH") - 1 :][:7] == expected
        last = world.states[-1]
        assert (last.reminders, last.complied, last.given_up) == (1, 1, 0)


def test_a_camera_that_stops_publishing_during_an_approach_stops_the_robot(
    world: World, tmp_path: Path
) -> None:
    with (
        Robot(SPACE, speed=0.1) as robot,
        patrol(tmp_path, SPACE, health__camera_timeout=4.0) as node,
    ):
        world.people.append(MapPerson("1", BESIDE))
        world.wait_for_state("APPROACH", node)

        def approaching() -> bool:  # the last goal is the stand-off
            goals = robot.goals()
            return bool(goals) and abs(goals[-1].point.distance(BESIDE) - 1.5) < 0.1

        wait_until(approaching, "the goal at the person", node)
        world.publishing = False
        world.wait_for_fault("camera", node)
        robot.wait_for_log("canceled")
        assert not world.reminders
        goals = len(robot.goals())
        world.publishing = True
        wait_until(lambda: world.state() not in ("FAULT", ""), "the patrol to recover", node)
        wait_until(lambda: len(robot.goals()) > goals, "a new goal", node)


@pytest.mark.parametrize(("off", "words"), [(-3600, "behind"), (3600, "ahead of")])
def test_images_stamped_by_another_clock_are_a_fault_with_its_cause(
    world: World, tmp_path: Path, off: int, words: str
) -> None:
    world.publishing = False
    publisher = world.node.create_publisher(
        MaskDetectionArray, world.topic("detections"), qos.results()
    )

    def publish_image() -> None:
        message = MaskDetectionArray(image_width=640, image_height=480)
        message.header.stamp = world.node.get_clock().now().to_msg()
        message.header.stamp.sec += off
        publisher.publish(message)

    steady_timer(world.node, 0.1, publish_image)
    with (
        Robot(SPACE) as robot,
        patrol(tmp_path, SPACE, health__camera_timeout=1.5) as node,
    ):
        world.wait_for_fault("clock", node)
        assert words in world.states[-1].reason
        node.wait_for_log("stamps")
        warnings = [line for line in node.log.splitlines() if "[WARN]" in line and "stamps" in line]
        assert len(warnings) == 1
        assert not robot.goals(), "no goal without current images"


@pytest.mark.slow
def test_waypoints_that_fail_in_a_row_are_a_fault_until_one_is_reached(
    world: World, tmp_path: Path
) -> None:
    with Robot(SPACE, mode="abort") as robot, patrol(tmp_path, SPACE) as node:
        world.wait_for_fault("waypoint", node)
        assert {goal.x for goal in robot.goals()} == {3.0, 6.0}, "both waypoints were tried"
        node.wait_for_log("aborted (error 9000)")
        robot.set_mode(world, "reach")
        robot.wait_for_log("reached")
        wait_until(lambda: world.state() != "FAULT", "the patrol to recover", node)


def test_without_a_robot_pose_the_fault_names_the_topic(world: World, tmp_path: Path) -> None:
    with (
        Robot(SPACE, poses=False),
        patrol(tmp_path, SPACE, health__pose_timeout=1.5) as node,
    ):
        world.people.append(MapPerson("1", BESIDE))
        world.wait_for_fault("pose", node)
        assert f"/{SPACE}/pose" in world.states[-1].reason, "the topic it subscribes to"
        assert not world.reminders


@pytest.mark.slow
def test_a_navigation_server_that_exits_is_a_fault_until_it_is_back(
    world: World, tmp_path: Path
) -> None:
    with patrol(tmp_path, SPACE) as node:
        with Robot(SPACE, speed=0.1) as robot:
            wait_until(robot.goals, "the first waypoint", node)
        world.wait_for_fault("navigation", node)
        node.wait_for_log("no action server")
        with Robot(SPACE) as robot:
            robot.wait_for_log("reached")
            wait_until(
                lambda: world.state() in ("PATROL", "RESUME"), "the patrol to continue", node
            )


def test_a_missing_action_server_is_named(world: World, tmp_path: Path) -> None:
    with (
        Robot(SPACE, action=False),
        patrol(tmp_path, SPACE, goals__accept_timeout=1.0) as node,
    ):
        world.wait_for_fault("navigation", node)
        node.wait_for_log(f"no action server /{SPACE}/navigate_to_pose")


@pytest.mark.slow
def test_without_nav2_goals_are_published_on_goal_pose(world: World, tmp_path: Path) -> None:
    with (
        Robot(SPACE, action=False) as robot,
        patrol(tmp_path, SPACE, navigation="topic") as node,
    ):
        wait_until(lambda: len(robot.goals()) > 1, "the second waypoint", node)
        assert robot.goals()[1].x == 6.0, "arrival is detected by the robot pose"
        person = MapPerson("5", BESIDE)
        world.people.append(person)
        wait_until(lambda: world.reminders, "a reminder", node)
        assert world.robot is not None
        assert 1.3 < world.robot.point.distance(BESIDE) < 2.2
        assert world.ask("pause").success
        world.wait_for_state("PAUSED", node)
        here = world.robot
        wait_until(
            lambda: robot.goals()[-1].point.distance(here) < 0.3, "a goal at the present pose"
        )


def test_person_ids_are_forgotten_when_the_detector_is_restarted(
    world: World, tmp_path: Path
) -> None:
    with Robot(SPACE) as robot, patrol(tmp_path, SPACE) as node:
        wait_until(robot.goals, "the first waypoint: detections have arrived", node)
        world.restart_detector()
        node.wait_for_log("new publisher of detections")
        assert node.log.count("new publisher of detections") == 1
