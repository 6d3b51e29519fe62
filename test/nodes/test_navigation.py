# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Navigation goals with a real action server, its failures and its absence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from geometry_msgs.msg import PoseStamped

from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.nodes.patrol.action_navigation import ActionNavigation
from mask_detector_ros.nodes.patrol.navigation import Navigation
from mask_detector_ros.nodes.patrol.navigation_factory import create_navigation, nav2_actions
from mask_detector_ros.nodes.patrol.patrol_node_settings import GoalSettings
from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose
from support.patrol_world import Robot
from support.ros_harness import Client
from support.waiting import TIMEOUT_S, wait_until

pytestmark = pytest.mark.ros

NEAR, FAR = Pose(0.5, 0.0, 0.3), Pose(30.0, 0.0, 0.0)
SETTINGS = GoalSettings(accept_timeout=TIMEOUT_S, server_timeout=0.5, feedback_timeout=TIMEOUT_S)


class Driver:
    """A node that only navigates; commands run in the thread of its executor."""

    def __init__(self, backend: str, settings: GoalSettings = SETTINGS) -> None:
        self.client = Client()
        self.ended: list[tuple[int, Outcome, str]] = []
        self.robot: Pose | None = None
        self._todo: list[Callable[[Navigation], None]] = []
        node = self.client.node
        self.navigation = create_navigation(
            node, backend, settings, "map", lambda *end: self.ended.append(end)
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

    def wait(self, number: int, robot: Robot, timeout: float = TIMEOUT_S) -> tuple[Outcome, str]:
        """Outcome and detail of a goal, reported exactly once."""
        found = wait_until(
            lambda: [end for end in self.ended if end[0] == number],
            f"the end of goal {number}",
            robot,
            timeout=timeout,
        )
        assert len(found) == 1, "reported once"
        return found[0][1:]


@pytest.fixture
def driver() -> Iterator[Driver]:
    driver = Driver("auto")
    yield driver
    driver.close()


def start(**parameters: Any) -> Robot:
    return Robot("", **parameters)


def test_auto_uses_the_action_where_its_interface_is_installed(driver: Driver) -> None:
    assert nav2_actions() is not None, "the setup did not build the interface"
    assert "/navigate_to_pose" in driver.navigation.description


def test_goals_are_reached_or_aborted_with_a_detail(driver: Driver) -> None:
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


def test_a_rejected_goal_cancels_the_one_before(driver: Driver) -> None:
    with start(speed=0.1) as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        robot.set_mode(driver.client, "reject")
        driver.go(2, NEAR)
        assert driver.wait(2, robot)[0] == Outcome.REJECTED
        robot.wait_for_log("canceled")
        assert [end[0] for end in driver.ended] == [2], "no report for the replaced goal"


def test_a_new_goal_replaces_the_old_one(driver: Driver) -> None:
    with start(speed=1.0) as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        driver.go(2, NEAR)
        assert driver.wait(2, robot)[0] == Outcome.REACHED
        assert [end[0] for end in driver.ended] == [2]
        assert "canceled" not in robot.log, "the robot did not stop in between"


def test_stop_cancels_a_goal_that_is_not_accepted_yet(driver: Driver) -> None:
    with start(speed=0.1) as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        driver.stop()
        robot.wait_for_log("canceled")
        wait_until(lambda: not driver.navigation.stopping, "the confirmation", robot)
        driver.go(2, FAR)
        driver.stop()  # in the same tick, before any response
        wait_until(lambda: robot.log.count("canceled") == 2, "the second cancel", robot)
        assert not driver.ended


def test_a_rejected_cancel_is_repeated(driver: Driver) -> None:
    with start(mode="deaf") as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        driver.stop()
        wait_until(lambda: robot.log.count("cancel request") >= 2, "a repeated cancel", robot)
        robot.set_mode(driver.client, "stall")
        robot.wait_for_log("canceled")


def test_a_server_that_is_killed_is_detected(driver: Driver) -> None:
    with start(speed=0.1) as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        action = driver.navigation
        assert isinstance(action, ActionNavigation)
        wait_until(lambda: action.distance_remaining > 0, "feedback", robot)
        action.settings = replace(SETTINGS, accept_timeout=20.0, feedback_timeout=3.0)
        robot.kill()
        # DDS discovery takes 20 s; missing feedback is detected earlier.
        outcome, detail = driver.wait(1, robot, timeout=15.0)
        assert outcome == Outcome.UNAVAILABLE
        assert "feedback" in detail or "no action server" in detail
    # A restarted server is used. The first goal may still be sent to the dead one.
    action.settings = replace(SETTINGS, accept_timeout=20.0)
    with start() as robot:
        for number in (2, 3, 4):
            driver.go(number, NEAR)
            if driver.wait(number, robot)[0] == Outcome.REACHED:
                break
        else:
            pytest.fail(f"none of three goals was reached: {driver.ended}")


def test_a_server_that_shuts_down_is_detected(driver: Driver) -> None:
    with start(speed=0.1) as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        assert robot.interrupt() == 0
        outcome, detail = driver.wait(1, robot)
        assert outcome == Outcome.UNAVAILABLE
        assert "no action server /navigate_to_pose" in detail


def test_a_server_that_was_unreachable_gets_the_cancel_when_it_is_back(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start(mode="deaf") as robot:
        driver.go(1, FAR)
        robot.wait_for_log("goal 30")
        action = driver.navigation
        assert isinstance(action, ActionNavigation)
        wait_until(lambda: action.distance_remaining > 0, "feedback", robot)
        # The connection itself cannot be cut here: the server rejects cancels, and the client
        # sees no server.
        with monkeypatch.context() as cut:
            cut.setattr(action._client, "server_is_ready", lambda: False)
            assert driver.wait(1, robot)[0] == Outcome.UNAVAILABLE
            driver.stop()
            time.sleep(2 * SETTINGS.server_timeout)
            assert driver.navigation.stopping
        robot.set_mode(driver.client, "stall")
        robot.wait_for_log("canceled")
        wait_until(lambda: not driver.navigation.stopping, "the confirmation", robot)


def test_a_stop_on_the_goal_topic_is_sent_when_its_subscriber_is_back() -> None:
    driver = Driver("topic")
    try:
        robot = Client()
        goals = goals_received(robot)
        driver.robot = Pose(1.0, 2.0, 0.0)
        driver.go(1, FAR)
        wait_until(lambda: goals, "the goal")
        robot.close()
        wait_until(lambda: driver.navigation.problem, "the missing subscriber to be detected")
        driver.stop()
        time.sleep(0.2)
        robot = Client()
        goals = goals_received(robot)
        wait_until(lambda: goals, "the stop")
        assert (goals[0].pose.position.x, goals[0].pose.position.y) == (1.0, 2.0)
        robot.close()
    finally:
        driver.close()


def goals_received(robot: Client) -> list[PoseStamped]:
    """A list that grows with the goals published from now on."""
    goals: list[PoseStamped] = []
    robot.node.create_subscription(PoseStamped, "/goal_pose", goals.append, qos.results())
    return goals


def test_a_goal_is_sent_when_the_server_starts(driver: Driver) -> None:
    driver.go(1, NEAR)
    with start() as robot:
        assert driver.wait(1, robot)[0] == Outcome.REACHED


def test_without_a_server_a_goal_ends_unavailable_with_a_detail(driver: Driver) -> None:
    driver.navigation.settings = replace(SETTINGS, accept_timeout=0.5)
    driver.go(1, NEAR)
    ended = wait_until(lambda: driver.ended, "the goal to fail")
    assert ended == [(1, Outcome.UNAVAILABLE, "there is no action server /navigate_to_pose")]
    assert driver.navigation.problem == "there is no action server /navigate_to_pose"
