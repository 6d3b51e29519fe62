# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the pipeline: default, range, and the effect of a higher value.

The node's parameters, its YAML file, the parameter documentation and the command line's options
are made from these classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from mask_detector_ros.perception.ranging_settings import RangingSettings
from mask_detector_ros.settings import setting
from mask_detector_ros.settings_rules import Rule, at_most

FAR_MODES = ("off", "auto")


@dataclass(frozen=True)
class DetectorSettings:
    """Which boxes are reported as faces."""

    RULES: ClassVar[tuple[Rule, ...]] = (at_most("low_confidence_threshold", "score_threshold"),)

    score_threshold: float = setting(
        0.575,
        "Detections below this score are not reported. Higher: fewer false positives, but small "
        "and turned faces are missed.",
        low=0.0,
        high=1.0,
    )
    low_confidence_threshold: float = setting(
        0.35,
        "Detections below score_threshold but not below this are low-confidence: they are hidden "
        "in annotated images and can continue a confirmed track, but are not reported otherwise. "
        "Lower: fewer faces stay visible, more background is hidden.",
        low=0.0,
        high=1.0,
    )
    nms_iou: float = setting(
        0.4,
        "Non-maximum suppression: boxes with a higher IoU are one face. Higher: faces in crowds "
        "are kept apart, but duplicates appear.",
        low=0.05,
        high=0.95,
    )
    nms_iom: float = setting(
        0.65,
        "A box that shares more than this fraction of the smaller one with a face of higher score "
        "is the same face and dropped. Higher: a face in front of another is kept apart, but one "
        "face is reported as two nested boxes. 1: off.",
        low=0.3,
        high=1.0,
    )
    max_faces: int = setting(
        100,
        "Most faces per frame, best scores first; bounds the processing time in crowds.",
        low=1,
        high=1000,
    )
    far: str = setting(
        "off",
        "Search large images for far faces, which are too small once the image is scaled to the "
        "detector's input: one full-resolution tile per frame in turn, and regions around tracked "
        "people. auto: images of 1.5 times that input or more, for which detection then takes "
        "about twice as long; others cost nothing.",
        choices=FAR_MODES,
    )


@dataclass(frozen=True)
class ClassifierSettings:
    """When the most probable class of a frame is accepted."""

    min_confidence: float = setting(
        0.6,
        "A frame whose most probable class is less probable than this is UNKNOWN (uncertain).",
        low=0.25,
        high=1.0,
    )


@dataclass(frozen=True)
class QualitySettings:
    """Image quality below which a face is UNKNOWN."""

    min_width: float = setting(
        14.0,
        "Smallest face box width in pixels that is classified (otherwise too_small).",
        low=4.0,
        high=1000.0,
    )
    min_sharpness: float = setting(
        0.008,
        "Smallest variance of the Laplacian relative to the variance of the face (otherwise "
        "blurred).",
        low=0.0,
        high=10.0,
    )
    min_brightness: float = setting(
        22.0,
        "Smallest mean gray level of the face, 0-255 (otherwise dark).",
        low=0.0,
        high=255.0,
    )
    max_yaw_ratio: float = setting(
        0.8,
        "Largest head yaw, as distance of the nose from the middle of the eyes in eye distances "
        "(otherwise profile). 0 is frontal, about 0.5 is half turned.",
        low=0.1,
        high=10.0,
    )


@dataclass(frozen=True)
class TrackerSettings:
    """How detections are associated with tracks."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        at_most("low_confidence_gating_threshold", "gating_threshold"),
    )

    gating_threshold: float = setting(
        4.5,
        "Largest Mahalanobis distance, in standard deviations, between a detection and the "
        "prediction of its track. Higher: sudden motion is followed, people close together are "
        "mixed up.",
        low=1.0,
        high=20.0,
    )
    low_confidence_gating_threshold: float = setting(
        3.5,
        "The same for low-confidence detections, which can only continue confirmed tracks.",
        low=1.0,
        high=20.0,
    )
    use_low_confidence: bool = setting(
        True,
        "Continue confirmed tracks with low-confidence detections: tracks break less often, and "
        "people are reported in poor frames as well.",
    )
    camera_motion: bool = setting(
        True,
        "Estimate the camera's ego-rotation and scene cuts from the image and compensate for "
        "them. Costs a third of a millisecond per frame; switch off for a static camera.",
    )
    confirm_frames: int = setting(
        3, "Detections a track needs before it gets a person id.", low=1, high=100
    )
    lost_after: float = setting(
        1.0, "Seconds without a detection after which a track ends.", low=0.05, high=60.0
    )


@dataclass(frozen=True)
class EvidenceSettings:
    """How the status is filtered over a track."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        at_most("unknown_threshold", "decision_threshold"),
        at_most("max_frame_seconds", "forget_after"),
    )

    time_constant: float = setting(
        0.6,
        "Time constant in seconds of the average of class probabilities. Higher: more stable, "
        "slower.",
        low=0.01,
        high=60.0,
    )
    min_seconds: float = setting(
        0.5,
        "Seconds of good frames before a track gets a status; low-quality frames count in part.",
        low=0.0,
        high=60.0,
    )
    min_frames: int = setting(
        3, "Classified frames before a track gets a status.", low=1, high=1000
    )
    max_frame_seconds: float = setting(
        0.25,
        "Most seconds one frame counts for, however long ago the last one was.",
        low=0.01,
        high=10.0,
    )
    full_weight_width: float = setting(
        32.0,
        "Face box width in pixels from which a frame has full weight; smaller faces have less.",
        low=4.0,
        high=1000.0,
    )
    full_weight_sharpness: float = setting(
        0.02,
        "Sharpness, as in quality.min_sharpness, from which a frame has full weight.",
        low=0.001,
        high=10.0,
    )
    full_weight_yaw_ratio: float = setting(
        0.25,
        "Head yaw, as in quality.max_yaw_ratio, up to which a frame has full weight.",
        low=0.0,
        high=10.0,
    )
    decision_threshold: float = setting(
        0.6, "Averaged probability a class needs to become the status.", low=0.25, high=1.0
    )
    switch_margin: float = setting(
        0.15,
        "Hysteresis: by how much the averaged probability of another class must exceed that of "
        "the current status to replace it.",
        low=0.0,
        high=1.0,
    )
    change_seconds: float = setting(
        5.0,
        "A reported violation is replaced by another one, such as below the mouth by no mask, "
        "only after that has led for as long as the first was held, at most so many seconds of "
        "good frames; the status is UNKNOWN meanwhile. A violation starts and ends without it.",
        low=0.0,
        high=60.0,
    )
    unknown_threshold: float = setting(
        0.35,
        "Averaged probability of the current status below which it returns to UNKNOWN, even if "
        "no other class replaces it.",
        low=0.0,
        high=1.0,
    )
    forget_after: float = setting(
        4.0,
        "Seconds without a classified frame after which the status returns to UNKNOWN.",
        low=0.1,
        high=600.0,
    )


BLUR_MODES = ("face", "eyes", "off")


@dataclass(frozen=True)
class AnnotateSettings:
    """Annotated images."""

    blur: str = setting(
        "face",
        "What is hidden: the whole face with the hairline, under an icon that shows how the mask "
        "is worn (face); the eyes only, which leaves the person recognizable (eyes); or nothing "
        "(off).",
        choices=BLUR_MODES,
    )
    labels: bool = setting(True, "Draw status, confidence and distance beside each face.")
    max_rate: float = setting(
        15.0,
        "Largest rate of annotated images in Hz; 0 for no limit.",
        low=0.0,
        high=240.0,
    )


ROTATIONS = (0, 90, 180, 270)


@dataclass(frozen=True)
class PipelineSettings:
    """Settings of all stages; immutable, so that a frame never sees a half-applied change."""

    rotate: int = setting(
        0,
        "Degrees clockwise by which images are turned before faces are detected: 180 for a camera "
        "that is mounted upside down, 90 or 270 for one on its side. Annotated images are turned; "
        "boxes and positions stay in the camera's image and optical frame.",
        choices=ROTATIONS,
    )
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    classifier: ClassifierSettings = field(default_factory=ClassifierSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    tracker: TrackerSettings = field(default_factory=TrackerSettings)
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    ranging: RangingSettings = field(default_factory=RangingSettings)
    annotate: AnnotateSettings = field(default_factory=AnnotateSettings)
