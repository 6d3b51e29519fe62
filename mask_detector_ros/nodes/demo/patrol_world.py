# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol_world node: a hall with people, a robot that drives through it, and its camera.

Stands in for everything the demo has not got: camera, localization, Nav2, and people who
listen to what is said to them.
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

from mask_detector_ros.msg import PatrolState, Reminder
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import ParameterError, Parameters
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.nodes.conversions.poses import pose_message
from mask_detector_ros.nodes.conversions.reminders import speak_of
from mask_detector_ros.nodes.demo.demo_settings import PatrolWorldSettings
from mask_detector_ros.nodes.demo.navigation_server import NavigationServer
from mask_detector_ros.nodes.tools.image_player import camera_info
from mask_detector_ros.patrol.interface import Point, ReminderKind, State
from mask_detector_ros.patrol.plan import PlanError, load_plan
from mask_detector_ros.perception.annotator import WORDS
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.resources import find_resource
from mask_detector_ros.simulation.camera import FIELD_OF_VIEW, HEIGHT, WIDTH
from mask_detector_ros.simulation.demo_story import story
from mask_detector_ros.simulation.renderer import Renderer
from mask_detector_ros.simulation.stage import Stage
from mask_detector_ros.simulation.top_down import STATE_COLORS, Bubble, draw

PLAN = "demo/patrol_plan.yaml"
LONGEST_STEP = 0.2
"""Seconds the world moves on at once; where the machine is too slow, its time is slower."""
LONGEST_PATH = 3000
"""Points of the robot's way that are drawn: some minutes."""
SAID_FOR = 4.0
"""Seconds that words stay over the robot."""


class PatrolWorldNode(Node):
    """Publishes image_raw, camera_info, pose and top_down; hears reminder; drives to goals."""

    def __init__(self) -> None:
        super().__init__("patrol_world")
        self.done: Future = Future()
        try:
            self._settings = Parameters(self, PatrolWorldSettings).settings
            plan = load_plan(Path(self._settings.plan or find_resource(PLAN)).expanduser())
        except (ParameterError, PlanError, FileNotFoundError) as error:
            raise StartError(str(error)) from error
        self._story = story(plan)
        self._stage = Stage(self._story.world, self._story.cast, self._story.start)
        self._renderer = Renderer()
        self._navigation = NavigationServer(self, self._stage.robot, plan.frame)
        self._state: State | None = None
        self._reason = ""
        self._path: deque[tuple[Point, State]] = deque(maxlen=LONGEST_PATH)
        self._bubbles: deque[tuple[float, Bubble]] = deque(maxlen=2)
        self._heard = 0
        profile = QoSProfile(depth=5)
        self._images = self.create_publisher(ImageMessage, "image_raw", profile)
        self._infos = self.create_publisher(CameraInfo, "camera_info", profile)
        self._poses = self.create_publisher(PoseWithCovarianceStamped, "pose", profile)
        self._above = self.create_publisher(ImageMessage, "top_down", qos.pictures())
        self.create_subscription(Reminder, "reminder", self._on_reminder, qos.results())
        self.create_subscription(PatrolState, "state", self._on_state, qos.latched())
        self._waiting_since = self._last = time.monotonic()
        self._begun = False
        self._timer = steady_timer(self, 1.0 / self._settings.rate, self._tick)

    @property
    def _duration(self) -> float:
        return self._settings.seconds or self._story.duration

    def _tick(self) -> None:
        now = time.monotonic()
        if not self._begun:
            self._begun, self._last = self._audience(now), now
            return
        step, self._last = min(now - self._last, LONGEST_STEP), now
        self._navigation.update(self._stage.advance(step))
        self._publish()
        if self._stage.now >= self._duration and not self.done.done():
            self._timer.cancel()
            self.done.set_result(None)

    def _audience(self, now: float) -> bool:
        """Whether a detector and a patrol are there, so that nothing happens unseen."""
        missing = []
        if not self._images.get_subscription_count():
            missing.append("nobody listens to image_raw")
        if self._state is None:
            missing.append("nothing comes on the topic state")
        if missing and now - self._waiting_since > self._settings.patience:
            raise StartError(
                f"after {self._settings.patience:g} s {' and '.join(missing)}; start the "
                "detector and the patrol, and remap their topics"
            )
        return not missing

    def _publish(self) -> None:
        view, robot = self._stage.view(), self._stage.robot.pose
        stamp = self.get_clock().now().to_msg()
        # The pose first: the image is placed by it.
        pose = PoseWithCovarianceStamped(
            header=Header(frame_id=self._story.plan.frame, stamp=stamp)
        )
        pose.pose.pose = pose_message(robot)
        self._poses.publish(pose)
        header = Header(frame_id=self._settings.frame_id, stamp=stamp)
        self._images.publish(image_message(self._renderer.render(view), header))
        degrees = math.degrees(FIELD_OF_VIEW)
        self._infos.publish(camera_info(header, WIDTH, HEIGHT, degrees))
        state = State.PATROL if self._state is None else self._state
        self._path.append((robot.point, state))
        if self._above.get_subscription_count():
            bubbles = [b for since, b in self._bubbles if self._stage.now - since < SAID_FOR]
            above = draw(
                self._story.world,
                view,
                self._story.plan,
                state,
                self._reason,
                list(self._path),
                bubbles,
                [walker.name for walker in self._stage.walkers],
            )
            self._above.publish(image_message(above, header))

    def _on_reminder(self, message: Reminder) -> None:
        self._heard += 1
        speak = speak_of(message, self._heard)
        self._stage.say(speak)
        thanks = speak.kind == ReminderKind.THANK
        words = "thank you" if thanks else WORDS[WearStatus(speak.status)]
        color = STATE_COLORS[State.THANK if thanks else State.REMIND]
        bubble = Bubble(self._stage.robot.pose.point, words, color)
        self._bubbles.append((self._stage.now, bubble))

    def _on_state(self, message: PatrolState) -> None:
        self._state, self._reason = State(message.state), message.reason


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(PatrolWorldNode, args)


if __name__ == "__main__":
    sys.exit(main())
