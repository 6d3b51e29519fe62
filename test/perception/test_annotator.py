# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_detector_ros.perception.annotator import annotate, label
from mask_detector_ros.perception.pipeline_settings import AnnotateSettings
from mask_detector_ros.perception.types import Detections, UnknownReason, WearStatus

PLAIN = AnnotateSettings(labels=False)


def noise(height: int = 240, width: int = 320) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3)).astype(np.uint8)


def face(*box: float, status: WearStatus = WearStatus.NO_MASK) -> Detections:
    """One face at the box x, y, w, h."""
    return Detections.of_boxes(np.array([box]), np.ones(1)).with_(
        status=np.array([status]), confidence=np.array([0.91])
    )


def detail(image: np.ndarray) -> float:
    """Variance of the Laplacian."""
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())


@pytest.mark.parametrize(
    ("blur", "eyes_visible", "mask_visible"),
    [("eyes", False, True), ("face", False, False), ("off", True, True)],
)
def test_blur(blur: str, eyes_visible: bool, mask_visible: bool) -> None:
    image = noise()
    annotated = annotate(image, face(100, 60, 100, 120), AnnotateSettings(blur, labels=False))
    eyes, mask = (slice(90, 115), slice(115, 185)), (slice(130, 170), slice(125, 175))
    for region, visible in ((eyes, eyes_visible), (mask, mask_visible)):
        kept = detail(annotated[region]) / detail(image[region])
        assert kept > 0.9 if visible else kept < 0.05


@pytest.mark.parametrize(("x", "y"), [(100, -32), (-48, 60)])
def test_a_face_cut_by_the_edge_is_blurred_up_to_the_edge(x: float, y: float) -> None:
    image = noise()
    annotated = annotate(image, face(x, y, 100, 120), AnnotateSettings("face", labels=False))
    left, top = max(0, int(x) + 20), max(0, int(y) + 20)
    region = (slice(top, int(y) + 100), slice(left, int(x) + 80))
    assert detail(annotated[region]) < 0.05 * detail(image[region])


def test_wrong_landmarks_do_not_leave_the_eyes_unblurred() -> None:
    image = noise()
    landmarks = np.full((1, 5, 2), 300.0, np.float32)
    wrong = face(100, 60, 100, 120).with_(landmarks=landmarks)
    annotated = annotate(image, wrong, PLAIN)
    region = (slice(90, 115), slice(120, 180))
    assert detail(annotated[region]) < 0.1 * detail(image[region])


def test_low_confidence_detections_are_blurred_but_not_drawn() -> None:
    image = noise()
    low_confidence = face(100, 60, 100, 120)
    annotated = annotate(image, Detections.empty(), AnnotateSettings("face"), low_confidence)
    region = (slice(90, 150), slice(120, 180))
    assert detail(annotated[region]) < 0.05 * detail(image[region])
    assert np.array_equal(annotated[58:62, 98:102], image[58:62, 98:102])  # no box


def test_the_original_and_the_rest_of_the_image_are_unchanged() -> None:
    image = noise()
    before = image.copy()
    annotated = annotate(image, face(100, 60, 60, 80), PLAIN)
    assert np.array_equal(image, before)
    assert np.array_equal(annotated[:40], image[:40])
    assert np.array_equal(annotate(image, Detections.empty(), PLAIN), image)


number = st.floats(-400, 700)


@settings(max_examples=60, deadline=None)
@given(x=number, y=number, w=st.floats(0.01, 900), h=st.floats(0.01, 900))
@pytest.mark.parametrize("blur", ["eyes", "face"])
def test_any_box_can_be_drawn(blur: str, x: float, y: float, w: float, h: float) -> None:
    image = noise(60, 80)
    assert annotate(image, face(x, y, w, h), AnnotateSettings(blur)).shape == image.shape


def test_label_text() -> None:
    known = face(1, 1, 9, 9).with_(
        ids=np.array([3]), positions=np.array([[0.1, 0.0, 2.41]], np.float32)
    )
    assert label(known, 0) == "#3 no mask 91% 2.4 m"
    unknown = face(1, 1, 9, 9, status=WearStatus.UNKNOWN)
    unknown = unknown.with_(reason=np.array([UnknownReason.TOO_SMALL]))
    assert label(unknown, 0) == "? too small"
