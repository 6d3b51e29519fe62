# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments that several launch files have: name, default, description and choices."""

from __future__ import annotations

from mask_detector_ros.resources import find_resource

Row = tuple[str, str, str, tuple[str, ...]]

NOT_GIVEN = ""
TRUE, FALSE = ("true", "True"), ("false", "False")
"""Spellings of YAML and of Python, which the launch files of Nav2 use."""
BOOLEANS = (NOT_GIVEN, *TRUE, *FALSE)
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")

CAMERA: tuple[Row, ...] = (
    (
        "image",
        "image_raw",
        "Image topic; with image_transport:=compressed, images are taken from <image>/compressed.",
        (),
    ),
    ("camera_info", NOT_GIVEN, "CameraInfo topic. Not given: camera_info beside the image.", ()),
    ("depth", "depth/image_raw", "Depth image topic, aligned with the image; optional.", ()),
)
COMMON: tuple[Row, ...] = (
    ("namespace", NOT_GIVEN, "Namespace of the nodes and of their relative topics.", ()),
    ("use_sim_time", NOT_GIVEN, "Use the time on /clock.", BOOLEANS),
    ("log_level", "info", "Lowest severity that the nodes log.", LOG_LEVELS),
    (
        "fastdds_profile",
        str(find_resource("config/fastdds_images.xml")),
        "Fast DDS profile of the nodes that send or receive images, with shared memory large "
        "enough for them; the camera's process needs it as well. 'none' sets none; one that the "
        "environment names already is kept.",
        (),
    ),
)
