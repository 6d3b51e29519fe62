# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every tunable of the pipeline: default, range, and what turning it up costs.

This is the one table behind the node's parameters, its YAML file, the parameter
documentation and the options of the command line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mask_detector_ros.settings import setting


@dataclass(frozen=True)
class DetectorSettings:
    """Which boxes count as faces."""

    score_threshold: float = setting(
        0.54,
        "Faces below this detector score are dropped. Higher: fewer false faces, small and "
        "turned ones are missed.",
        low=0.0,
        high=1.0,
    )
    faint_threshold: float = setting(
        0.35,
        "Faces below score_threshold but not below this are not reported, but blurred in "
        "annotated images all the same; where a followed person is expected they are reported "
        "as that person. Lower: safer for people, more smudges on the background.",
        low=0.0,
        high=1.0,
    )
    nms_iou: float = setting(
        0.45,
        "Two boxes that overlap more than this are one face. Higher: crowds are kept apart, "
        "doubles appear.",
        low=0.05,
        high=0.95,
    )
    max_faces: int = setting(
        100,
        "The best-scored faces kept in one frame; bounds the time a crowd can take.",
        low=1,
        high=1000,
    )


@dataclass(frozen=True)
class ClassifierSettings:
    """When a frame's likeliest class is believed."""

    min_confidence: float = setting(
        0.6,
        "A frame whose likeliest class is less probable than this is UNKNOWN (uncertain).",
        low=0.25,
        high=1.0,
    )


@dataclass(frozen=True)
class QualitySettings:
    """Below which quality a face is UNKNOWN instead of guessed."""

    min_width: float = setting(
        16.0, "Narrowest face in pixels that is told (too_small below).", low=4.0, high=1000.0
    )
    min_sharpness: float = setting(
        0.008,
        "Least edge energy of a face relative to its contrast (blurred below).",
        low=0.0,
        high=10.0,
    )
    min_brightness: float = setting(
        22.0, "Least mean gray value of a face, 0-255 (dark below).", low=0.0, high=255.0
    )
    max_turn: float = setting(
        0.8,
        "Furthest the nose may lie from between the eyes, in eye distances (profile beyond). "
        "0 is frontal, about 0.5 is half turned.",
        low=0.1,
        high=10.0,
    )


@dataclass(frozen=True)
class TrackerSettings:
    """How boxes of successive frames become one person."""

    gate: float = setting(
        4.5,
        "How far from where a person is expected a face may be, in standard deviations of place "
        "and size. Higher: sudden moves are followed, people close together mixed up.",
        low=1.0,
        high=20.0,
    )
    weak_gate: float = setting(
        3.5,
        "The same for faces below detector.score_threshold, which only continue known people.",
        low=1.0,
        high=20.0,
    )
    weak_boxes: bool = setting(
        True,
        "Take a face below detector.score_threshold (not below faint_threshold) for a person who "
        "is expected there: people are lost less often, and reported in poor frames, too.",
    )
    camera_motion: bool = setting(
        True,
        "Tell from the whole picture how the camera turned, and expect everyone to have moved "
        "along. Costs a third of a millisecond a frame; off suits cameras that never turn.",
    )
    confirm_frames: int = setting(
        3, "Frames a face must be seen in before it gets a person id.", low=1, high=100
    )
    lost_after: float = setting(
        1.0, "Seconds without a matching face after which a person is lost.", low=0.05, high=60.0
    )


@dataclass(frozen=True)
class EvidenceSettings:
    """How frames become one steady status per person."""

    time_constant: float = setting(
        0.6,
        "Seconds over which a person's probabilities are averaged. Higher: steadier, slower.",
        low=0.01,
        high=60.0,
    )
    min_seconds: float = setting(
        0.5,
        "Seconds of good frames before a person's status is told; poor ones count for less.",
        low=0.0,
        high=60.0,
    )
    min_frames: int = setting(
        3, "Usable frames before a person's status is told.", low=1, high=1000
    )
    max_step: float = setting(
        0.25,
        "Most seconds one frame stands for, however long ago the last one was.",
        low=0.01,
        high=10.0,
    )
    full_width: float = setting(
        32.0,
        "Width of a face in pixels from which its size takes nothing from a frame's weight.",
        low=4.0,
        high=1000.0,
    )
    full_sharpness: float = setting(
        0.02,
        "Edge energy from which blur takes nothing from a frame's weight.",
        low=0.001,
        high=10.0,
    )
    free_turn: float = setting(
        0.25,
        "Turn of a face, as in quality.max_turn, up to which it takes nothing from a frame's "
        "weight.",
        low=0.0,
        high=10.0,
    )
    decide: float = setting(
        0.55, "Averaged probability a class needs to become the status.", low=0.25, high=1.0
    )
    switch_margin: float = setting(
        0.15,
        "How much more probable than the present status another class must be to replace it.",
        low=0.0,
        high=1.0,
    )
    doubt: float = setting(
        0.35,
        "Averaged probability below which the present status goes back to UNKNOWN, even if no "
        "other class takes its place.",
        low=0.0,
        high=1.0,
    )
    forget_after: float = setting(
        4.0,
        "Seconds without a usable frame after which a status goes back to UNKNOWN.",
        low=0.1,
        high=600.0,
    )


@dataclass(frozen=True)
class RangingSettings:
    """What a face's size says about its distance, and when depth is believed instead."""

    face_width: float = setting(
        0.15,
        "Mean width of a face box on a grown-up's face in meters (prior for distance).",
        low=0.05,
        high=0.5,
    )
    face_width_deviation: float = setting(
        0.01,
        "Standard deviation of that over grown-ups, in meters.",
        low=0.0,
        high=0.2,
    )
    child_width: float = setting(
        0.13, "Mean width of a face box on a child's face in meters.", low=0.05, high=0.5
    )
    child_width_deviation: float = setting(
        0.01, "Standard deviation of that over children, in meters.", low=0.0, high=0.2
    )
    child_share: float = setting(
        0.15,
        "How many of the people the camera meets are children; 1 in a primary school.",
        low=0.0,
        high=1.0,
    )
    box_deviation: float = setting(
        0.5,
        "Standard deviation in pixels by which a box's width jitters from frame to frame.",
        low=0.01,
        high=50.0,
    )
    acceleration: float = setting(
        0.5,
        "How fast speeds change between people and camera, meters per second squared. Higher: "
        "positions follow sooner and jitter more.",
        low=0.01,
        high=100.0,
    )
    depth: bool = setting(
        True,
        "Listen to depth/image_raw; costs nothing where nobody publishes it.",
        live=False,
    )
    depth_tolerance: float = setting(
        0.05,
        "Seconds that a depth image may lie from the image it is used for.",
        low=0.0,
        high=5.0,
    )
    depth_min_pixels: int = setting(
        6, "Depth pixels a face must have at the least for its depth to be used.", low=1, high=10000
    )
    depth_deviation: float = setting(
        0.01,
        "Standard deviation of the depth sensor itself as a share of the distance.",
        low=0.001,
        high=0.5,
    )


BLUR_MODES = ("eyes", "face", "off")


@dataclass(frozen=True)
class AnnotateSettings:
    """What people see in annotated images."""

    blur: str = setting(
        "eyes",
        "What is made unrecognizable: eyes (the mask stays visible), the whole face, or off.",
        choices=BLUR_MODES,
    )
    labels: bool = setting(True, "Write status, confidence and distance beside each face.")
    max_rate: float = setting(
        15.0,
        "Most annotated images per second; 0 for as many as there are frames.",
        low=0.0,
        high=240.0,
    )


@dataclass(frozen=True)
class PipelineSettings:
    """All stages' settings; immutable, so that a frame sees one set and never half of two."""

    detector: DetectorSettings = field(default_factory=DetectorSettings)
    classifier: ClassifierSettings = field(default_factory=ClassifierSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    tracker: TrackerSettings = field(default_factory=TrackerSettings)
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    ranging: RangingSettings = field(default_factory=RangingSettings)
    annotate: AnnotateSettings = field(default_factory=AnnotateSettings)
