# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Topics of a camera, by the rules of image_transport.

A transport publishes on the image topic with its name appended, and CameraInfo is on the topic
``camera_info`` beside the image topic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # the settings are read where no ROS 2 is installed
    from rclpy.node import Node

RAW, COMPRESSED = TRANSPORTS = ("raw", "compressed")
OTHER_TRANSPORTS = ("avif", "compressedDepth", "ffmpeg", "theora", "zstd")
"""Transports that need a plugin of image_transport, which has no Python interface."""

IMAGE, CAMERA_INFO = "image_raw", "camera_info"
"""Names of the topics before remapping."""


class TopicError(ValueError):
    """A topic cannot be used; the message names it and says what to do."""


class CameraTopics(NamedTuple):
    """Full names of the topics of a camera, and the transport of the images."""

    image: str
    camera_info: str
    transport: str


def camera_info_topic(image: str) -> str:
    """The CameraInfo topic of an image topic.

    Args:
        image: with or without ``/compressed``; may be relative.

    Returns:
        ``camera_info`` beside the image topic: ``/front/camera_info`` for ``/front/image_raw``,
        ``/front/image_raw/compressed`` and ``/front/compressed``.
    """
    base = image.removesuffix(f"/{COMPRESSED}")
    if base.count("/") == 1 and base.startswith("/"):
        base = image  # /front/compressed: the camera's namespace is /front
    return f"{base.rpartition('/')[0]}/{CAMERA_INFO}" if "/" in base else CAMERA_INFO


def is_remapped(node: Node, name: str) -> bool:
    """Whether a remapping of the node applies to a topic name."""
    expanded = node.resolve_topic_name(name, only_expand=True)
    return str(node.resolve_topic_name(name)) != str(expanded)


def camera_topics(node: Node, transport: str = RAW) -> CameraTopics:
    """The topics of the node's camera after remapping.

    The image topic is ``image_raw`` as remapped, with the transport appended; a remapping of
    ``image_raw/compressed`` or of ``camera_info`` itself wins.

    Args:
        node: has the remappings.
        transport: ``raw`` or ``compressed``.

    Raises:
        TopicError: the image topic is that of another transport, or that of CameraInfo.
    """
    image = node.resolve_topic_name(IMAGE)
    if transport == COMPRESSED:
        image = f"{image.removesuffix(f'/{COMPRESSED}')}/{COMPRESSED}"
        if is_remapped(node, f"{IMAGE}/{COMPRESSED}"):
            image = node.resolve_topic_name(f"{IMAGE}/{COMPRESSED}")
    _refuse_other_transport(image, transport)
    camera_info = camera_info_beside(node, image)
    if camera_info == image:
        raise TopicError(f"camera_info is remapped to the image topic, {image}; expected another")
    return CameraTopics(image, camera_info, transport)


def camera_info_beside(node: Node, image: str) -> str:
    """The node's CameraInfo topic: beside its image topic, unless remapped itself.

    Args:
        node: has the remappings.
        image: full name of the image topic, remapped.
    """
    if is_remapped(node, CAMERA_INFO):
        return str(node.resolve_topic_name(CAMERA_INFO))
    return camera_info_topic(image)


def _refuse_other_transport(image: str, transport: str) -> None:
    given = image.removesuffix(f"/{COMPRESSED}") if transport == COMPRESSED else image
    other = given.rpartition("/")[2]
    if other in OTHER_TRANSPORTS:
        raise TopicError(
            f"{given} is a topic of the image transport {other}, which cannot be used here; "
            f"expected raw or compressed: ros2 run image_transport republish {other} raw "
            f"--ros-args -r in/{other}:={given} -r out:=<topic>, and remap image_raw to <topic>"
        )
    if transport == RAW and image.endswith(f"/{COMPRESSED}"):
        raise TopicError(
            f"{image} is a topic of compressed images, but image_transport is raw; set the "
            f"parameter image_transport to compressed"
        )
