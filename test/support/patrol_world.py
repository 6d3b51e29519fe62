# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated robot, camera and people for tests of the patrol node, over DDS."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from std_srvs.srv import Trigger

from mask_detector_ros.frames import Mount, Transform
from mask_detector_ros.msg import MaskDetection, MaskDetectionArray, PatrolState, Reminder
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.nodes.conversions.poses import pose_from_message
from mask_detector_ros.patrol.interface import Point, Pose, State
from support.ros_harness import Client, NodeProcess, wait_until

FACE_HEIGHT_M = 1.6
FRAME_RATE_HZ = 10.0
QUICK = {
    "selection.violation_seconds": 0.3,
    "people.max_observation_age": 8.0,
    "reminders.speaking_seconds": 0.5,
    "reminders.compliance_seconds": 0.2,
    "reminders.compliance_timeout": 30.0,
    "health.camera_timeout": 30.0,
    "health.pose_timeout": 30.0,
    "health.navigation_retry": 0.5,
    "goals.accept_timeout": 20.0,
    "frames.source": "mount",
    "frames.mount.z": 1.2,
}
"""Parameters with which a patrol takes seconds instead of minutes, also on a busy machine: only
tests of missing images and poses have short timeouts of these."""
PLAN = """
waypoints:
  - {name: first, x: 3.0, y: 0.0, yaw: 0.0, wait: 0.1}
  - {name: second, x: 6.0, y: 0.0, yaw: 0.0, wait: 0.1}
"""


class Robot(NodeProcess):
    """``support.nav2_server`` in a separate process."""

    def __init__(self, namespace: str, **parameters: Any) -> None:
        given = [f"-p {name}:={str(value).lower()}" for name, value in parameters.items()]
        super().__init__("", *" ".join(given).split(), ready="ready", namespace=namespace)
        self._command[1:3] = [str(Path(__file__).with_name("nav2_server.py"))]

    def __enter__(self) -> Robot:
        super().__enter__()
        return self

    def goals(self) -> list[Pose]:
        """All goals received so far."""
        words = [line.split() for line in self.log.splitlines() if line.startswith("goal ")]
        return [Pose(*map(float, line[1:])) for line in words]

    def set_mode(self, client: Client, mode: str) -> None:
        """Set how the server handles goals; see ``support.nav2_server``."""
        parameter: Any = Parameter("mode", value=mode).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        assert client.call(SetParameters, "robot/set_parameters", request).results[0].successful

    def kill(self) -> None:
        """End the process without a shutdown."""
        self.interrupt(signal.SIGKILL)


def patrol(
    folder: Path,
    namespace: str,
    plan: str = PLAN,
    launcher: Sequence[str] = (),
    **parameters: Any,
) -> NodeProcess:
    """The patrol node with the parameters ``QUICK`` and this plan.

    Args:
        folder: for the plan file.
        namespace: of the node.
        plan: YAML text.
        launcher: see ``NodeProcess``.
        parameters: further parameters, with double underscores for dots.
    """
    path = folder / "plan.yaml"
    path.write_text(plan, encoding="utf-8")
    values = {**QUICK, "plan": str(path)}
    values.update({name.replace("__", "."): value for name, value in parameters.items()})
    arguments = []
    for name, value in values.items():
        arguments += ["-p", f"{name}:={str(value).lower() if value is True else value}"]
    return NodeProcess("patrol.patrol_node", *arguments, namespace=namespace, launcher=launcher)


@dataclass
class MapPerson:
    """A person in the map, detected wherever the camera looks."""

    person_id: str
    position: Point
    status: int = MaskDetection.STATUS_NO_MASK


class World(Client):
    """Publishes detections of people; records states and reminders of the patrol."""

    def __init__(self, namespace: str) -> None:
        super().__init__(namespace)
        self.people: list[MapPerson] = []
        self.publishing = True
        self.robot: Pose | None = None
        self._lock = threading.Lock()
        self._pose: PoseWithCovarianceStamped | None = None
        self._detections = self._new_publisher()
        self.states: list[PatrolState] = []
        self.reminders: list[Reminder] = []
        node = self.node
        node.create_subscription(PoseWithCovarianceStamped, self.topic("pose"), self._on_pose, 1)
        node.create_subscription(
            PatrolState, self.topic("patrol/state"), self.states.append, qos.latched()
        )
        node.create_subscription(
            Reminder, self.topic("patrol/reminder"), self.reminders.append, qos.results()
        )
        steady_timer(node, 1 / FRAME_RATE_HZ, self._publish_detections)

    def _new_publisher(self) -> Publisher:
        topic = self.topic("detections")
        return self.node.create_publisher(MaskDetectionArray, topic, qos.results())

    def restart_detector(self) -> None:
        """Replace the publisher of detections, as a restarted detector does."""
        with self._lock:
            self.node.destroy_publisher(self._detections)
            self._detections = self._new_publisher()

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        self._pose, self.robot = message, pose_from_message(message.pose.pose)

    def _publish_detections(self) -> None:
        if not self.publishing:
            return
        message = MaskDetectionArray(image_width=640, image_height=480)
        message.header.frame_id = "camera_color_optical_frame"
        message.header.stamp = self.node.get_clock().now().to_msg()
        if self._pose is not None:
            message.header.stamp = self._pose.header.stamp
            robot = pose_from_message(self._pose.pose.pose)
            base = Transform.of_pose(x=robot.x, y=robot.y, yaw=robot.yaw)
            optical = (base @ Mount(z=1.2).transform()).inverse()
            message.detections = [detection(person, optical) for person in self.people]
        with self._lock:
            self._detections.publish(message)

    def state(self) -> str:
        """Name of the latest state; empty before the first."""
        return State(self.states[-1].state).name if self.states else ""

    def wait_for_state(self, name: str, process: NodeProcess) -> None:
        """Wait until the patrol is in a state."""
        wait_until(lambda: self.state() == name, f"the state {name}", process)

    def wait_for_fault(self, words: str, process: NodeProcess) -> None:
        """Wait until the patrol is in FAULT for this reason; at the start it may have others."""
        wait_until(
            lambda: self.state() == "FAULT" and words in self.states[-1].reason,
            f"a fault with {words!r} in its reason",
            process,
        )

    def history(self) -> list[str]:
        """Names of all states in order, without repetitions."""
        names = [State(message.state).name for message in self.states]
        return [a for a, b in zip(names, ["", *names], strict=False) if a != b]

    def ask(self, service: str) -> Any:
        """Call one of the patrol's services."""
        return self.call(Trigger, f"patrol/{service}", Trigger.Request())

    def wait_for_subscriber(self, process: NodeProcess) -> None:
        """Wait until the patrol node has subscribed to the detections."""
        count = self._detections.get_subscription_count
        wait_until(count, "the patrol to subscribe to detections", process)


def detection(person: MapPerson, optical: Transform) -> MaskDetection:
    """A confident detection of a person at the exact position."""
    point = np.array([person.position.x, person.position.y, FACE_HEIGHT_M])
    message = MaskDetection(
        person_id=person.person_id,
        status=person.status,
        confidence=0.95,
        frame_status=person.status,
        face_score=0.9,
        range_source=MaskDetection.RANGE_DEPTH,
        position_covariance=(0.01 * np.eye(3)).reshape(-1),
    )
    x, y, z = (float(v) for v in optical.apply(point)[0])
    message.position.x, message.position.y, message.position.z = x, y, z
    return message


def faces(robot: Pose, point: Point) -> bool:
    """Whether the robot faces a point, within ten degrees."""
    bearing = math.atan2(point.y - robot.y, point.x - robot.x)
    return abs(math.remainder(bearing - robot.yaw, math.tau)) < math.radians(10)
