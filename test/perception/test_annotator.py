# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_detector_ros.perception.annotator import COLORS, annotate, label
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
def test_what_is_hidden(blur: str, eyes_visible: bool, mask_visible: bool) -> None:
    image = noise()
    annotated = annotate(image, face(100, 60, 100, 120), AnnotateSettings(blur, labels=False))
    # Beside the features of the icon.
    eyes, mask = (slice(96, 108), slice(183, 193)), (slice(130, 137), slice(118, 136))
    for region, visible in ((eyes, eyes_visible), (mask, mask_visible)):
        kept = detail(annotated[region]) / detail(image[region])
        assert kept > 0.9 if visible else kept < 0.05


def test_faces_are_hidden_by_default() -> None:
    assert AnnotateSettings().blur == "face"


BOXES = [(100, 60, 100, 120), (100, -32, 100, 120), (-48, 60, 100, 120), (280, 200, 100, 120)]


@pytest.mark.parametrize("box", [*BOXES, (150, 100, 5, 6)])
@pytest.mark.parametrize("low_confidence", [False, True])
def test_no_hidden_pixel_depends_on_the_face(box: tuple[float, ...], low_confidence: bool) -> None:
    """Of a face with its hairline, also at the edge of the image, nothing is left."""
    x, y, w, h = box
    found = face(*box), Detections.empty()
    faces, others = reversed(found) if low_confidence else found
    images = [noise(), noise()]
    rows, columns = np.mgrid[0:240, 0:320] + 0.5
    # A head: the box, as wide again by a fifth, and a quarter of it above.
    head = np.hypot((columns - x - w / 2) / (0.6 * w), (rows - y - 0.4 * h) / (0.7 * h)) <= 1
    head |= (columns >= x) & (columns <= x + w) & (rows >= y) & (rows <= y + h)
    assert head.sum() > 20
    images[1][head] = 255 - images[1][head]
    annotated = [annotate(image, faces, PLAIN, others) for image in images]
    assert np.array_equal(annotated[0][head], annotated[1][head])


def test_the_icon_shows_how_the_mask_is_worn() -> None:
    icons = {
        status: annotate(noise(), face(100, 60, 100, 120, status=status), PLAIN)[60:180, 100:200]
        for status in WearStatus
    }
    gray = {s: cv2.cvtColor(icon, cv2.COLOR_BGR2GRAY).astype(int) for s, icon in icons.items()}
    for first in WearStatus:
        for second in WearStatus:
            if first < second:
                # Not by color alone, for viewers with color vision deficiency.
                assert np.abs(gray[first] - gray[second]).mean() > 2, (first, second)
    # The mask's color over nose and mouth, over the mouth, and below it.
    for status, rows in {
        WearStatus.CORRECT: (70, 90),
        WearStatus.NOSE_EXPOSED: (90,),
        WearStatus.BELOW_MOUTH: (112,),
    }.items():
        for row in range(60, 118, 2):
            in_color = np.abs(icons[status][row, 38].astype(int) - COLORS[status]).max() < 12
            assert in_color or row not in rows, (status, row)
            assert not in_color or row >= rows[0] - 15, (status, row)


def test_near_people_are_drawn_over_far_ones() -> None:
    near, far = (90, 50, 120, 140), (60, 80, 40, 50)
    both = Detections.of_boxes(np.array([near, far], np.float32), np.ones(2))
    both = both.with_(status=np.array([WearStatus.NO_MASK, WearStatus.CORRECT]))
    alone = annotate(noise(), face(*near), PLAIN)
    assert np.array_equal(annotate(noise(), both, PLAIN)[100:140, 110:190], alone[100:140, 110:190])


def test_wrong_landmarks_do_not_leave_the_eyes_unblurred() -> None:
    image = noise()
    landmarks = np.full((1, 5, 2), 300.0, np.float32)
    wrong = face(100, 60, 100, 120).with_(landmarks=landmarks)
    annotated = annotate(image, wrong, AnnotateSettings("eyes", labels=False))
    region = (slice(90, 115), slice(120, 180))
    assert detail(annotated[region]) < 0.1 * detail(image[region])


def test_low_confidence_detections_are_hidden_without_an_icon() -> None:
    image = noise()
    annotated = annotate(image, Detections.empty(), AnnotateSettings(), face(100, 60, 100, 120))
    region = (slice(60, 180), slice(100, 200))
    assert detail(annotated[region]) < 0.01 * detail(image[region])


def test_a_low_confidence_detection_that_fills_the_image_is_hidden() -> None:
    annotated = annotate(noise(), Detections.empty(), PLAIN, face(-300, -300, 900, 900))
    assert len(np.unique(annotated)) == 1


def test_the_original_and_the_rest_of_the_image_are_unchanged() -> None:
    image = noise()
    before = image.copy()
    annotated = annotate(image, face(100, 60, 60, 80), PLAIN)
    assert np.array_equal(image, before)
    assert np.array_equal(annotated[:25], image[:25])
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
