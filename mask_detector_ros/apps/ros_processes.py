# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the demo's nodes are started with."""

from __future__ import annotations

import json
import os
import random
from typing import Any

from mask_detector_ros.resources import find_resource

NODES = "mask_detector_ros.nodes"
PROFILE = "config/fastdds_images.xml"


def environment() -> dict[str, str]:
    """A ROS domain of its own on this machine alone, and room for images in shared memory."""
    profile = str(find_resource(PROFILE))
    return {
        **os.environ,
        "ROS_DOMAIN_ID": str(random.randint(1, 100)),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "FASTRTPS_DEFAULT_PROFILES_FILE": profile,
        "FASTDDS_DEFAULT_PROFILES_FILE": profile,
    }


def ros_arguments(
    parameters: dict[str, Any] | None = None, remaps: dict[str, str] | None = None
) -> list[str]:
    """Parameters and remapped names as a node's command line takes them."""
    arguments = ["--ros-args"]
    for name, value in (parameters or {}).items():
        arguments += ["-p", f"{name}:={json.dumps(value)}"]
    for name, target in (remaps or {}).items():
        arguments += ["-r", f"{name}:={target}"]
    return arguments
