# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS, asked in a process of its own: a broken installation cannot take the doctor down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from mask_detector_ros.apps.checks.finding import Finding, bad, good

PROBE = "mask_detector_ros.nodes.tools.topic_probe"
INSTALL = (
    "source a ROS 2 distribution (source /opt/ros/<name>/setup.bash), or install this package "
    "with pip, which brings rclpy along on x86-64 Linux"
)


class ProbeError(Exception):
    """The probe did not answer; the message says why."""


def probe(arguments: list[str], timeout: float) -> dict[str, Any]:
    """Run the probe; what it found out.

    Args:
        arguments: of ``nodes/topic_probe.py``.
        timeout: seconds after which it is given up.

    Raises:
        ProbeError: it failed or hangs.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", PROBE, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ProbeError(f"ROS did not answer within {timeout:g} s") from None
    try:
        answer = json.loads(done.stdout.strip().splitlines()[-1])
        if isinstance(answer, dict):
            return answer
    except (IndexError, ValueError):
        pass
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    raise ProbeError(f"ROS could not be asked (exit code {done.returncode}): {last}")


def check_ros() -> Iterator[Finding]:
    """rclpy, a node, this package's messages, the middleware."""
    try:
        found = probe(["--environment"], timeout=30.0)
    except ProbeError as error:
        yield bad("ROS", str(error), "run the same again with: python3 -m " + PROBE)
        return
    if found.get("rclpy_error"):
        yield bad("ROS", f"rclpy cannot be used: {found['rclpy_error']}", INSTALL)
        return
    distribution = os.environ.get("ROS_DISTRO")
    name = f"ROS 2 {distribution.capitalize()}" if distribution else "ROS 2"
    yield good("ROS", f"{name}: rclpy starts a node ({found['rclpy']})")
    if found.get("messages_error"):
        yield bad(
            "messages",
            f"the messages of this package cannot be used: {found['messages_error']}",
            "build them: colcon build and source install/setup.bash, or make",
        )
    else:
        yield good("messages", "the messages of this package are built")
    domain = os.environ.get("ROS_DOMAIN_ID") or "0"
    yield good("middleware", f"{found['rmw']}, domain {domain}")


def uses_fast_dds() -> bool:
    """Whether the middleware is Fast DDS, as it is unless another one is named."""
    return "fastrtps" in (os.environ.get("RMW_IMPLEMENTATION") or "rmw_fastrtps_cpp")
