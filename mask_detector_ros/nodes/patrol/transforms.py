# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Transforms of camera and robot in the map at the stamp of an image.

They come from tf2, or without tf2 from the camera mount in the parameters and the robot pose on a
topic. A missing transform is logged once, and ``problem`` gives the reason while it is missing.
"""

from __future__ import annotations

import importlib
import math
from typing import Any, Protocol

import numpy as np
from builtin_interfaces.msg import Time as TimeMessage
from rclpy.node import Node
from rclpy.time import Time

from mask_detector_ros.frames import MAX_EXTRAPOLATION_S, POSE_HISTORY_S, Transform, frame_name
from mask_detector_ros.nodes.common.warn_once import WarnOnce
from mask_detector_ros.nodes.patrol.frame_settings import MOUNT, TF, FrameSettings
from mask_detector_ros.nodes.patrol.robot_pose import PoseTopic
from mask_detector_ros.patrol.interface import Pose


class TransformError(LookupError):
    """A transform is unknown; the message gives the reason."""


class TransformSource(Protocol):
    """A source of transforms."""

    settings: FrameSettings

    def camera(self, target: str, frame_id: str, stamp: Time | None) -> Transform:
        """Transform from a camera's optical frame to another frame.

        Args:
            target: the other frame: map or base.
            frame_id: the optical frame.
            stamp: time of the transform; None for the newest.

        Raises:
            TransformError: the transform is unknown.
        """

    def robot(self) -> Pose:
        """Present pose of the robot in the map.

        Raises:
            TransformError: the pose is unknown.
        """


def tf2_ros() -> Any:
    """The module ``tf2_ros``; None where it is not installed."""
    try:
        return importlib.import_module("tf2_ros")
    except ImportError:
        return None


class Frames:
    """Looks up transforms; never blocks.

    To be used in the thread of the node's executor.

    Attributes:
        description: the source of the transforms, for logs and diagnostics.
    """

    def __init__(self, node: Node, settings: FrameSettings) -> None:
        """Subscribe to tf, or to the robot pose.

        Args:
            node: the node.
            settings: ``source`` and ``pose_topic`` are read here, the others at every lookup.

        Raises:
            ValueError: tf is configured, but tf2 is not installed.
        """
        self._node = node
        self._warn_once = WarnOnce(node)
        self._problems: dict[str, str] = {}
        self._settings = settings
        library = None if settings.source == MOUNT else tf2_ros()
        if library is None and settings.source == TF:
            raise ValueError("frames.source is tf, but tf2_ros is not installed; use mount")
        self._source: TransformSource
        if library is not None:
            self._source = TfTree(node, settings, library)
            self.description = f"tf2 ({settings.map}, {settings.base})"
        else:
            mounted = MountedCamera(node, settings)
            self._source = mounted
            self.description = f"frames.mount and the poses on {mounted.poses.topic}"
        node.get_logger().info(f"positions in {settings.map} come from {self.description}")

    @property
    def settings(self) -> FrameSettings:
        """The settings; may be replaced at any time."""
        return self._settings

    @settings.setter
    def settings(self, settings: FrameSettings) -> None:
        self._settings = settings
        self._source.settings = settings

    @property
    def problem(self) -> str:
        """Why the latest lookups failed; empty if they succeeded."""
        return "; ".join(dict.fromkeys(self._problems.values()))

    def robot_pose(self) -> Pose | None:
        """Present pose of the robot in the map; None when unknown."""
        try:
            pose = self._source.robot()
        except TransformError as error:
            self._missing("robot", str(error))
            return None
        self._problems.pop("robot", None)
        return pose

    def optical_to_map(self, frame_id: str, stamp: TimeMessage) -> Transform | None:
        """Transform from a camera's optical frame to the map.

        Args:
            frame_id: frame of the image's header.
            stamp: stamp of the image's header.

        Returns:
            None when unknown at that time; ``problem`` gives the reason.
        """
        return self._camera(self._settings.map, frame_name(frame_id), stamp)

    def optical_to_base(self, frame_id: str, stamp: TimeMessage) -> Transform | None:
        """Transform from a camera's optical frame to the robot; needs no localization."""
        return self._camera(self._settings.base, frame_name(frame_id), stamp)

    def _camera(self, target: str, frame_id: str, stamp: TimeMessage) -> Transform | None:
        time: Time | None = Time.from_msg(stamp)
        if time is not None and time.nanoseconds == 0:
            self._warn_once("images have no stamp; positions use the newest transforms")
            time = None
        try:
            transform = self._source.camera(target, frame_id, time)
        except TransformError as error:
            self._missing(target, str(error))
            return None
        self._problems.pop(target, None)
        return transform

    def _missing(self, what: str, problem: str) -> None:
        self._problems[what] = problem
        self._warn_once(problem)


class MountedCamera:
    """A camera mount from the parameters ``frames.mount`` on a robot with a pose topic."""

    def __init__(self, node: Node, settings: FrameSettings) -> None:
        self.settings = settings
        self.poses = PoseTopic(node, settings)
        self._clock = node.get_clock()

    def camera(self, target: str, frame_id: str, stamp: Time | None) -> Transform:
        """See ``TransformSource``; all cameras share one mount, whatever their frame."""
        mount = self.settings.mount.transform()
        if target == self.settings.base:
            return mount
        pose = self.robot() if stamp is None else self._pose(stamp.nanoseconds * 1e-9)
        return Transform.of_pose(x=pose.x, y=pose.y, yaw=pose.yaw) @ mount

    def robot(self) -> Pose:
        """See ``TransformSource``."""
        # In simulated time the last pose may be ahead of this node's clock.
        return self._pose(max(self._clock.now().nanoseconds * 1e-9, self.poses.newest))

    def _pose(self, stamp: float) -> Pose:
        pose = self.poses.at(stamp, self.settings.hold)
        if pose is None:
            raise TransformError(self.poses.problem)
        return pose


class TfTree:
    """Lookups in tf2 at the stamp of the image."""

    def __init__(self, node: Node, settings: FrameSettings, library: Any) -> None:
        self.settings = settings
        self._exception = library.TransformException
        self._extrapolation = library.ExtrapolationException
        self._clock = node.get_clock()
        self._newest = 0
        self._buffer = library.Buffer()
        self._listener = library.TransformListener(self._buffer, node)

    def camera(self, target: str, frame_id: str, stamp: Time | None) -> Transform:
        """See ``TransformSource``."""
        if not frame_id:
            raise TransformError("images have no frame_id, so their transform cannot be looked up")
        return self._look_up(target, frame_id, stamp)

    def robot(self) -> Pose:
        """See ``TransformSource``."""
        self._clear_after_jump_back(self._clock.now())
        transform = self._look_up(self.settings.map, self.settings.base, None)
        x, y, _ = (float(v) for v in transform.translation)
        return Pose(x, y, transform.yaw)

    def _look_up(self, target: str, source: str, stamp: Time | None) -> Transform:
        try:
            if stamp is None:
                # Localizations stamp their transforms ahead, so a newer one is accepted.
                return self._recent(target, source, self._clock.now(), self.settings.hold, math.inf)
            self._clear_after_jump_back(stamp)
            try:
                return _transform(self._buffer.lookup_transform(target, source, stamp))
            except self._extrapolation:
                # Usually the image is a few milliseconds ahead of the transforms.
                return self._recent(target, source, stamp, MAX_EXTRAPOLATION_S, MAX_EXTRAPOLATION_S)
        except self._exception as error:
            raise TransformError(f"no transform from {source} to {target}: {error}") from error

    def _recent(
        self, target: str, source: str, stamp: Time, older: float, newer: float
    ) -> Transform:
        """The newest transform, if not more seconds older or newer than ``stamp`` than allowed."""
        message = self._buffer.lookup_transform(target, source, Time())
        own = Time.from_msg(message.header.stamp, clock_type=stamp.clock_type)
        late = (stamp - own).nanoseconds * 1e-9
        # Static transforms have a stamp of zero.
        if own.nanoseconds and not -newer <= late <= older:
            raise TransformError(
                f"the newest transform from {source} to {target} is {abs(late):.1f} s "
                f"{'older' if late > 0 else 'newer'} than needed"
            )
        return _transform(message)

    def _clear_after_jump_back(self, stamp: Time) -> None:
        """Clear the buffer after a jump back of simulated time: tf2 would reject new transforms."""
        if stamp.nanoseconds < self._newest - POSE_HISTORY_S * 1e9:
            self._buffer.clear()
            self._newest = 0
        self._newest = max(self._newest, stamp.nanoseconds)


def _transform(message: Any) -> Transform:
    """Transform of a geometry_msgs/TransformStamped."""
    t, q = message.transform.translation, message.transform.rotation
    return Transform.of_quaternion(np.array([t.x, t.y, t.z]), np.array([q.x, q.y, q.z, q.w]))
