# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""QoS overrides that have no effect, or an invalid value."""

from __future__ import annotations

import re

import pytest
from diagnostic_msgs.msg import DiagnosticArray

from mask_detector_ros.nodes.common.qos_overrides import ineffective, invalid
from support.ros_harness import Client, NodeProcess, detector, wait_until

DECLARED = {
    f"qos_overrides.{topic}.{role}.{policy}"
    for topic, role in (
        ("/front/image_raw", "subscription"),
        ("/front/camera_info", "subscription"),
        ("/mask_detector/detections", "publisher"),
    )
    for policy in ("history", "depth", "reliability")
}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/image_raw.subscription.reliability", "no subscription on this topic.*/front/image_raw"),
        ("/front/image_rw.subscription.depth", "it has one on /front/image_raw$"),
        ("/front/image_raw.publisher.reliability", "no publisher on this topic, but a subscrip"),
        ("/mask_detector/detections.subscription.depth", "but a publisher"),
        ("/front/image_raw.subscription.durability", "these can: depth, history, reliability"),
        ("/front/image_raw.subscription.relaibility", "cannot be overridden"),
        ("front/image_raw.subscription.reliability", "expected qos_overrides.<full topic>"),
        ("/front/image_raw.subscriber.reliability", "expected qos_overrides.<full topic>"),
        ("/front/image_raw.reliability", "expected qos_overrides.<full topic>"),
    ],
)
def test_an_override_without_effect_is_named_with_the_reason(name: str, reason: str) -> None:
    (text,) = ineffective({f"qos_overrides.{name}": "reliable"}, DECLARED)
    assert text.startswith(f"qos_overrides.{name} has no effect: ")
    assert re.search(reason, text), text


def test_overrides_with_effect_are_silent() -> None:
    assert ineffective(dict.fromkeys(DECLARED, 5), DECLARED) == []


def test_a_depth_beside_keep_all_has_no_effect() -> None:
    topic = "qos_overrides./front/image_raw.subscription"
    given = {f"{topic}.history": "keep_all", f"{topic}.depth": 5}
    (text,) = ineffective(given, DECLARED)
    assert "depth has no effect: the history is keep_all" in text


@pytest.mark.parametrize(
    ("policy", "value", "expected"),
    [
        ("reliability", "best-effort", "reliable, best_effort"),
        ("reliability", True, "reliable, best_effort"),
        ("history", "keep_some", "keep_last, keep_all"),
        ("depth", 0, "at least 1"),
        ("depth", "5", "at least 1"),
        ("depth", True, "at least 1"),
    ],
)
def test_invalid_values_are_refused(policy: str, value: object, expected: str) -> None:
    name = f"qos_overrides./image_raw.subscription.{policy}"
    (text,) = invalid({name: value})
    assert text.startswith(f"{name} is {value!r}") and expected in text


@pytest.mark.ros
def test_the_nodes_warn_of_overrides_without_effect() -> None:
    remapped = "qos_overrides./image_raw.subscription.reliability"
    wrong_role = "qos_overrides./mask_detector/detections.subscription.depth"
    right = "qos_overrides./front/image_raw.subscription.reliability"
    arguments = (
        "-p",
        f"{remapped}:=reliable",
        "-p",
        f"{wrong_role}:=5",
        "-p",
        f"{right}:=reliable",
    )
    with detector(*arguments, "-r", "image_raw:=/front/image_raw") as node:
        node.wait_for_log(f"{remapped} has no effect")
        node.wait_for_log(f"{wrong_role} has no effect: the node has no subscription on this topic")
        assert f"{right} has no effect" not in node.log
        client = Client()
        try:
            diagnostics = client.subscribe(DiagnosticArray, "/diagnostics")
            # The doctor passes them on.
            wait_until(
                lambda: any(
                    f"{remapped} has no effect" in status.message
                    for array in diagnostics
                    for status in array.status
                ),
                "the warning in the diagnostics",
                node,
            )
        finally:
            client.close()
    override = "qos_overrides./announcer/reminder.subscription.depth"
    with NodeProcess(
        "announcer.announcer_node", "-p", f"{override}:=5", "-p", "engine:=none"
    ) as node:
        node.wait_for_log(f"{override} has no effect")


@pytest.mark.ros
def test_an_invalid_override_ends_the_start() -> None:
    override = "qos_overrides./image_raw.subscription.reliability:=best-effort"
    with detector("-p", override, wait=False) as node:
        assert node.wait() == 1
        assert "is 'best-effort'; expected one of reliable, best_effort" in node.log
        assert "Traceback" not in node.log
