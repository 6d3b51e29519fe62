# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Detection2DArray messages. vision_msgs is not on PyPI: stubs with its fields replace it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from geometry_msgs.msg import PoseWithCovariance
from std_msgs.msg import Header

from mask_detector_ros.nodes.detector.detections_2d import detection_2d_array, vision_msgs
from mask_detector_ros.perception.types import Detections, WearStatus


def stub_messages() -> SimpleNamespace:
    """Stub of the module vision_msgs.msg, with the fields of version 4."""

    def box() -> SimpleNamespace:
        center = SimpleNamespace(position=SimpleNamespace(x=0.0, y=0.0), theta=0.0)
        return SimpleNamespace(center=center, size_x=0.0, size_y=0.0)

    def hypothesis() -> SimpleNamespace:
        inner = SimpleNamespace(class_id="", score=0.0)
        return SimpleNamespace(hypothesis=inner, pose=PoseWithCovariance())

    return SimpleNamespace(
        Detection2DArray=lambda header: SimpleNamespace(header=header, detections=[]),
        Detection2D=lambda header, id: SimpleNamespace(
            header=header, id=id, bbox=box(), results=[]
        ),
        ObjectHypothesisWithPose=hypothesis,
    )


def test_vision_msgs_is_none_if_not_installed() -> None:
    assert vision_msgs() is None or hasattr(vision_msgs(), "Detection2DArray")


def test_a_face_becomes_a_detection_with_one_hypothesis() -> None:
    faces = Detections.of_boxes(np.array([[10, 20, 30, 40]]), np.ones(1)).with_(
        status=np.array([WearStatus.NOSE_EXPOSED]),
        confidence=np.array([0.75]),
        ids=np.array([7]),
        positions=np.array([[0.5, 0.25, 2.0]]),
        covariances=np.eye(3)[np.newaxis] * 0.25,
    )
    header = Header(frame_id="camera")
    array = detection_2d_array(stub_messages(), faces, header)
    (detection,) = array.detections
    assert array.header is detection.header is header
    assert (detection.bbox.center.position.x, detection.bbox.center.position.y) == (25, 40)
    assert (detection.bbox.size_x, detection.bbox.size_y) == (30, 40)
    assert detection.id == "7"
    (result,) = detection.results
    assert (result.hypothesis.class_id, result.hypothesis.score) == ("nose_exposed", 0.75)
    assert result.pose.pose.position.z == 2.0
    assert np.diag(result.pose.covariance.reshape(6, 6)).tolist() == [0.25] * 3 + [0.0] * 3


def test_a_face_without_position_has_no_pose() -> None:
    faces = Detections.of_boxes(np.array([[10, 20, 30, 40]]), np.ones(1))
    (detection,) = detection_2d_array(stub_messages(), faces, Header()).detections
    assert detection.results[0].pose.pose.position.z == 0.0
    assert detection.id == ""
