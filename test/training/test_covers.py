# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Covers that are no masks: what they hide, what they leave visible, and extreme input."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mask_detector_training.synthesis import (
    COVERS,
    affected_window,
    cover_hides_mouth,
    cover_suits_masks,
    draw_cover,
)
from support.bare_face import BOX, LANDMARKS, change_at, face_image

NOSE, MOUTH = LANDMARKS[2], LANDMARKS[3:].mean(0)
SEEDS = range(5)


def drawn(kind: str, seed: int, image: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return draw_cover(image, kind, box=BOX, landmarks=LANDMARKS, rng=rng)


@pytest.mark.parametrize("kind", [kind for kind in COVERS if cover_hides_mouth(kind)])
def test_cover_hides_the_mouth(kind: str) -> None:
    for seed in SEEDS:
        # Bright green lips show through whatever does not hide them.
        image = face_image(seed)
        cv2.ellipse(image, (int(MOUTH[0]), int(MOUTH[1])), (12, 6), 0, 0, 360, (40, 230, 20), -1)
        x, y = (int(v) for v in MOUTH)
        lips = drawn(kind, seed, image)[y - 3 : y + 4, x - 8 : x + 9].astype(float)
        green = lips[..., 1] - lips[..., [0, 2]].max(-1)
        assert green.mean() < (110 if kind == "cup" else 60), seed  # a glass is transparent


@pytest.mark.parametrize("kind", [kind for kind in COVERS if cover_suits_masks(kind)])
def test_cover_for_masked_faces_leaves_the_wear_status_visible(kind: str) -> None:
    visible = []
    for seed in SEEDS:
        image = face_image(seed)
        out = drawn(kind, seed, image)
        assert np.any(out != image)
        visible.append([change_at(image, out, point) < 40 for point in (NOSE, MOUTH)])
    # Hair may hang over one of them, and a reflection on a shield be bright.
    assert np.mean(visible) > (0.6 if kind in ("hair", "shield") else 0.99)
    assert not cover_hides_mouth(kind)


@pytest.mark.parametrize("kind", COVERS)
@pytest.mark.parametrize("width", [16, 40, 240])
def test_cover_has_the_size_of_the_face(kind: str, width: int) -> None:
    scale = width / BOX[2]
    image = np.asarray(cv2.resize(face_image(), None, fx=scale, fy=scale), np.uint8)
    image = np.pad(image, ((0, 3 * width), (2 * width,) * 2, (0, 0)), mode="edge")
    shift = np.array([2.0 * width, 0.0])
    landmarks = LANDMARKS * scale + shift
    # Tilted by 30 degrees around the mouth.
    turn = cv2.getRotationMatrix2D(landmarks[3:].mean(0).tolist(), 30, 1.0)
    turned = cv2.warpAffine(image, turn, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    image = np.asarray(turned, np.uint8)
    landmarks = landmarks @ turn[:, :2].T + turn[:, 2]
    kept = image.copy()
    areas = []
    for seed in range(2):
        out = draw_cover(image, kind, landmarks=landmarks, rng=np.random.default_rng(seed))
        assert out.shape == image.shape and out.dtype == np.uint8
        changed = np.abs(out.astype(int) - image).max(-1) > 8
        areas.append(changed.sum() / width**2)
        window = affected_window(image.shape, landmarks=landmarks)
        assert window is not None
        x0, y0, x1, y1 = window
        changed[y0:y1, x0:x1] = False
        assert not changed.any()
    np.testing.assert_array_equal(image, kept)
    assert 0.01 < np.mean(areas) < 8.0


def test_hand_has_the_skin_color_of_the_face() -> None:
    for seed, skin in enumerate(((120, 150, 205), (40, 60, 95), (150, 175, 225))):
        image = np.full((240, 210, 3), 128, np.uint8)
        cv2.ellipse(image, (105, 100), (44, 62), 0, 0, 360, skin, -1)
        out = drawn("hand", seed, image)
        x, y = (int(v) for v in MOUTH)
        found = np.median(out[y - 12 : y + 12, x - 15 : x + 15].reshape(-1, 3), axis=0)
        assert np.abs(found / found.sum() - np.array(skin) / sum(skin)).max() < 0.05


@pytest.mark.parametrize("kind", COVERS)
def test_covers_of_a_gray_photo_are_gray(kind: str) -> None:
    gray = cv2.cvtColor(face_image(), cv2.COLOR_BGR2GRAY)
    image = np.dstack([gray, gray, gray])
    for seed in range(2):
        out = drawn(kind, seed, image).astype(int)
        assert np.ptp(out, axis=2).max() <= 6


def test_same_seed_gives_the_same_image() -> None:
    image = face_image()
    first, second, other = (drawn("scarf", seed, image) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, second)
    assert np.any(first != other)


def test_covers_at_and_beyond_the_edge_of_the_image() -> None:
    image = face_image()
    for kind in COVERS:
        for x, y in ((-70, -60), (120, 150), (-2000, 0), (0, 190)):
            rng = np.random.default_rng(1)
            out = draw_cover(image, kind, landmarks=LANDMARKS + np.array([x, y]), rng=rng)
            assert out.shape == image.shape
        tiny = draw_cover(image[:3, :2], kind, box=(0, 0, 2, 3))
        assert tiny.shape == (3, 2, 3)


def test_input_without_a_usable_face_gives_a_copy() -> None:
    image = face_image()
    unusable = np.full((5, 2), np.nan)
    for box, landmarks in ((None, None), ((0, 0, 0, 0), None), (None, unusable)):
        out = draw_cover(image, "hand", box=box, landmarks=landmarks)
        np.testing.assert_array_equal(out, image)
        assert out is not image


def test_clear_errors() -> None:
    with pytest.raises(ValueError, match=r"cover must be one of hand.*got 'umbrella'"):
        draw_cover(face_image(), "umbrella", box=BOX)
    with pytest.raises(ValueError, match="cover must be one of"):
        cover_hides_mouth("umbrella")
    with pytest.raises(ValueError, match="uint8 BGR"):
        draw_cover(face_image()[..., 0], "hand", box=BOX)
