# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Markers for RViz: a ball in the color of the status at every face, with a label above."""

from __future__ import annotations

import numpy as np
from rclpy.duration import Duration
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.annotator import COLORS, label
from mask_detector_ros.perception.types import NO_ID, Detections, WearStatus

BALL, TEXT = "faces", "labels"
FACE_DIAMETER_M = 0.2
TEXT_HEIGHT_M = 0.12
FIRST_UNCONFIRMED_ID = 1_000_000
"""First marker id of faces without a person id."""


def marker_array(faces: Detections, header: Header, lifetime: float, up: FloatArray) -> MarkerArray:
    """A ball and a label for every face that has a position.

    Args:
        faces: the detections of one frame.
        header: of the image.
        lifetime: seconds.
        up: (3,) unit vector in the camera's optical frame.
    """
    array = MarkerArray()
    for row in np.flatnonzero(np.isfinite(faces.positions).all(axis=1)):
        blue, green, red = COLORS[WearStatus(int(faces.status[row]))]
        color = ColorRGBA(r=red / 255, g=green / 255, b=blue / 255, a=0.9)
        number = int(faces.ids[row]) if faces.ids[row] != NO_ID else FIRST_UNCONFIRMED_ID + int(row)
        for namespace, kind, height, size in (
            (BALL, Marker.SPHERE, 0.0, FACE_DIAMETER_M),
            (TEXT, Marker.TEXT_VIEW_FACING, 1.2 * FACE_DIAMETER_M, TEXT_HEIGHT_M),
        ):
            marker = Marker(header=header, ns=namespace, id=number, type=kind, color=color)
            marker.lifetime = Duration(seconds=lifetime).to_msg()
            x, y, z = faces.positions[row] + height * up
            marker.pose.position.x, marker.pose.position.y = float(x), float(y)
            marker.pose.position.z = float(z)
            marker.pose.orientation.w = 1.0
            marker.scale.x = marker.scale.y = marker.scale.z = size
            if namespace == TEXT:
                marker.text = label(faces, int(row))
            array.markers.append(marker)
    return array
