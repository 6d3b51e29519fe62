# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Goals against a real action server, and everything that one can do to a client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from geometry_msgs.msg import PoseStamped

from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.nodes.patrol.navigation import Navigation
from mask_detector_ros.nodes.patrol.navigation_factory import create_navigation, nav2_actions
from mask_detector_ros.nodes.patrol.patrol_node_settings import GoalSettings
from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose
from support.patrol_world import Robot
from support.ros_harness import Client, wait_until

pytestmark = pytest.mark.ros

NEAR, FAR = Pose(0.5, 0.0, 0.3), Pose(30.0, 0.0, 0.0)
SETTINGS = GoalSettings(accept_timeout=4.0, server_timeout=0.5, feedback_timeout=1.5)


class Driver:
    """A node that only navigates; its commands are run in its executor's thread."""

    def __init__(self, wanted: str, settings: GoalSettings = SETTINGS) -> None:
        self.client = Client()
        self.ended: list[tuple[int, Outcome, str]] = []
        self.robot: Pose | None = None
        self._todo: list[Callable[[Navigation], None]] = []
        node = self.client.node
        self.navigation = create_navigation(
            node, wanted, settings, "map", lambda *told: self.ended.append(told)
        )
        steady_timer(node, 0.05, self._tick)

    def _tick(self) -> None:
        while self._todo:
            self._todo.pop(0)(self.navigation)
        self.navigation.poll(self.robot)

    def close(self) -> None:
        self.client.close()

    def go(self, number: int, pose: Pose) -> None:
        self._todo.append(lambda drive: drive.go(GoTo(number, pose)))

    def stop(self) -> None:
        self._todo.append(lambda drive: drive.stop(self.robot))

    def wait(self, number: int, robot: Robot, timeout: float = 15.0) -> tuple[Outcome, str]:
        """How a goal ended."""
        found = wait_until(
            lambda: [told for told in self.ended if told[0] == number],
            timeout,
            f"the end of goal {number}",
            robot,
        )
        assert len(found) == 1, "told once"
        return found[0][1:]


@pytest.fixture
def driver() -> Iterator[Driver]:
    driver = Driver("auto")
    yield driver
    driver.close()


def start(**parameters: Any) -> Robot:
    return Robot("", **parameters)


def test_auto_takes_the_action_where_the_interface_is(driver: Driver) -> None:
    assert nav2_actions() is not None, "the set-up did not make the interface"
    assert "/navigate_to_pose" in driver.navigation.description


def test_goals_are_reached_and_aborted_with_the_reason(driver: Driver) -> None:
    with start() as robot:
        driver.go(1, NEAR)
        assert driver.wait(1, robot) == (Outcome.REACHED, "")
        goal = robot.goals()[0]
        assert (goal.x, goal.y, goal.yaw) == pytest.approx((0.5, 0.0, 0.3), abs=0.001)
        robot.set_mode(driver.client, "abort")
        driver.go(2, FAR)
        outcome, detail = driver.wait(2, robot)
        assert outcome == Outcome.ABORTED
        assert detail == "aborted (error 9000)"
        assert not driver.navigation.problem


def test_a_rejected_goal_ends_the_one_before_too(driver: Driver) -> None:
    with start(speed=0.1) as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        robot.set_mode(driver.client, "reject")
        driver.go(2, NEAR)
        assert driver.wait(2, robot)[0] == Outcome.REJECTED
        robot.wait_for_log("canceled")
        assert [told[0] for told in driver.ended] == [2], "what is replaced is not told"


def test_a_new_goal_replaces_the_old_one(driver: Driver) -> None:
    with start(speed=1.0) as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        driver.go(2, NEAR)
        assert driver.wait(2, robot)[0] == Outcome.REACHED
        assert [told[0] for told in driver.ended] == [2]
        assert "canceled" not in robot.log, "it drove on without stopping in between"


def test_stop_cancels_also_what_is_not_taken_yet(driver: Driver) -> None:
    with start(speed=0.1) as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        driver.stop()
        robot.wait_for_log("canceled")
        wait_until(lambda: not driver.navigation.stopping, 5, "the confirmation", robot)
        driver.go(2, FAR)
        driver.stop()  # within the same tick: the answer cannot have come
        wait_until(lambda: robot.log.count("canceled") == 2, 10, "the second cancel", robot)
        assert not driver.ended


def test_a_server_that_refuses_to_cancel_is_asked_again(driver: Driver) -> None:
    with start(mode="deaf") as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        driver.stop()
        wait_until(lambda: robot.log.count("cancel asked") >= 2, 10, "another try", robot)
        robot.set_mode(driver.client, "stall")
        robot.wait_for_log("canceled")


def test_a_server_that_dies_on_the_way_is_noticed(driver: Driver) -> None:
    with start(speed=0.1) as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        time.sleep(0.5)  # some feedback
        robot.kill()
        # DDS takes many seconds to notice; the missing feedback does not.
        outcome, detail = driver.wait(1, robot, timeout=6.0)
        assert outcome == Outcome.UNAVAILABLE
        assert "feedback" in detail or "no action server" in detail
    # One that comes back is used, if not at the first goal: that may still go to the dead one.
    with start() as robot:
        for number in (2, 3, 4):
            driver.go(number, NEAR)
            if driver.wait(number, robot)[0] == Outcome.REACHED:
                break
        else:
            pytest.fail(f"none of three goals was reached: {driver.ended}")


def test_a_server_that_leaves_properly_is_noticed(driver: Driver) -> None:
    with start(speed=0.1) as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        assert robot.interrupt() == 0
        outcome, detail = driver.wait(1, robot, timeout=6.0)
        assert outcome == Outcome.UNAVAILABLE
        assert "no action server /navigate_to_pose" in detail


def test_a_server_that_was_out_of_reach_is_stopped_when_it_is_back(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start(mode="deaf") as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        wait_until(lambda: driver.navigation.distance_remaining > 0, 15, "feedback", robot)
        # A connection cannot be cut for certain here: the server hears, but does not obey, and
        # the client is told that there is none.
        with monkeypatch.context() as cut:
            cut.setattr(driver.navigation._client, "server_is_ready", lambda: False)
            assert driver.wait(1, robot)[0] == Outcome.UNAVAILABLE
            driver.stop()
            time.sleep(2 * SETTINGS.server_timeout)
            assert driver.navigation.stopping
        robot.set_mode(driver.client, "stall")
        robot.wait_for_log("canceled")
        wait_until(lambda: not driver.navigation.stopping, 15, "the confirmation", robot)


def test_a_goal_topic_without_a_listener_stops_the_robot_when_there_is_one() -> None:
    driver = Driver("topic")
    try:
        robot = Client()
        goals = listen(robot)
        driver.robot = Pose(1.0, 2.0, 0.0)
        driver.go(1, FAR)
        wait_until(lambda: goals, 15, "the goal")
        robot.close()
        wait_until(lambda: driver.navigation.problem, 15, "the absence to be noticed")
        driver.stop()
        time.sleep(0.2)
        robot = Client()
        goals = listen(robot)
        wait_until(lambda: goals, 15, "the stop")
        assert (goals[0].pose.position.x, goals[0].pose.position.y) == (1.0, 2.0)
        robot.close()
    finally:
        driver.close()


def listen(robot: Client) -> list[PoseStamped]:
    """All goals that come on the topic from now on."""
    goals: list[PoseStamped] = []
    robot.node.create_subscription(PoseStamped, "/goal_pose", goals.append, qos.results())
    return goals


def test_a_goal_waits_for_a_server_that_is_about_to_start(driver: Driver) -> None:
    driver.navigation.settings = replace(SETTINGS, accept_timeout=60.0)
    driver.go(1, NEAR)
    with start() as robot:
        assert driver.wait(1, robot)[0] == Outcome.REACHED


def test_without_a_server_a_goal_fails_with_words(driver: Driver) -> None:
    driver.navigation.settings = replace(SETTINGS, accept_timeout=0.5)
    driver.go(1, NEAR)
    told = wait_until(lambda: driver.ended, 10, "the goal to fail")
    assert told == [(1, Outcome.UNAVAILABLE, "there is no action server /navigate_to_pose")]
    assert driver.navigation.problem == "there is no action server /navigate_to_pose"
