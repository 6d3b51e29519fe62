# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drawing of synthetic masks on bare faces.

Masks are rendered from random parameters instead of pasted from stock images, so that a network
cannot learn their textures. Light, sharpness and noise are matched to the photo.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_ros.arrays import Image
from mask_detector_ros.perception.types import WearStatus
from mask_detector_training.synthesis.compositing import compose
from mask_detector_training.synthesis.head import HeadPose, fit_pose, landmarks_of_box
from mask_detector_training.synthesis.mesh import Mesh, hanging_mesh, worn_mesh
from mask_detector_training.synthesis.mesh_pose import fit_mesh_pose
from mask_detector_training.synthesis.photo import Photo, measure
from mask_detector_training.synthesis.placement import MaskPlacement
from mask_detector_training.synthesis.render import render
from mask_detector_training.synthesis.skin import under_hair
from mask_detector_training.synthesis.style import MaskStyle

WINDOW_HALF_SIDE = 4.0
"""Half side of the square around the mouth in which pixels may change, in eye distances."""

MIN_FACE_WIDTH_PX = 40.0
"""Landmarks of narrower faces are too inaccurate to place a mask."""

_MAX_COORDINATE = 1e5
_UNDER_HAIR_PROBABILITY = 0.8
"""Probability that straps run under hair or a hood where the skin ends, not over it."""

_MIN_CONTRAST = 40.0
"""Mean change in gray levels below which a mask is hardly visible, as black on a black beard."""
_MIN_AREA = 0.35
"""Least area of the mask when its contrast is computed, in square eye distances."""
_MAX_ATTEMPTS = 3
"""Number of random masks tried until one is visible."""

_MIN_FACING = 0.4
"""Least cosine of the angle between face normal and camera axis."""
_MAX_RESIDUAL = 0.15
"""Largest deviation of a landmark from the head model, in eye distances."""


def draw_mask(
    image: Image,
    status: WearStatus = WearStatus.CORRECT,
    *,
    box: ArrayLike | None = None,
    landmarks: ArrayLike | None = None,
    mesh: ArrayLike | None = None,
    style: MaskStyle | None = None,
    placement: MaskPlacement | None = None,
    rng: np.random.Generator | None = None,
) -> Image:
    """Draw a mask on a bare face.

    Args:
        image: (H, W, 3) uint8 BGR; not changed.
        status: wear status of the mask; not used if ``placement`` is given. NO_MASK and
            UNKNOWN return a copy.
        box: face box from forehead to chin, xywh in pixels.
        landmarks: (5, 2) pixels: right eye, left eye, nose tip, right and left mouth
            corner of the person. More accurate than the box alone; with both, the box gives
            the chin. May be outside the image.
        mesh: (MESH_POINTS, 3) pixels, a face mesh as of ``FaceMesh.find``; more accurate still
            at nose, cheeks and jaw. Replaces box and landmarks.
        style: the mask; random if None.
        placement: position of the mask; random for ``status`` if None.
        rng: random generator; one with a fixed seed if None.

    Returns:
        A new (H, W, 3) uint8 image. Only pixels inside ``affected_window`` change. The image
        is a copy if box and landmarks are missing, invalid or too far outside.

    Raises:
        ValueError: the image has another shape or dtype.
    """
    check_image(image)
    result = image.copy()
    if status in (WearStatus.NO_MASK, WearStatus.UNKNOWN) and placement is None:
        return result
    rng = rng if rng is not None else np.random.default_rng(0)
    pose = face_pose(box, landmarks, mesh)
    if pose is None:
        return result
    for _ in range(_MAX_ATTEMPTS):
        chosen = style if style is not None else MaskStyle.random(rng)
        placed = placement
        if placed is None:
            placed = MaskPlacement.random(status, rng, chosen.kind)
        drawn = _draw(image, pose, chosen, placed, rng)
        if drawn is None:
            return result
        (x0, y0, x1, y1), patch, contrast = drawn
        if style is not None or contrast >= _MIN_CONTRAST:
            break
    result[y0:y1, x0:x1] = patch
    return result


def _draw(
    image: Image,
    pose: HeadPose,
    style: MaskStyle,
    placement: MaskPlacement,
    rng: np.random.Generator,
) -> tuple[tuple[int, int, int, int], Image, float] | None:
    """Draw a mask with a given style and placement.

    Returns:
        The changed window x0, y0, x1, y1, its new content (H, W, 3), and the mean change of
        the pixels under the mask in gray levels; None if the mask is outside the image.
    """
    window = mask_window(pose, image.shape)
    if window is None:
        return None
    mesh = hanging_mesh(pose, placement) if placement.hang else worn_mesh(pose, style, placement)
    window = _bounds(mesh, pose, window)
    if window is None:
        return None
    x0, y0, x1, y1 = window
    photo = measure_photo(image, pose, window)
    if not placement.hang and rng.random() < _UNDER_HAIR_PROBABILITY:
        mesh = replace(mesh, straps=under_hair(mesh.straps, image, pose))
    layer = render(mesh, pose, style, placement, photo, window, rng)
    before = image[y0:y1, x0:x1]
    after = compose(before, layer, pose, photo, rng)
    blue, green, red = cv2.split(cv2.absdiff(before, after))
    change = cv2.max(cv2.max(blue, green), red)
    # A mask that is mostly outside the image counts as hardly visible.
    area = max(float(layer.mask_alpha.sum()), _MIN_AREA * pose.scale**2)
    return window, after, float((change * layer.mask_alpha).sum()) / area


def is_suitable_face(
    box: Floats, landmarks: Floats, shape: tuple[int, ...], mesh: Floats | None = None
) -> bool:
    """Whether a synthetic mask looks realistic on a face.

    The face must be wide enough and not in profile, with space for a mask below the chin, and
    with a mesh, or landmarks that match the head model.

    Args:
        box: (4,) xywh in pixels.
        landmarks: (5, 2) pixels, NaN where unknown.
        shape: shape of the image, height first.
        mesh: (MESH_POINTS, 3) pixels, if the mask is placed along it.
    """
    return unsuitable_reason(box, landmarks, shape, mesh) is None


def unsuitable_reason(
    box: Floats, landmarks: Floats, shape: tuple[int, ...], mesh: Floats | None = None
) -> str | None:
    """Why a face is not suitable for a synthetic mask; None if it is.

    Arguments as for ``is_suitable_face``.
    """
    if mesh is None and np.isnan(landmarks).any():
        return "no landmarks"
    if box[2] < MIN_FACE_WIDTH_PX:
        return "too small"
    if box[1] + 1.2 * box[3] > shape[0]:
        return "no space below the chin"
    pose = face_pose(box, landmarks, mesh)
    if pose is None:
        return "landmarks do not match a head"
    if mesh is None and np.abs(pose.residual).max() > _MAX_RESIDUAL * pose.scale:
        return "landmarks do not match a head"
    return "turned too far" if pose.rotation[2, 2] < _MIN_FACING else None


def affected_window(
    shape: tuple[int, ...],
    *,
    box: ArrayLike | None = None,
    landmarks: ArrayLike | None = None,
    mesh: ArrayLike | None = None,
) -> tuple[int, int, int, int] | None:
    """Window x0, y0, x1, y1 (pixels, end excluded) outside which ``draw_mask`` changes nothing.

    None if it changes nothing at all.
    """
    pose = face_pose(box, landmarks, mesh)
    return None if pose is None else mask_window(pose, shape)


def face_pose(
    box: ArrayLike | None, landmarks: ArrayLike | None, mesh: ArrayLike | None = None
) -> HeadPose | None:
    """Head pose from a mesh, or from box and landmarks; None if all are missing or invalid."""
    points = None if mesh is None else np.asarray(mesh, np.float64).reshape(-1, 3)
    if points is not None and _are_usable(points):
        return fit_mesh_pose(points)
    frame = None if box is None else np.asarray(box, np.float64).reshape(4)
    if frame is not None and (not _are_usable(frame) or frame[2:].min() < 1.0):
        frame = None
    points = None if landmarks is None else np.asarray(landmarks, np.float64).reshape(5, 2)
    if points is not None and _are_usable(points) and np.ptp(points) > 0.5:
        chin = None if frame is None else float(frame[1] + frame[3])
        return fit_pose(points, chin)
    return None if frame is None else fit_pose(landmarks_of_box(frame))


def _are_usable(values: Floats) -> bool:
    return bool(np.isfinite(values).all() and np.abs(values).max() < _MAX_COORDINATE)


def check_image(image: Image) -> None:
    """Raise ``ValueError`` for an image that is not (H, W, 3) uint8."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image must be (H, W, 3) uint8 BGR, got {image.shape} {image.dtype}")


def measure_photo(image: Image, pose: HeadPose, window: tuple[int, int, int, int]) -> Photo:
    """Light, sharpness and noise of a photo around a window x0, y0, x1, y1."""
    x0, y0, x1, y1 = window
    margin = int(0.6 * pose.scale) + 3
    around = image[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin]
    face = _square(pose, np.array([0.0, 0.5, 0.2]), 0.8, image.shape)
    return measure(around, around if face is None else image[face[1] : face[3], face[0] : face[2]])


def mask_window(pose: HeadPose, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """``affected_window`` of a head pose."""
    return _square(pose, np.array([0.0, 1.0, 0.0]), WINDOW_HALF_SIDE, shape)


def _square(
    pose: HeadPose, middle: Floats, half: float, shape: tuple[int, ...]
) -> tuple[int, int, int, int] | None:
    """Square window around a head point (3,) with half a side of ``half`` eye distances.

    None if it is outside the image.
    """
    at = pose.project(middle)
    low, high = np.floor(at - half * pose.scale), np.ceil(at + half * pose.scale)
    return _clip(low, high, (0, 0, shape[1], shape[0]))


def _bounds(
    mesh: Mesh, pose: HeadPose, limit: tuple[int, int, int, int]
) -> tuple[int, int, int, int] | None:
    """Bounding window of mask, straps and shadow within ``limit``; None if outside."""
    points = np.vstack([mesh.points.reshape(-1, 2), *mesh.straps])
    margin = 0.15 * pose.scale + 2
    return _clip(np.floor(points.min(0) - margin), np.ceil(points.max(0) + margin), limit)


def _clip(
    low: Floats, high: Floats, limit: tuple[int, int, int, int]
) -> tuple[int, int, int, int] | None:
    x0, y0 = (max(int(a), b) for a, b in zip(low, limit[:2], strict=True))
    x1, y1 = (min(int(a), b) for a, b in zip(high, limit[2:], strict=True))
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None
