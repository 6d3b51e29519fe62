# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of an image topic, from the report of the probe; needs no ROS itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from mask_detector_ros.apps.checks.camera_info import check_camera_info
from mask_detector_ros.apps.checks.finding import Finding, error, ok, warning
from mask_detector_ros.apps.checks.stamps import check_stamps
from mask_detector_ros.images.messages import COMPRESSED_TYPE, IMAGE_TYPE

LOW_RATE_HZ = 5.0
"""Below this rate people are hard to track."""

HIGH_LOSS = 0.2
"""Fraction of lost images, estimated from gaps between stamps."""

OUR_NODE = "mask_detector"


def check_images(report: dict[str, Any]) -> Iterator[Finding]:
    """Findings from a report of ``nodes/tools/topic_probe.py``."""
    topic, publishers = report["topic"], report["publishers"]
    if not publishers:
        yield _no_publisher(topic, report["image_topics"])
        return
    names = ", ".join(f"{p['node']} ({p['qos']})" for p in publishers)
    types = sorted({publisher["type"] for publisher in publishers})
    if types != [IMAGE_TYPE] and types != [COMPRESSED_TYPE]:
        yield error(
            "topic",
            f"{topic} carries {', '.join(types)}, published by {names}; an image is "
            f"{IMAGE_TYPE} or {COMPRESSED_TYPE}",
            _suggest(topic, report["image_topics"]),
        )
        return
    if len(publishers) > 1:
        yield warning("topic", f"{topic} has several publishers, whose images are mixed: {names}",
                   "give each camera its own topic")  # fmt: skip
    else:
        yield ok("topic", f"{topic} is published by {names}")
    yield from _incompatible(report["incompatible"])
    images = report["images"]
    if images["count"] == 0:
        yield error(
            "images",
            f"no image arrived on {topic} within {report['waited']:.1f} s, although it has a "
            "publisher",
            "check that the camera is running and not paused; a publisher on another machine "
            "needs multicast between the two; large images need the Fast DDS profile (above)",
        )
        return
    yield from _images(images, report["waited"], report["encodings"])
    yield from _content(images)
    yield from check_stamps(report["stamps"], images["frame_id"])
    yield from check_camera_info(report["camera_info"])
    for detector in report["detectors"]:
        yield warning(
            "detector",
            f"{detector['node']}, which receives these images, reports: {detector['message']}",
            "see docs/troubleshooting.md",
        )


def _no_publisher(topic: str, image_topics: list[str]) -> Finding:
    return error("topic", f"{topic} has no publisher", _suggest(topic, image_topics))


def _suggest(topic: str, image_topics: list[str]) -> str:
    if not image_topics:
        return (
            "there is no image topic at all: start the camera, and check that ROS_DOMAIN_ID and "
            "ROS_AUTOMATIC_DISCOVERY_RANGE are the same for the camera and in this shell"
        )
    close = difflib.get_close_matches(topic, image_topics, n=len(image_topics), cutoff=0.3)
    rest = [name for name in image_topics if name not in close]
    return "available image topics: " + ", ".join([*close, *rest][:10])


def _incompatible(pairs: list[dict[str, str]]) -> Iterator[Finding]:
    for pair in pairs:
        text = (
            f"{pair['subscriber']} receives nothing from {pair['publisher']} on {pair['topic']}: "
            f"the publisher offers {pair['offered']}, the subscriber requests {pair['requested']}"
        )
        advice = f"make them compatible by a QoS override of {pair['subscriber']} or the publisher"
        # An incompatible subscriber of another program does not affect the detector.
        ours = OUR_NODE in pair["subscriber"].rpartition("/")[2]
        yield error("QoS", text, advice) if ours else warning("QoS", text, advice)


def _images(images: dict[str, Any], waited: float, encodings: list[str]) -> Iterator[Finding]:
    size = f"{images['width']}x{images['height']}"
    kind = f"{images['encoding']!r}"
    if images["problem"]:
        problem = images["problem"].partition("; supported are")[0]
        advice = (
            f"publish one of: {', '.join(encodings)}"
            if images["encoding"] not in encodings and not images["compressed"]
            else "fix the camera driver, or the program that republishes its images"
        )
        bad, all_ = images["unusable"], images["looked_at"]
        if bad == all_:
            yield error("images", f"images ({size}, {kind}) arrive, but cannot be used: {problem}",
                        advice)  # fmt: skip
            return
        yield warning("images", f"{bad} of {all_} images ({kind}) cannot be used: {problem}",
                      advice)  # fmt: skip
    if images["rate"] is None:
        yield warning("images", f"a single image of {size} {kind} arrived in {waited:.1f} s")
    elif images["lost"] > HIGH_LOSS:
        yield warning(
            "images",
            f"images of {size} {kind} arrive at {images['rate']:.1f} Hz, but about "
            f"{100 * images['lost']:.0f} % are lost",
            "use the Fast DDS profile (above) for the camera and for the detector",
        )
    elif images["rate"] < LOW_RATE_HZ:
        yield warning(
            "images",
            f"images of {size} {kind} arrive at only {images['rate']:.1f} Hz",
            "compare with the frame rate set in the camera driver",
        )
    else:
        yield ok("images", f"images of {size} {kind} arrive at {images['rate']:.1f} Hz")


def _content(images: dict[str, Any]) -> Iterator[Finding]:
    if images["content"]:
        yield warning("images", images["content"], "look at the images, for example with rqt")
    if images["mounting"]:
        text, _, advice = images["mounting"].partition("; ")
        yield warning("images", text, f"{advice}, unless it is set so already")
    if images["gray"] and not images["content"]:
        yield warning(
            "images",
            "images have no color: about one face in ten more is missed than in color images",
            "set a color encoding in the driver; a camera for infrared or night vision has none",
        )
