# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Synthetic masks: what they cover, what they leave unchanged, and extreme input."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mask_detector_ros.perception.types import WearStatus
from mask_detector_training.synthesis import (
    KINDS,
    PATTERNS,
    MaskPlacement,
    MaskStyle,
    affected_window,
    contact_sheet,
    draw_mask,
    is_suitable_face,
)
from mask_detector_training.synthesis.head import (
    LANDMARKS_3D,
    box_of_landmarks,
    fit_pose,
)
from mask_detector_training.synthesis.mask_drawing import unsuitable_reason
from mask_detector_training.synthesis.photo import blur_sigma
from mask_detector_training.synthesis.skin import under_hair
from support.bare_face import BOX, LANDMARKS, change_at, face_image

WORN = (WearStatus.CORRECT, WearStatus.NOSE_EXPOSED, WearStatus.BELOW_MOUTH)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_each_wear_status_covers_its_parts_of_the_face(kind: str, seed: int) -> None:
    image = face_image(seed)
    nose, mouth = LANDMARKS[2], LANDMARKS[3:].mean(0)
    chin = np.array([105.0, BOX[1] + BOX[3] - 4])
    covered = {}
    for status in WORN:
        rng = np.random.default_rng(seed)
        # A bright green differs from any skin color.
        style = replace(MaskStyle.random(rng, kind), colors=((40.0, 230.0, 20.0),), pattern="plain")
        placement = MaskPlacement.random(status, rng, kind, hanging=False)
        out = draw_mask(
            image, status, box=BOX, landmarks=LANDMARKS, style=style, placement=placement, rng=rng
        )
        covered[status] = [change_at(image, out, p) > 25 for p in (nose, mouth, chin)]
    assert covered[WearStatus.CORRECT] == [True, True, True]
    assert covered[WearStatus.NOSE_EXPOSED] == [False, True, True]
    assert covered[WearStatus.BELOW_MOUTH][:2] == [False, False]


def test_hanging_mask_leaves_the_middle_of_the_face_bare() -> None:
    image = face_image()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        placement = MaskPlacement.random(WearStatus.BELOW_MOUTH, rng, hanging=True)
        out = draw_mask(image, box=BOX, landmarks=LANDMARKS, placement=placement, rng=rng)
        assert np.any(out != image)
        for point in (LANDMARKS[2], LANDMARKS[3:].mean(0)):
            assert change_at(image, out, point) < 3


def test_same_seed_gives_the_same_image_and_input_is_unchanged() -> None:
    image = face_image()
    kept = image.copy()
    first, second, other = (
        draw_mask(image, box=BOX, landmarks=LANDMARKS, rng=np.random.default_rng(seed))
        for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(first, second)
    assert np.any(first != other)
    np.testing.assert_array_equal(image, kept)


@pytest.mark.parametrize("status", WORN)
def test_nothing_changes_outside_the_affected_window(status: WearStatus) -> None:
    image = face_image(size=(500, 600))
    for seed in range(10):
        rng = np.random.default_rng(seed)
        shifted = LANDMARKS + rng.uniform(0, 250, 2)
        out = draw_mask(image, status, landmarks=shifted, rng=rng)
        window = affected_window(image.shape, landmarks=shifted)
        assert window is not None
        x0, y0, x1, y1 = window
        outside = np.ones(image.shape[:2], bool)
        outside[y0:y1, x0:x1] = False
        np.testing.assert_array_equal(out[outside], image[outside])


def test_no_mask_and_unknown_faces_stay_bare() -> None:
    image = face_image()
    np.testing.assert_array_equal(draw_mask(image, WearStatus.NO_MASK, box=BOX), image)
    np.testing.assert_array_equal(draw_mask(image, WearStatus.CORRECT), image)
    nothing = draw_mask(image, box=(np.nan, 0, 10, 10), landmarks=np.full((5, 2), np.inf))
    np.testing.assert_array_equal(nothing, image)


@pytest.mark.parametrize(
    "image",
    [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3), np.float32), np.zeros((5, 5, 4), np.uint8)],
)
def test_other_image_types_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8 BGR"):
        draw_mask(image, box=BOX)


numbers = st.one_of(
    st.floats(-300, 600),
    st.floats(allow_nan=True, allow_infinity=True, width=32),
    st.sampled_from([0.0, 1.0, -1e30]),
)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(
    height=st.integers(1, 120),
    width=st.integers(1, 120),
    box=st.none() | st.lists(numbers, min_size=4, max_size=4),
    landmarks=st.none() | st.lists(numbers, min_size=10, max_size=10),
    status=st.sampled_from(list(WearStatus)),
    kind=st.sampled_from(KINDS),
    hanging=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_extreme_input_raises_nothing(
    height: int,
    width: int,
    box: list[float] | None,
    landmarks: list[float] | None,
    status: WearStatus,
    kind: str,
    hanging: bool,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    style = MaskStyle.random(rng, kind)
    placement = None
    if status == WearStatus.BELOW_MOUTH:
        placement = MaskPlacement.random(status, rng, kind, hanging=hanging)
    out = draw_mask(
        image, status, box=box, landmarks=landmarks, style=style, placement=placement, rng=rng
    )
    assert out.shape == image.shape and out.dtype == np.uint8


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    size=st.floats(0.6, 3000),
    x=st.floats(-50, 150),
    y=st.floats(-50, 150),
    turn=st.floats(-3.2, 3.2),
    squeeze=st.floats(0.02, 1.5),
    status=st.sampled_from(WORN),
    seed=st.integers(0, 2**32),
)
def test_faces_of_any_size_place_and_turn(
    size: float, x: float, y: float, turn: float, squeeze: float, status: WearStatus, seed: int
) -> None:
    image = face_image(size=(100, 120))
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = (LANDMARKS_3D[:, :2] * [squeeze, 1.0]) @ spin.T * size + [x, y]
    out = draw_mask(image, status, landmarks=points, rng=np.random.default_rng(seed))
    assert out.shape == image.shape


def test_fitted_pose_is_accurate() -> None:
    for yaw in (-0.7, -0.3, 0.0, 0.4, 0.8):
        c, s = np.cos(yaw), np.sin(yaw)
        landmarks = (LANDMARKS_3D @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T)[:, :2]
        pose = fit_pose(landmarks * 40 + 100)
        assert np.arctan2(pose.rotation[0, 2], pose.rotation[0, 0]) == pytest.approx(yaw, abs=0.12)
        assert pose.scale == pytest.approx(40, rel=0.1)
        np.testing.assert_allclose(pose.project(LANDMARKS_3D), landmarks * 40 + 100, atol=2.0)


def test_box_of_landmarks_matches_the_box() -> None:
    box = box_of_landmarks(LANDMARKS)
    middle, size = box[:2] + box[2:] / 2, box[2:]
    np.testing.assert_allclose(middle, np.array(BOX[:2]) + np.array(BOX[2:]) / 2, atol=12)
    np.testing.assert_allclose(size, BOX[2:], rtol=0.2)


def test_edges_have_the_sharpness_of_the_photo() -> None:
    sharp = face_image()
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 3.0), np.uint8)
    style = MaskStyle(kind="sponge", colors=((20.0, 20.0, 20.0),))
    steps = []
    for image in (sharp, soft):
        out = draw_mask(image, box=BOX, landmarks=LANDMARKS, style=style, placement=MaskPlacement())
        column = cv2.cvtColor(out, cv2.COLOR_BGR2GRAY)[60:120, 105].astype(float)
        steps.append(float(np.abs(np.diff(column)).max()))
    assert steps[1] < 0.6 * steps[0]


def test_blur_is_measured() -> None:
    gray = cv2.cvtColor(face_image(), cv2.COLOR_BGR2GRAY).astype(np.float32)
    blurred = [cv2.GaussianBlur(gray, (0, 0), sigma) for sigma in (0.3, 1.5, 3.0)]
    measured = [blur_sigma(np.asarray(image, np.float32)) for image in blurred]
    assert measured == sorted(measured) and measured[-1] > 1.5


def test_gray_photos_get_gray_masks() -> None:
    gray = np.asarray(face_image().mean(-1, keepdims=True).repeat(3, -1), np.uint8)
    out = draw_mask(
        gray, box=BOX, landmarks=LANDMARKS, style=MaskStyle(), placement=MaskPlacement()
    )
    assert np.ptp(out.astype(int), axis=-1).max() <= 4


def test_placements_are_interpolated() -> None:
    rng = np.random.default_rng(1)
    start, end = (MaskPlacement.random(s, rng, hanging=False) for s in (WORN[0], WORN[2]))
    assert start.interpolate(end, 0.0) == start
    assert start.interpolate(end, 1.0).top == pytest.approx(end.top)
    assert start.top < start.interpolate(end, 0.5).top < end.top


def test_styles_vary_and_invalid_arguments_are_refused() -> None:
    rng = np.random.default_rng(0)
    styles = [MaskStyle.random(rng) for _ in range(400)]
    assert {s.kind for s in styles} == set(KINDS)
    assert {s.pattern for s in styles} == set(PATTERNS)
    with pytest.raises(ValueError, match="mask kind"):
        MaskStyle.random(rng, "scarf")
    with pytest.raises(ValueError, match="no mask is worn"):
        MaskPlacement.random(WearStatus.NO_MASK, rng)
    with pytest.raises(ValueError, match="BELOW_MOUTH"):
        MaskPlacement.random(WearStatus.CORRECT, rng, hanging=True)


def test_contact_sheet_has_a_row_per_face() -> None:
    faces = [
        (face_image(1), BOX, LANDMARKS, None),
        (face_image(2), None, LANDMARKS, None),
        (face_image(), None, None, None),
    ]
    sheet = contact_sheet(faces, np.random.default_rng(0), tile=64)
    assert sheet.shape == (20 + 2 * 64, 8 * 64, 3)


def test_generator_needs_no_tensorflow() -> None:
    code = (
        "import sys, mask_detector_training.synthesis\n"
        "assert not {'tensorflow', 'keras', 'rclpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_hanging_mask_of_a_turned_head_is_at_the_visible_ear() -> None:
    image = face_image()
    for yaw in (-0.8, 0.8):
        c, s = np.cos(yaw), np.sin(yaw)
        turned = (LANDMARKS_3D @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T)[:, :2]
        landmarks = turned * 40 + [105, 90]
        for side in (-1, 1):
            out = draw_mask(image, landmarks=landmarks, placement=MaskPlacement(hang=side))
            columns = np.flatnonzero(np.any(out != image, axis=(0, 2)))
            # If the nose points to the right of the image, the ear at the left is visible.
            assert (columns.mean() < 105) == (yaw > 0)
            assert change_at(image, out, landmarks[3:].mean(0)) < 3


def turned(yaw: float, pitch: float = 0.0) -> np.ndarray:
    """Landmarks (5, 2) of a head of 40 pixels eye distance in the middle of ``face_image``."""
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    spin = np.array([[cy, 0, sy], [sp * sy, cp, -sp * cy], [-cp * sy, sp, cp * cy]])
    return np.asarray((LANDMARKS_3D @ spin.T)[:, :2] * 40 + [105, 90])


@pytest.mark.parametrize("kind", KINDS)
def test_an_exposed_nose_shows_its_tip_on_turned_and_nodding_heads(kind: str) -> None:
    image = face_image()
    for seed in range(24):
        rng = np.random.default_rng(seed)
        landmarks = turned(rng.uniform(-0.7, 0.7), rng.uniform(-0.3, 0.3))
        style = replace(MaskStyle.random(rng, kind), colors=((40.0, 230.0, 20.0),), pattern="plain")
        out = draw_mask(image, WearStatus.NOSE_EXPOSED, landmarks=landmarks, style=style, rng=rng)
        assert change_at(image, out, landmarks[2]) < 25, (kind, seed)


def test_lowered_masks_are_on_the_chin_on_the_neck_or_hang() -> None:
    rng = np.random.default_rng(0)
    placements = [MaskPlacement.random(WearStatus.BELOW_MOUTH, rng) for _ in range(300)]
    worn = [p for p in placements if not p.hang]
    on_chin = sum(p.top < 1.55 for p in worn)
    assert len(placements) - len(worn) > 20
    assert 80 < on_chin < len(worn) - 60
    assert all(p.top > 1.2 and p.bottom > p.top + 0.25 and p.straps for p in worn)


def test_a_rolled_mask_shows_its_lining_at_the_top() -> None:
    image = face_image()
    style = MaskStyle(kind="cloth", colors=((150.0, 60.0, 20.0),))
    low = MaskPlacement(top=1.25, top_side=1.1, bottom=2.0, bottom_side=1.6, nose=0.0)
    plain, rolled = (
        draw_mask(
            image, box=BOX, landmarks=LANDMARKS, style=style, placement=replace(low, rolled=r)
        )
        for r in (0.0, 0.4)
    )
    column = np.s_[100:110]
    lighter = rolled[:, column].mean((1, 2)) - plain[:, column].mean((1, 2))
    rows = np.flatnonzero(lighter > 60)
    changed = np.flatnonzero(np.any(plain[:, column] != image[:, column], axis=(1, 2)))
    assert len(rows) > 4 and rows.mean() < changed.mean()


def test_a_random_mask_is_visible_on_a_black_beard() -> None:
    image = face_image()
    image[95:] = (20, 22, 24)
    visible = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        out = draw_mask(image, WearStatus.BELOW_MOUTH, box=BOX, landmarks=LANDMARKS, rng=rng)
        change = np.abs(out.astype(int) - image).max(-1)[95:]
        visible += int((change > 50).sum() > 300)
    assert visible >= 36


def test_straps_end_at_the_hair() -> None:
    image = np.full((240, 210, 3), (120, 150, 205), np.uint8)
    image[:, 140:] = (25, 20, 20)
    pose = fit_pose(LANDMARKS)
    strap = np.stack([np.linspace(110, 170, 13), np.full(13, 110.0)], -1)
    beard = np.stack([np.linspace(170, 110, 13), np.full(13, 110.0)], -1)
    kept, whole = under_hair([strap, beard], image, pose)
    assert 130 < kept[:, 0].max() < 142
    assert len(whole) == len(beard)
    assert under_hair([strap[8:]], image, pose) == []


def test_why_a_face_is_unsuitable() -> None:
    box, points, shape = np.array(BOX), LANDMARKS, (400, 400)
    assert unsuitable_reason(box, points, shape) is None
    assert is_suitable_face(box, points, shape)
    assert unsuitable_reason(box, np.full((5, 2), np.nan), shape) == "no landmarks"
    assert unsuitable_reason(box * 0.4, points * 0.4, shape) == "too small"
    assert unsuitable_reason(box, points, (170, 400)) == "no space below the chin"
    assert unsuitable_reason(box, turned(1.35), shape) == "turned too far"
    mixed = points[[2, 3, 0, 1, 4]]
    assert unsuitable_reason(box, mixed, shape) == "landmarks do not match a head"


def test_sharp_background_does_not_sharpen_the_mask() -> None:
    soft = np.asarray(cv2.GaussianBlur(face_image(), (0, 0), 3.0), np.uint8)
    beside = soft.copy()
    beside[:, :52][::4] = 0
    drawn = [
        draw_mask(image, box=BOX, landmarks=LANDMARKS, style=MaskStyle(), placement=MaskPlacement())
        for image in (soft, beside)
    ]
    middle = np.s_[100:150, 90:120]
    assert np.abs(drawn[0][middle].astype(int) - drawn[1][middle]).mean() < 6
