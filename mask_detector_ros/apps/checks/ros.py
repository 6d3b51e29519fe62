# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of ROS in a separate process: a broken installation cannot crash the doctor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from mask_detector_ros.apps.checks.finding import Finding, error, ok

PROBE = "mask_detector_ros.nodes.tools.topic_probe"
INSTALL = (
    "source a ROS 2 distribution (source /opt/ros/<name>/setup.bash), or install this package "
    "with pip, which also installs rclpy on x86-64 Linux"
)
START_TIMEOUT_S = 60.0
"""Time in which a process that uses ROS starts on a busy machine."""


class ProbeError(Exception):
    """The probe failed; the message says why."""


def probe(arguments: list[str], timeout: float) -> dict[str, Any]:
    """Run the probe in a separate process; its report.

    Args:
        arguments: arguments of ``nodes/tools/topic_probe.py``.
        timeout: time limit in seconds.

    Raises:
        ProbeError: the probe failed or timed out.
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
        raise ProbeError(f"the ROS probe did not finish within {timeout:g} s") from None
    try:
        answer = json.loads(done.stdout.strip().splitlines()[-1])
        if isinstance(answer, dict):
            return answer
    except (IndexError, ValueError):
        pass
    last = (done.stderr.strip().splitlines() or ["no error output"])[-1]
    raise ProbeError(f"the ROS probe failed (exit code {done.returncode}): {last}")


def check_ros() -> Iterator[Finding]:
    """Check rclpy, the messages of this package and the middleware."""
    try:
        found = probe(["--environment"], timeout=START_TIMEOUT_S)
    except ProbeError as failure:
        yield error("ROS", str(failure), f"for details run: python3 -m {PROBE} --environment")
        return
    if found.get("rclpy_error"):
        yield error("ROS", f"rclpy cannot be used: {found['rclpy_error']}", INSTALL)
        return
    distribution = os.environ.get("ROS_DISTRO")
    name = f"ROS 2 {distribution.capitalize()}" if distribution else "ROS 2"
    yield ok("ROS", f"{name}: rclpy starts a node ({found['rclpy']})")
    if found.get("messages_error"):
        yield error(
            "messages",
            f"the messages of this package cannot be used: {found['messages_error']}",
            "build them: colcon build and source install/setup.bash, or make",
        )
    else:
        yield ok("messages", "the messages of this package are built")
    domain = os.environ.get("ROS_DOMAIN_ID") or "0"
    yield ok("middleware", f"{found['rmw']}, domain {domain}")


def uses_fast_dds() -> bool:
    """Whether the middleware is Fast DDS, the default."""
    return "fastrtps" in (os.environ.get("RMW_IMPLEMENTATION") or "rmw_fastrtps_cpp")
