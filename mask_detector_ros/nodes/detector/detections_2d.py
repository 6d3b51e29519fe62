# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Detections as vision_msgs/Detection2DArray, for general tools; needs vision_msgs."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from std_msgs.msg import Header

from mask_detector_ros.perception.types import Detections, WearStatus, person_id


def vision_msgs() -> Any:
    """The module ``vision_msgs.msg``; None if it is not installed."""
    try:
        return importlib.import_module("vision_msgs.msg")
    except ImportError:
        return None


def detection_2d_array(messages: Any, faces: Detections, header: Header) -> Any:
    """A Detection2DArray with one hypothesis per face: filtered status and confidence.

    Args:
        messages: the module that ``vision_msgs()`` returned.
        faces: the detections of one frame.
        header: of the image.
    """
    array = messages.Detection2DArray(header=header)
    for row in range(len(faces)):
        detection = messages.Detection2D(header=header, id=person_id(int(faces.ids[row])))
        x, y, w, h = (float(v) for v in faces.boxes[row])
        detection.bbox.center.position.x = x + w / 2
        detection.bbox.center.position.y = y + h / 2
        detection.bbox.size_x, detection.bbox.size_y = w, h
        result = messages.ObjectHypothesisWithPose()
        result.hypothesis.class_id = WearStatus(int(faces.status[row])).label
        result.hypothesis.score = float(faces.confidence[row])
        if np.isfinite(faces.positions[row]).all():
            position = result.pose.pose.position
            position.x, position.y, position.z = (float(v) for v in faces.positions[row])
            covariance = np.zeros((6, 6))
            covariance[:3, :3] = faces.covariances[row]
            result.pose.covariance = covariance.reshape(-1)
        detection.results.append(result)
        array.detections.append(detection)
    return array
