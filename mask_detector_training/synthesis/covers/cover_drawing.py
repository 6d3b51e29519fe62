# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drawing of covers on faces: the kinds, and what they hide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mask_detector_ros.arrays import Image
from mask_detector_training.synthesis.compositing import compose
from mask_detector_training.synthesis.covers.canvas import Canvas
from mask_detector_training.synthesis.covers.cloth import collar, hood, scarf, sleeve, strap
from mask_detector_training.synthesis.covers.eyewear import glasses, shield, sunglasses
from mask_detector_training.synthesis.covers.hairs import beard, hair
from mask_detector_training.synthesis.covers.hands import fingers_at_mouth, hand_over_mouth
from mask_detector_training.synthesis.covers.held import cup, food, microphone
from mask_detector_training.synthesis.covers.scene import Scene, hair_color, skin_color
from mask_detector_training.synthesis.covers.sheets import book, paper, phone
from mask_detector_training.synthesis.mask_drawing import (
    check_image,
    face_pose,
    mask_window,
    measure_photo,
)


@dataclass(frozen=True)
class _Kind:
    """A kind of cover.

    Attributes:
        paint: draws it on a canvas of its own.
        hides_mouth: whether it hides the mouth, so that the wear status is unknown.
        suits_masks: whether it leaves the wear status of a masked face as it is, too.
        shadow: least and greatest strength of its shadow on the face.
    """

    paint: Callable[[Scene], Canvas]
    hides_mouth: bool = False
    suits_masks: bool = False
    shadow: tuple[float, float] = (0.2, 0.5)


_KINDS = {
    "hand": _Kind(hand_over_mouth, hides_mouth=True),
    "fingers": _Kind(fingers_at_mouth),
    "paper": _Kind(paper, hides_mouth=True),
    "book": _Kind(book, hides_mouth=True),
    "phone": _Kind(phone, hides_mouth=True),
    "cup": _Kind(cup, hides_mouth=True),
    "food": _Kind(food, hides_mouth=True),
    "scarf": _Kind(scarf, hides_mouth=True),
    "sleeve": _Kind(sleeve, hides_mouth=True),
    "collar": _Kind(collar),
    "hood": _Kind(hood, suits_masks=True),
    "strap": _Kind(strap, suits_masks=True),
    "beard": _Kind(beard, shadow=(0.0, 0.15)),
    "hair": _Kind(hair, suits_masks=True, shadow=(0.1, 0.4)),
    "microphone": _Kind(microphone, suits_masks=True),
    "shield": _Kind(shield, suits_masks=True, shadow=(0.0, 0.15)),
    "glasses": _Kind(glasses, suits_masks=True, shadow=(0.1, 0.4)),
    "sunglasses": _Kind(sunglasses, suits_masks=True, shadow=(0.1, 0.4)),
}
COVERS = tuple(_KINDS)
"""Kinds of covers."""


def cover_hides_mouth(kind: str) -> bool:
    """Whether a kind of cover hides the mouth, so that the wear status is unknown.

    Other kinds leave the wear status as it is.

    Raises:
        ValueError: unknown kind.
    """
    return _kind(kind).hides_mouth


def cover_suits_masks(kind: str) -> bool:
    """Whether a cover can be drawn on a masked face without changing its wear status.

    Raises:
        ValueError: unknown kind.
    """
    return _kind(kind).suits_masks


def draw_cover(
    image: Image,
    kind: str,
    *,
    box: ArrayLike | None = None,
    landmarks: ArrayLike | None = None,
    mesh: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
) -> Image:
    """Draw something that is not a mask over or near a face.

    Args:
        image: (H, W, 3) uint8 BGR; not changed.
        kind: one of ``COVERS``.
        box: face box from forehead to chin, xywh in pixels.
        landmarks: (5, 2) pixels, as for ``draw_mask``; more accurate than the box alone.
        mesh: (MESH_POINTS, 3) pixels, as for ``draw_mask``.
        rng: random generator; one with a fixed seed if None.

    Returns:
        A new (H, W, 3) uint8 image. Only pixels inside ``affected_window`` change. The image
        is a copy if box and landmarks are missing, invalid or too far outside.

    Raises:
        ValueError: unknown kind, or the image has another shape or dtype.
    """
    cover = _kind(kind)
    check_image(image)
    result = image.copy()
    pose = face_pose(box, landmarks, mesh)
    limit = None if pose is None else mask_window(pose, image.shape)
    if pose is None or limit is None:
        return result
    rng = rng if rng is not None else np.random.default_rng(0)
    photo = measure_photo(image, pose, limit)
    skin, hair_tone = skin_color(image, pose), hair_color(image, pose)
    canvas = cover.paint(Scene(pose, photo, skin, hair_tone, limit, rng))
    (x0, y0, x1, y1), layer = canvas.layer()
    result[y0:y1, x0:x1] = compose(
        image[y0:y1, x0:x1], layer, pose, photo, rng,
        follow_light=False, shadow=cover.shadow,
    )  # fmt: skip
    return result


def _kind(kind: str) -> _Kind:
    if kind not in _KINDS:
        raise ValueError(f"cover must be one of {', '.join(COVERS)}, got {kind!r}")
    return _KINDS[kind]
