# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a camera and its robot are in the map at a moment, and why not where that is unknown.

tf2 knows it on most robots. Without tf2, the camera's mount comes from parameters and the
robot's pose from a topic. Whatever is missing is logged once in plain words and stands in
``problem`` for as long as it is missing.
"""

from __future__ import annotations

import importlib
import math
from typing import Any, Protocol

import numpy as np
from builtin_interfaces.msg import Time as TimeMessage
from rclpy.node import Node
from rclpy.time import Time

from mask_detector_ros.frames import MAX_EXTRAPOLATION_S, POSE_HISTORY_S, Transform
from mask_detector_ros.nodes.common.warn_once import WarnOnce
from mask_detector_ros.nodes.patrol.frame_settings import MOUNT, TF, FrameSettings
from mask_detector_ros.nodes.patrol.robot_pose import PoseTopic
from mask_detector_ros.patrol.interface import Pose


class TransformError(LookupError):
    """A transform is not known; the message says in plain words why."""


class Source(Protocol):
    """Something that knows frames."""

    settings: FrameSettings

    def camera(self, target: str, frame_id: str, stamp: Time | None) -> Transform:
        """The camera's optical frame to ``target`` at ``stamp``; None for the newest.

        Raises:
            TransformError: it is not known.
        """

    def robot(self) -> Pose:
        """Where the robot is by now.

        Raises:
            TransformError: it is not known.
        """


def tf2_ros() -> Any:
    """The module ``tf2_ros``, or None where it is not installed."""
    try:
        return importlib.import_module("tf2_ros")
    except ImportError:
        return None


class Frames:
    """Answers with a transform or with None and a ``problem``; never waits.

    For the thread of the node's executor. ``settings`` may be replaced at any time.
    """

    def __init__(self, node: Node, settings: FrameSettings) -> None:
        """Listen to tf, or to the robot's pose.

        Args:
            node: the node.
            settings: ``source`` and the topic are read now, the others with every question.

        Raises:
            ValueError: tf is asked for, but tf2 is not installed.
        """
        self._node = node
        self._warn_once = WarnOnce(node)
        self._problems: dict[str, str] = {}
        self._settings = settings
        library = None if settings.source == MOUNT else tf2_ros()
        if library is None and settings.source == TF:
            raise ValueError("frames.source is tf, but tf2_ros is not installed; use mount")
        self._source: Source
        if library is not None:
            self._source = TfTree(node, settings, library)
            self.description = f"tf2 ({settings.map}, {settings.base})"
        else:
            mounted = MountedCamera(node, settings)
            self._source = mounted
            self.description = f"frames.mount and the poses on {mounted.poses.topic}"
        node.get_logger().info(f"places in {settings.map} come from {self.description}")

    @property
    def settings(self) -> FrameSettings:
        """The present ones."""
        return self._settings

    @settings.setter
    def settings(self, settings: FrameSettings) -> None:
        self._settings = settings
        self._source.settings = settings

    @property
    def problem(self) -> str:
        """Why the latest answers were None, in plain words; empty when they were not."""
        return "; ".join(dict.fromkeys(self._problems.values()))

    def robot_pose(self) -> Pose | None:
        """Where the robot is by now, in the map; None when that is not known."""
        try:
            pose = self._source.robot()
        except TransformError as error:
            self._missing("robot", str(error))
            return None
        self._problems.pop("robot", None)
        return pose

    def optical_to_map(self, frame_id: str, stamp: TimeMessage) -> Transform | None:
        """From a camera's optical frame to the map.

        Args:
            frame_id: of the image's header.
            stamp: of the image's header.

        Returns:
            None when it is not known at that moment; ``problem`` says why.
        """
        return self._camera(self._settings.map, frame_id, stamp)

    def optical_to_base(self, frame_id: str, stamp: TimeMessage) -> Transform | None:
        """Likewise to the robot's own frame, which works without any localization."""
        return self._camera(self._settings.base, frame_id, stamp)

    def _camera(self, target: str, frame_id: str, stamp: TimeMessage) -> Transform | None:
        moment: Time | None = Time.from_msg(stamp)
        if moment is not None and moment.nanoseconds == 0:
            self._warn_once("images carry no stamp; people are placed by the newest transforms")
            moment = None
        try:
            transform = self._source.camera(target, frame_id, moment)
        except TransformError as error:
            self._missing(target, str(error))
            return None
        self._problems.pop(target, None)
        return transform

    def _missing(self, what: str, problem: str) -> None:
        self._problems[what] = problem
        self._warn_once(problem)


class MountedCamera:
    """A camera whose place on the robot is told by parameters, on a robot with a pose topic."""

    def __init__(self, node: Node, settings: FrameSettings) -> None:
        self.settings = settings
        self.poses = PoseTopic(node, settings)
        self._clock = node.get_clock()

    def camera(self, target: str, frame_id: str, stamp: Time | None) -> Transform:
        """See ``Source``; the mount holds for every camera, whatever its frame is called."""
        mount = self.settings.mount.transform()
        if target == self.settings.base:
            return mount
        pose = self.robot() if stamp is None else self._pose(stamp.nanoseconds * 1e-9)
        return Transform.of_pose(x=pose.x, y=pose.y, yaw=pose.yaw) @ mount

    def robot(self) -> Pose:
        """See ``Source``."""
        # In simulated time the last pose may be a tick ahead of this node's clock.
        return self._pose(max(self._clock.now().nanoseconds * 1e-9, self.poses.newest))

    def _pose(self, stamp: float) -> Pose:
        pose = self.poses.at(stamp, self.settings.hold)
        if pose is None:
            raise TransformError(self.poses.problem)
        return pose


class TfTree:
    """tf2, asked at the image's stamp."""

    def __init__(self, node: Node, settings: FrameSettings, library: Any) -> None:
        self.settings = settings
        self._exception = library.TransformException
        self._extrapolation = library.ExtrapolationException
        self._clock = node.get_clock()
        self._newest = 0
        self._buffer = library.Buffer()
        self._listener = library.TransformListener(self._buffer, node)

    def camera(self, target: str, frame_id: str, stamp: Time | None) -> Transform:
        """See ``Source``."""
        if not frame_id:
            raise TransformError("images carry no frame_id, so tf cannot tell where they are from")
        return self._look_up(target, frame_id, stamp)

    def robot(self) -> Pose:
        """See ``Source``."""
        self._forget_a_jumped_future(self._clock.now())
        transform = self._look_up(self.settings.map, self.settings.base, None)
        x, y, _ = (float(v) for v in transform.translation)
        return Pose(x, y, transform.yaw)

    def _look_up(self, target: str, source: str, stamp: Time | None) -> Transform:
        try:
            if stamp is None:
                # Localizations date their transforms ahead, so any that is newer is fine.
                return self._recent(target, source, self._clock.now(), self.settings.hold, math.inf)
            self._forget_a_jumped_future(stamp)
            try:
                return _transform(self._buffer.lookup_transform(target, source, stamp))
            except self._extrapolation:
                # Mostly an image that outran the transforms by a few milliseconds.
                return self._recent(target, source, stamp, MAX_EXTRAPOLATION_S, MAX_EXTRAPOLATION_S)
        except self._exception as error:
            raise TransformError(f"no transform from {source} to {target}: {error}") from error

    def _recent(
        self, target: str, source: str, stamp: Time, older: float, newer: float
    ) -> Transform:
        """The newest there is, if it is at most so many seconds older or newer than needed."""
        message = self._buffer.lookup_transform(target, source, Time())
        own = Time.from_msg(message.header.stamp, clock_type=stamp.clock_type)
        late = (stamp - own).nanoseconds * 1e-9
        # Fixed transforms carry no time of their own.
        if own.nanoseconds and not -newer <= late <= older:
            raise TransformError(
                f"the newest transform from {source} to {target} is {abs(late):.1f} s "
                f"{'older' if late > 0 else 'newer'} than needed"
            )
        return _transform(message)

    def _forget_a_jumped_future(self, stamp: Time) -> None:
        """After a jump back of simulated time tf2 would turn down all that is new to it."""
        if stamp.nanoseconds < self._newest - POSE_HISTORY_S * 1e9:
            self._buffer.clear()
            self._newest = 0
        self._newest = max(self._newest, stamp.nanoseconds)


def _transform(message: Any) -> Transform:
    """Of a geometry_msgs/TransformStamped."""
    t, q = message.transform.translation, message.transform.rotation
    return Transform.of_quaternion(np.array([t.x, t.y, t.z]), np.array([q.x, q.y, q.z, q.w]))
