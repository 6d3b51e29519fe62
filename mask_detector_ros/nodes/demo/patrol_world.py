# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol_world node: simulates a hall with people, and a robot with camera and navigation.

It replaces camera driver, localization, Nav2 and people in the demo.
"""

from __future__ import annotations

import math
import sys
import time
from collections import deque
from pathlib import Path

from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.task import Future
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.background_threads import end_process
from mask_detector_ros.msg import PatrolState, Reminder
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.image_topics import camera_info_beside
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import ParameterError, Parameters
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.nodes.conversions.poses import pose_message
from mask_detector_ros.nodes.conversions.reminders import speak_from_message
from mask_detector_ros.nodes.demo.demo_settings import PatrolWorldSettings
from mask_detector_ros.nodes.demo.navigation_server import NavigationServer
from mask_detector_ros.nodes.tools.image_player import camera_info
from mask_detector_ros.patrol.interface import Point, ReminderKind, State
from mask_detector_ros.patrol.plan import PlanError, load_plan
from mask_detector_ros.perception.annotator import DISPLAY_NAMES
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.resources import find_resource
from mask_detector_ros.simulation.camera import FIELD_OF_VIEW_RAD, HEIGHT, WIDTH
from mask_detector_ros.simulation.demo_scenario import demo_scenario
from mask_detector_ros.simulation.renderer import Renderer
from mask_detector_ros.simulation.simulator import Simulator
from mask_detector_ros.simulation.speech_bubbles import SpeechBubble
from mask_detector_ros.simulation.top_down import STATE_COLORS, draw_top_down

PLAN = "demo/patrol_plan.yaml"
MAX_STEP_S = 0.2
"""Longest simulation step. On a slow machine, simulated time runs slower than real time."""
MAX_PATH_POINTS = 3000
"""Length of the drawn path: a few minutes."""
BUBBLE_DURATION_S = 4.0


class PatrolWorldNode(Node):
    """Publishes image_raw, camera_info, pose and top_down. Offers navigation.

    Simulated people react to messages on reminder.
    """

    def __init__(self) -> None:
        super().__init__("patrol_world")
        self.done: Future = Future()
        try:
            self._settings = Parameters(self, PatrolWorldSettings).settings
            plan = load_plan(Path(self._settings.plan or find_resource(PLAN)).expanduser())
        except (ParameterError, PlanError, FileNotFoundError) as error:
            raise StartError(str(error)) from error
        self._scenario = demo_scenario(plan)
        self._simulator = Simulator(
            self._scenario.world, self._scenario.people, self._scenario.start
        )
        self._renderer = Renderer()
        self._navigation = NavigationServer(self, self._simulator.robot, plan.frame)
        self._state: State | None = None
        self._reason = ""
        self._path: deque[tuple[Point, State]] = deque(maxlen=MAX_PATH_POINTS)
        self._bubbles: deque[tuple[float, SpeechBubble]] = deque(maxlen=2)
        self._reminders = 0
        profile = QoSProfile(depth=5)
        self._images = self.create_publisher(ImageMessage, "image_raw", profile)
        camera_info_topic = camera_info_beside(self, self._images.topic_name)
        self._infos = self.create_publisher(CameraInfo, camera_info_topic, profile)
        self._poses = self.create_publisher(PoseWithCovarianceStamped, "pose", profile)
        self._top_down = self.create_publisher(ImageMessage, "top_down", qos.visualization())
        self.create_subscription(Reminder, "reminder", self._on_reminder, qos.results())
        self.create_subscription(PatrolState, "state", self._on_state, qos.latched())
        self._waiting_since = self._last = time.monotonic()
        self._running = False
        self._timer = steady_timer(self, 1.0 / self._settings.rate, self._tick)

    @property
    def _duration(self) -> float:
        return self._settings.duration or self._scenario.duration

    def _tick(self) -> None:
        now = time.monotonic()
        if not self._running:
            self._running, self._last = self._is_connected(now), now
            return
        step, self._last = min(now - self._last, MAX_STEP_S), now
        self._navigation.update(self._simulator.advance(step))
        self._publish()
        if self._simulator.now >= self._duration and not self.done.done():
            self._timer.cancel()
            self.done.set_result(None)

    def _is_connected(self, now: float) -> bool:
        """Whether detector and patrol are running. The simulation starts only then."""
        missing = []
        if not self._images.get_subscription_count():
            missing.append("no subscriber of image_raw")
        if self._state is None:
            missing.append("no message on state")
        if missing and now - self._waiting_since > self._settings.startup_timeout:
            raise StartError(
                f"{' and '.join(missing)} after {self._settings.startup_timeout:g} s; start the "
                "detector and the patrol and check the remapping of their topics"
            )
        return not missing

    def _publish(self) -> None:
        view, robot = self._simulator.view(), self._simulator.robot.pose
        stamp = self.get_clock().now().to_msg()
        # The pose first, since the patrol needs it to convert the detections of the image.
        pose = PoseWithCovarianceStamped(
            header=Header(frame_id=self._scenario.plan.frame, stamp=stamp)
        )
        pose.pose.pose = pose_message(robot)
        self._poses.publish(pose)
        header = Header(frame_id=self._settings.frame_id, stamp=stamp)
        self._images.publish(image_message(self._renderer.render(view), header))
        degrees = math.degrees(FIELD_OF_VIEW_RAD)
        self._infos.publish(camera_info(header, WIDTH, HEIGHT, degrees))
        state = State.PATROL if self._state is None else self._state
        self._path.append((robot.point, state))
        if self._top_down.get_subscription_count():
            now = self._simulator.now
            bubbles = [b for since, b in self._bubbles if now - since < BUBBLE_DURATION_S]
            top_down = draw_top_down(
                self._scenario.world,
                view,
                self._scenario.plan,
                state,
                self._reason,
                list(self._path),
                bubbles,
                [pedestrian.name for pedestrian in self._simulator.pedestrians],
            )
            self._top_down.publish(image_message(top_down, header))

    def _on_reminder(self, message: Reminder) -> None:
        self._reminders += 1
        speak = speak_from_message(message, self._reminders)
        self._simulator.speak(speak)
        thanks = speak.kind == ReminderKind.THANK
        text = "thanks" if thanks else DISPLAY_NAMES[WearStatus(speak.status)]
        color = STATE_COLORS[State.THANK if thanks else State.REMIND]
        bubble = SpeechBubble(self._simulator.robot.pose.point, text, color)
        self._bubbles.append((self._simulator.now, bubble))

    def _on_state(self, message: PatrolState) -> None:
        self._state, self._reason = State(message.state), message.reason


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(PatrolWorldNode, args)


if __name__ == "__main__":
    sys.exit(end_process(main()))
