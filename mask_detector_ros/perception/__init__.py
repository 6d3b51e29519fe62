# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Face detection, mask classification, tracking and ranging; needs only NumPy and OpenCV.

``__all__`` is the public Python API; docs/api.md says what is stable. Example::

    import cv2
    from mask_detector_ros.perception import MaskPipeline, WearStatus

    faces = MaskPipeline().process(cv2.imread("photo.jpg")).faces
    for box, status, confidence in zip(faces.boxes, faces.status, faces.confidence):
        print(box.round(), WearStatus(status).label, f"{confidence:.2f}")
"""

from mask_detector_ros.perception.annotator import annotate
from mask_detector_ros.perception.depth import DepthImage
from mask_detector_ros.perception.models import ModelError
from mask_detector_ros.perception.pipeline import FrameResult, MaskPipeline
from mask_detector_ros.perception.pipeline_settings import (
    AnnotateSettings,
    ClassifierSettings,
    DetectorSettings,
    EvidenceSettings,
    PipelineSettings,
    QualitySettings,
    TrackerSettings,
)
from mask_detector_ros.perception.ranging_settings import RangingSettings
from mask_detector_ros.perception.types import (
    CLASSES,
    NO_ID,
    VIOLATIONS,
    CameraModel,
    Detections,
    Event,
    EventKind,
    RangeSource,
    UnknownReason,
    WearStatus,
)

__all__ = [
    "CLASSES",
    "NO_ID",
    "VIOLATIONS",
    "AnnotateSettings",
    "CameraModel",
    "ClassifierSettings",
    "DepthImage",
    "Detections",
    "DetectorSettings",
    "Event",
    "EventKind",
    "EvidenceSettings",
    "FrameResult",
    "MaskPipeline",
    "ModelError",
    "PipelineSettings",
    "QualitySettings",
    "RangeSource",
    "RangingSettings",
    "TrackerSettings",
    "UnknownReason",
    "WearStatus",
    "annotate",
]
