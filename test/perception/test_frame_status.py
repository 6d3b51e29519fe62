# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Status from one frame: a class, or UNKNOWN with the first reason that applies."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception.frame_status import (
    Measures,
    apply_frame_status,
    assess,
    measure,
    yaw_ratio,
)
from mask_detector_ros.perception.mask_classifier import split_covered
from mask_detector_ros.perception.pipeline_settings import PipelineSettings, QualitySettings
from mask_detector_ros.perception.types import CLASSES, Detections, UnknownReason, WearStatus

FRONTAL = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)
PROFILE = np.array([[30, 40], [38, 40], [12, 60], [25, 80], [30, 80]], np.float32)


def sharp_crop() -> np.ndarray:
    """Checks of a few pixels: edges everywhere."""
    y, x = np.indices((64, 64))
    return np.repeat((60 + 120 * ((x // 4 + y // 4) % 2))[..., np.newaxis], 3, 2).astype(np.uint8)


@pytest.mark.parametrize(
    ("crop", "width", "landmarks", "reason"),
    [
        (sharp_crop(), 60, FRONTAL, UnknownReason.NONE),
        (sharp_crop(), 60, np.full((5, 2), np.nan), UnknownReason.NONE),
        (sharp_crop(), 10, FRONTAL, UnknownReason.TOO_SMALL),
        (sharp_crop() // 16, 60, FRONTAL, UnknownReason.DARK),
        (cv2.GaussianBlur(sharp_crop(), (0, 0), 9), 60, FRONTAL, UnknownReason.BLURRED),
        (np.full((64, 64, 3), 100, np.uint8), 60, FRONTAL, UnknownReason.BLURRED),
        (sharp_crop(), 60, PROFILE, UnknownReason.PROFILE),
        (sharp_crop(), 60, FRONTAL + np.array([0, 25]), UnknownReason.CUT_OFF),
        (sharp_crop(), 60, FRONTAL - np.array([90, 0]), UnknownReason.CUT_OFF),
        (
            sharp_crop(),
            60,
            FRONTAL + np.array([50, 0]),
            UnknownReason.NONE,
        ),  # half of the mouth is seen
    ],
)
def test_the_reason_is_the_first_that_applies(
    crop: np.ndarray, width: float, landmarks: np.ndarray, reason: UnknownReason
) -> None:
    boxes = np.array([[0.0, 0.0, width, width]])
    measures = measure(crop[np.newaxis], (100, 100), 1.4, boxes, landmarks[np.newaxis])
    reasons = assess(measures, QualitySettings())
    assert UnknownReason(int(reasons[0])) == reason


def test_the_yaw_ratio_is_the_same_for_a_tilted_head() -> None:
    angle = np.radians(30)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    upright, tilted = yaw_ratio(np.stack([PROFILE, PROFILE @ rotation.T]))
    assert upright == pytest.approx(tilted, rel=1e-4)
    assert yaw_ratio(FRONTAL[np.newaxis])[0] == pytest.approx(0.0, abs=1e-6)


def test_an_empty_frame_has_no_reasons() -> None:
    crops = np.zeros((0, 64, 64, 3), np.uint8)
    measures = measure(crops, (100, 100), 1.4, np.zeros((0, 4)), np.zeros((0, 5, 2)))
    empty = assess(measures, QualitySettings())
    assert empty.shape == (0,)


DEFAULTS = PipelineSettings()
LIMITS = DEFAULTS.quality


def measures(**changed: float) -> Measures:
    """One face that is seen perfectly, but for the given measures."""
    values = {"width": 64.0, "sharpness": 1.0, "brightness": 120.0, "yaw_ratio": 0.0, "cut_off": 0}
    arrays = {name: np.array([value]) for name, value in {**values, **changed}.items()}
    arrays["cut_off"] = arrays["cut_off"].astype(bool)
    return Measures(**arrays)


def classified(best: float, **changed: float) -> Detections:
    """One face with NOSE_EXPOSED as its most probable class."""
    rest = (1.0 - best) / 3
    row = [best if c == WearStatus.NOSE_EXPOSED else rest for c in CLASSES]
    faces = Detections.of_boxes(np.zeros((1, 4)), np.ones(1))
    return apply_frame_status(faces, np.array([row], np.float32), measures(**changed), DEFAULTS)


def below(limit: float) -> float:
    return float(np.nextafter(limit, 0.0))


@pytest.mark.parametrize(
    ("at_limit", "beyond", "reason"),
    [
        ({"width": LIMITS.min_width}, {"width": below(LIMITS.min_width)}, "TOO_SMALL"),
        (
            {"sharpness": LIMITS.min_sharpness},
            {"sharpness": below(LIMITS.min_sharpness)},
            "BLURRED",
        ),
        (
            {"brightness": LIMITS.min_brightness},
            {"brightness": below(LIMITS.min_brightness)},
            "DARK",
        ),
        (
            {"yaw_ratio": LIMITS.max_yaw_ratio},
            {"yaw_ratio": float(np.nextafter(LIMITS.max_yaw_ratio, 9.0))},
            "PROFILE",
        ),
        ({"cut_off": 0}, {"cut_off": 1}, "CUT_OFF"),
    ],
)
def test_every_threshold_is_exact(
    at_limit: dict[str, float], beyond: dict[str, float], reason: str
) -> None:
    good, bad = classified(0.9, **at_limit), classified(0.9, **beyond)
    assert good.frame_status.tolist() == [WearStatus.NOSE_EXPOSED]
    assert good.confidence.tolist() == [pytest.approx(0.9)]
    assert bad.frame_status.tolist() == [WearStatus.UNKNOWN]
    assert bad.frame_reason.tolist() == [UnknownReason[reason]]
    assert bad.confidence.tolist() == [0.0]
    assert bad.probabilities.tolist() == good.probabilities.tolist()


def test_reasons_have_an_order() -> None:
    wrong = {"width": 1.0, "cut_off": 1.0, "brightness": 0.0, "sharpness": 0.0, "yaw_ratio": 9.0}
    perfect = {"width": 64.0, "cut_off": 0.0, "brightness": 99.0, "sharpness": 1.0}
    order = []
    for name in ("", *perfect):
        wrong |= {name: perfect[name]} if name else {}
        order.append(UnknownReason(int(classified(0.9, **wrong).frame_reason[0])))
    names = ["TOO_SMALL", "CUT_OFF", "DARK", "BLURRED", "PROFILE"]
    assert order == [UnknownReason[name] for name in names]


def test_an_improbable_class_is_uncertain() -> None:
    limit = DEFAULTS.classifier.min_confidence
    assert classified(limit + 1e-3).frame_status.tolist() == [WearStatus.NOSE_EXPOSED]
    uncertain = classified(limit - 1e-3)
    assert uncertain.frame_reason.tolist() == [UnknownReason.UNCERTAIN]
    # A more specific reason comes first.
    assert classified(limit - 1e-3, width=1.0).frame_reason.tolist() == [UnknownReason.TOO_SMALL]


def test_weights_fall_with_size_sharpness_and_yaw() -> None:
    evidence = DEFAULTS.evidence
    assert classified(0.9).weights.tolist() == [1.0]
    half = {
        "width": evidence.full_weight_width / 2,
        "sharpness": evidence.full_weight_sharpness / 2,
        "yaw_ratio": evidence.full_weight_yaw_ratio + 0.1,
    }
    for name, value in half.items():
        assert classified(0.9, **{name: value}).weights.tolist() == [pytest.approx(0.5)]
    assert classified(0.9, **half).weights.tolist() == [pytest.approx(0.125)]
    assert classified(0.9, yaw_ratio=np.nan).weights.tolist() == [1.0]


def test_a_hidden_mouth_is_covered_where_no_class_is_more_probable() -> None:
    rows = np.array([[0.1, 0.1, 0.1, 0.7]] * 3 + [[0.3, 0.2, 0.2, 0.3]], np.float32)
    covered = np.array([0.0, 0.40, 0.42, 0.42], np.float32)
    outputs = np.concatenate([rows * (1 - covered[:, None]), covered[:, None]], axis=1)
    probabilities, hidden = split_covered(outputs)
    assert probabilities == pytest.approx(rows, abs=1e-6)
    one = measures()
    four = Measures(*(np.repeat(getattr(one, f.name), 4) for f in dataclasses.fields(one)))
    faces = Detections.of_boxes(np.zeros((4, 4)), np.ones(4))
    faces = apply_frame_status(faces, probabilities, four, DEFAULTS, hidden)
    known, reason = WearStatus.CORRECT, UnknownReason.COVERED
    assert faces.frame_status.tolist() == [known, known, WearStatus.UNKNOWN, WearStatus.UNKNOWN]
    assert faces.frame_reason.tolist() == [UnknownReason.NONE, UnknownReason.NONE, reason, reason]
    # What cannot be seen for another reason is not called covered.
    blurred = dataclasses.replace(four, sharpness=np.zeros(4))
    faces = apply_frame_status(faces, probabilities, blurred, DEFAULTS, hidden)
    assert set(faces.frame_reason.tolist()) == {UnknownReason.BLURRED}


def test_a_classifier_without_the_output_covered_never_covers() -> None:
    rows = np.array([[0.1, 0.1, 0.1, 0.7]], np.float32)
    probabilities, hidden = split_covered(rows)
    assert probabilities.tolist() == rows.tolist()
    assert hidden.tolist() == [0.0]
