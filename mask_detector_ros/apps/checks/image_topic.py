# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of an image topic, from the report of the probe; needs no ROS itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from mask_detector_ros.apps.checks.finding import Finding, error, ok, warning

IMAGE, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
LOW_RATE_HZ = 5.0
"""Below this rate people are hard to track."""

HIGH_LOSS = 0.2
"""Fraction of lost images, estimated from gaps between stamps."""

MAX_AGE_S = 0.5
"""Older images show where people have been."""

OUR_NODE = "mask_detector"


def check_images(report: dict[str, Any]) -> Iterator[Finding]:
    """Findings from a report of ``nodes/tools/topic_probe.py``."""
    topic, publishers = report["topic"], report["publishers"]
    if not publishers:
        yield _no_publisher(topic, report["image_topics"])
        return
    names = ", ".join(f"{p['node']} ({p['qos']})" for p in publishers)
    types = sorted({publisher["type"] for publisher in publishers})
    if types != [IMAGE] and types != [COMPRESSED]:
        yield error(
            "topic",
            f"{topic} carries {', '.join(types)}, published by {names}; an image is {IMAGE} or "
            f"{COMPRESSED}",
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
    yield from _images(images, report["encodings"])
    yield from _camera_info(report["camera_info"], images)


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
            f"{pair['subscriber']} receives nothing from {pair['publisher']}: the publisher offers "
            f"{pair['offered']}, the subscriber requests {pair['requested']}"
        )
        advice = f"make them compatible by a QoS override of {pair['subscriber']} or the publisher"
        # An incompatible subscriber of another program does not affect the detector.
        ours = OUR_NODE in pair["subscriber"].rpartition("/")[2]
        yield error("QoS", text, advice) if ours else warning("QoS", text, advice)


def _images(images: dict[str, Any], encodings: list[str]) -> Iterator[Finding]:
    size = f"{images['width']}x{images['height']}"
    kind = f"{images['encoding']!r}"
    if images["problem"]:
        advice = (
            f"publish one of: {', '.join(encodings)}"
            if images["encoding"] not in encodings and not images["compressed"]
            else "fix the camera driver, or the program that republishes its images"
        )
        yield error("images", f"images ({size}, {kind}) arrive, but cannot be used: "
                  f"{images['problem'].partition('; supported are')[0]}", advice)  # fmt: skip
        return
    if images["rate"] is None:
        yield warning(
            "images", f"a single image of {size} {kind} arrived in {images['window']:.1f} s"
        )
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
    yield from _age(images)


def _age(images: dict[str, Any]) -> Iterator[Finding]:
    age = images["age"]
    if images["zero_stamp"]:
        yield error("stamps", "the images' stamps are zero, so people cannot be tracked",
                  "have the camera driver stamp its images")  # fmt: skip
    elif age is None:
        yield warning("stamps", "/clock is published: stamps are in simulated time",
                   "start nodes with use_sim_time:=true")  # fmt: skip
    elif age > MAX_AGE_S:
        yield warning(
            "stamps",
            f"images are {age:.2f} s old when they arrive",
            "either the clocks of the two machines differ (use chrony), or images wait in a queue",
        )
    elif age < -0.1:
        yield warning("stamps", f"stamps are {-age:.2f} s in the future",
                   "the clocks of the two machines differ: use chrony")  # fmt: skip
    else:
        yield ok("stamps", f"images are {1000 * age:.0f} ms old when they arrive")
    if not images["frame_id"]:
        yield warning("stamps", "the images' frame_id is empty: positions cannot be transformed",
                   "set frame_id in the camera driver")  # fmt: skip


def _camera_info(info: dict[str, Any], images: dict[str, Any]) -> Iterator[Finding]:
    without = "faces are detected, but without positions"
    if not info["publishers"]:
        yield warning("camera info", f"{info['topic']} has no publisher: {without}",
                   "calibrate the camera, or remap camera_info to its topic")  # fmt: skip
    elif not info["received"]:
        yield warning("camera info", f"{info['topic']} has a publisher, but nothing arrives: "
                   f"{without}", "check the camera driver")  # fmt: skip
    elif not info["calibrated"]:
        yield warning("camera info", f"{info['topic']} is not calibrated (K is zero): {without}",
                   "calibrate the camera, for example with camera_calibration")  # fmt: skip
    elif images["problem"]:
        yield ok("camera info", f"{info['topic']} has a calibration")
    elif not info["fits"]:
        yield warning(
            "camera info",
            f"{info['topic']} is for {info['width']}x{info['height']}, which does not fit images "
            f"of {images['width']}x{images['height']}: {without}",
            "publish the CameraInfo for this resolution",
        )
    else:
        yield ok("camera info", f"{info['topic']} has a calibration that fits")
