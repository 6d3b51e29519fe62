# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images, folders of images, videos, webcams and ROS bags as timed frames."""

from mask_detector_ros.sources.base import Frame, Source, SourceError
from mask_detector_ros.sources.opening import open_source

__all__ = ["Frame", "Source", "SourceError", "open_source"]
