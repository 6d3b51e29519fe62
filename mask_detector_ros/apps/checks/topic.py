# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why no image arrives on a topic, or how those look that do. Pure: the probe has asked ROS."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from mask_detector_ros.apps.checks.finding import Finding, bad, good, note

IMAGE, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
LOW_RATE = 5.0
"""Hz, below which people are hard to follow."""

LOSS = 0.2
"""Share of images, as far as gaps between their stamps tell."""

OLD = 0.5
"""Seconds; older images tell where people have been."""

OUR_NODE = "mask_detector"


def explain(report: dict[str, Any]) -> Iterator[Finding]:
    """Findings from what ``nodes/topic_probe.py`` reports."""
    topic, publishers = report["topic"], report["publishers"]
    if not publishers:
        yield _nobody(topic, report["image_topics"])
        return
    names = ", ".join(f"{p['node']} ({p['qos']})" for p in publishers)
    types = sorted({publisher["type"] for publisher in publishers})
    if types != [IMAGE] and types != [COMPRESSED]:
        yield bad(
            "topic",
            f"{topic} carries {', '.join(types)}, published by {names}; an image is {IMAGE} or "
            f"{COMPRESSED}",
            _suggest(topic, report["image_topics"]),
        )
        return
    if len(publishers) > 1:
        yield note("topic", f"{topic} has several publishers, whose images mix: {names}",
                   "give each camera a topic of its own")  # fmt: skip
    else:
        yield good("topic", f"{topic} is published by {names}")
    yield from _incompatible(report["incompatible"])
    images = report["images"]
    if images["count"] == 0:
        yield bad(
            "images",
            f"no image arrived on {topic} within {report['waited']:.1f} s, although it has a "
            "publisher",
            "see whether the camera is running and not paused; a publisher on another machine "
            "needs multicast between the two; large images need the Fast DDS profile (above)",
        )
        return
    yield from _images(images, report["encodings"])
    yield from _camera_info(report["camera_info"], images)


def _nobody(topic: str, image_topics: list[str]) -> Finding:
    return bad("topic", f"nobody publishes {topic}", _suggest(topic, image_topics))


def _suggest(topic: str, image_topics: list[str]) -> str:
    if not image_topics:
        return (
            "there is no image topic at all: start the camera; see that ROS_DOMAIN_ID and "
            "ROS_AUTOMATIC_DISCOVERY_RANGE are the same for the camera and here"
        )
    close = difflib.get_close_matches(topic, image_topics, n=len(image_topics), cutoff=0.3)
    rest = [name for name in image_topics if name not in close]
    return "image topics there are: " + ", ".join([*close, *rest][:10])


def _incompatible(pairs: list[dict[str, str]]) -> Iterator[Finding]:
    for pair in pairs:
        text = (
            f"{pair['subscriber']} gets nothing from {pair['publisher']}: the publisher offers "
            f"{pair['offered']}, the subscriber asks for {pair['requested']}"
        )
        advice = (
            f"give both the same, by a QoS override of {pair['subscriber']} or of the publisher"
        )
        # Another program's trouble does not keep images from the detector.
        ours = OUR_NODE in pair["subscriber"].rpartition("/")[2]
        yield bad("QoS", text, advice) if ours else note("QoS", text, advice)


def _images(images: dict[str, Any], encodings: list[str]) -> Iterator[Finding]:
    size = f"{images['width']}x{images['height']}"
    kind = f"{images['encoding']!r}"
    if images["problem"]:
        advice = (
            f"publish one of: {', '.join(encodings)}"
            if images["encoding"] not in encodings and not images["compressed"]
            else "the camera's driver (or what republishes its images) has to be put right"
        )
        yield bad("images", f"images ({size}, {kind}) arrive, but cannot be used: "
                  f"{images['problem'].partition('; supported are')[0]}", advice)  # fmt: skip
        return
    if images["rate"] is None:
        yield note("images", f"a single image of {size} {kind} arrived in {images['window']:.1f} s")
    elif images["lost"] > LOSS:
        yield note(
            "images",
            f"images of {size} {kind} arrive at {images['rate']:.1f} Hz, but about "
            f"{100 * images['lost']:.0f} % are lost on the way",
            "use the Fast DDS profile (above) for the camera and for the detector",
        )
    elif images["rate"] < LOW_RATE:
        yield note(
            "images",
            f"images of {size} {kind} arrive at only {images['rate']:.1f} Hz",
            "compare with the camera's own setting",
        )
    else:
        yield good("images", f"images of {size} {kind} arrive at {images['rate']:.1f} Hz")
    yield from _age(images)


def _age(images: dict[str, Any]) -> Iterator[Finding]:
    age = images["age"]
    if images["zero_stamp"]:
        yield bad("stamps", "the images' stamps are zero, so nobody can be followed",
                  "have the camera's driver stamp its images")  # fmt: skip
    elif age is None:
        yield note("stamps", "a /clock is published: stamps are of simulated time",
                   "start nodes with use_sim_time:=true")  # fmt: skip
    elif age > OLD:
        yield note(
            "stamps",
            f"images are {age:.2f} s old when they arrive",
            "either the clocks of the two machines differ (chrony), or images queue up on the way",
        )
    elif age < -0.1:
        yield note("stamps", f"stamps lie {-age:.2f} s in the future",
                   "the clocks of the two machines differ: use chrony")  # fmt: skip
    else:
        yield good("stamps", f"images are {1000 * age:.0f} ms old when they arrive")
    if not images["frame_id"]:
        yield note("stamps", "the images' frame_id is empty: positions cannot be transformed",
                   "set frame_id in the camera's driver")  # fmt: skip


def _camera_info(info: dict[str, Any], images: dict[str, Any]) -> Iterator[Finding]:
    without = "faces are found, but have no position"
    if not info["publishers"]:
        yield note("camera info", f"nobody publishes {info['topic']}: {without}",
                   "calibrate the camera, or remap camera_info to where it is")  # fmt: skip
    elif not info["received"]:
        yield note("camera info", f"{info['topic']} has a publisher, but nothing arrives: "
                   f"{without}", "see the camera's driver")  # fmt: skip
    elif not info["calibrated"]:
        yield note("camera info", f"{info['topic']} is not calibrated (K is zero): {without}",
                   "calibrate the camera, with camera_calibration for example")  # fmt: skip
    elif images["problem"]:
        yield good("camera info", f"{info['topic']} has a calibration")
    elif not info["fits"]:
        yield note(
            "camera info",
            f"{info['topic']} is for {info['width']}x{info['height']}, which does not fit images "
            f"of {images['width']}x{images['height']}: {without}",
            "publish the CameraInfo of this resolution",
        )
    else:
        yield good("camera info", f"{info['topic']} has a calibration that fits")
