# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Draw masks on bare faces, worn in every right and wrong way.

Everything is drawn by computation: no stock picture is pasted, so that a network has no
texture to learn instead of the wear. The light, sharpness and noise of the photo itself
are measured and given to the mask.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mask_detector_ros.perception.types import FloatArray as Floats
from mask_detector_ros.perception.types import Image, WearStatus
from mask_detector_training.synthesis.head import HeadPose, fit_pose, landmarks_of_box
from mask_detector_training.synthesis.mesh import Mesh, hanging_mesh, worn_mesh
from mask_detector_training.synthesis.photo import Photo, measure
from mask_detector_training.synthesis.render import Layer, render
from mask_detector_training.synthesis.skin import under_hair
from mask_detector_training.synthesis.style import MaskStyle
from mask_detector_training.synthesis.wear import MaskWear

REACH = 4.0
"""Half side of the square around the mouth in which pixels may change, in eye distances."""

_LARGEST = 1e5
_HAIR = 0.8
"""How often straps end where the skin does, under hair or hood, and do not lie on top."""

_VISIBLE = 40.0
_LEAST_AREA = 0.35
_TRIES = 3
"""A random mask that changes its pixels by fewer gray levels than this, black cloth on a black
beard, is not to be seen; so many are tried. Areas are in square eye distances."""

SMALLEST_DRESSED = 40.0
"""Face width in pixels from which on landmarks are good enough to dress the face."""

_FACING = 0.4
_MISFIT = 0.15


def draw_mask(
    image: Image,
    status: WearStatus = WearStatus.CORRECT,
    *,
    box: ArrayLike | None = None,
    landmarks: ArrayLike | None = None,
    style: MaskStyle | None = None,
    wear: MaskWear | None = None,
    rng: np.random.Generator | None = None,
) -> Image:
    """Put a mask on a bare face.

    Args:
        image: (H, W, 3) uint8 BGR; not changed.
        status: how the mask is to be worn; ignored where ``wear`` is given. NO_MASK
            returns a copy.
        box: face box x, y, w, h in pixels, forehead to chin.
        landmarks: (5, 2) pixels: right eye, left eye, nose tip, right and left mouth
            corner, right and left of the person. Better than the box alone; where both
            are given the box tells the chin. May lie outside the image.
        style: the mask; random when None.
        wear: how it sits; random and fitting ``status`` when None.
        rng: source of chance; a fixed seed when None.

    Returns:
        A new (H, W, 3) uint8 image. Only pixels inside ``affected_window`` differ. A
        face too far out, too degenerate or without box and landmarks is left bare.
    """
    _check(image)
    result = image.copy()
    if status in (WearStatus.NO_MASK, WearStatus.UNKNOWN) and wear is None:
        return result
    rng = rng if rng is not None else np.random.default_rng(0)
    pose = face_pose(box, landmarks)
    if pose is None:
        return result
    for _ in range(_TRIES):
        chosen = style if style is not None else MaskStyle.random(rng)
        worn = wear if wear is not None else MaskWear.random(status, rng, chosen.kind)
        drawn = _draw(image, pose, chosen, worn, rng)
        if drawn is None:
            return result
        (x0, y0, x1, y1), patch, contrast = drawn
        if style is not None or contrast >= _VISIBLE:
            break
    result[y0:y1, x0:x1] = patch
    return result


def _draw(
    image: Image, pose: HeadPose, style: MaskStyle, wear: MaskWear, rng: np.random.Generator
) -> tuple[tuple[int, int, int, int], Image, float] | None:
    """The changed window x0, y0, x1, y1, what it shows then, and how much the cloth changes it.

    None when mask and image do not meet.
    """
    window = _reach(pose, image.shape)
    if window is None:
        return None
    mesh = hanging_mesh(pose, wear) if wear.hang else worn_mesh(pose, style, wear)
    window = _bounds(mesh, pose, window)
    if window is None:
        return None
    x0, y0, x1, y1 = window
    margin = int(0.6 * pose.scale) + 3
    around = image[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin]
    face = _square(pose, np.array([0.0, 0.5, 0.2]), 0.8, image.shape)
    photo = measure(around, around if face is None else image[face[1] : face[3], face[0] : face[2]])
    if not wear.hang and rng.random() < _HAIR:
        mesh = replace(mesh, straps=under_hair(mesh.straps, image, pose))
    layer = render(mesh, pose, style, wear, photo, window, rng)
    before = image[y0:y1, x0:x1]
    after = _compose(before, layer, pose, photo, rng)
    blue, green, red = cv2.split(cv2.absdiff(before, after))
    change = cv2.max(cv2.max(blue, green), red)
    # A mask of which hardly anything is inside the picture counts as one hardly visible.
    area = max(float(layer.mask_alpha.sum()), _LEAST_AREA * pose.scale**2)
    return window, after, float((change * layer.mask_alpha).sum()) / area


def is_dressable(box: Floats, landmarks: Floats, shape: tuple[int, ...]) -> bool:
    """Whether a drawn mask looks real on a face.

    The face must be large enough and not in profile, its landmarks known and like those of
    a head, with room for a mask below the chin.

    Args:
        box: (4,) x, y, w, h in pixels.
        landmarks: (5, 2) pixels, NaN where unknown.
        shape: of the picture, height first.
    """
    return why_not_dressable(box, landmarks, shape) is None


def why_not_dressable(box: Floats, landmarks: Floats, shape: tuple[int, ...]) -> str | None:
    """What keeps a face from being dressed, in words; None where nothing does.

    The arguments are those of ``is_dressable``.
    """
    if np.isnan(landmarks).any():
        return "no landmarks"
    if box[2] < SMALLEST_DRESSED:
        return "too small"
    if box[1] + 1.2 * box[3] > shape[0]:
        return "no room below the chin"
    pose = face_pose(box, landmarks)
    if pose is None or np.abs(pose.residual).max() > _MISFIT * pose.scale:
        return "landmarks that fit no head"
    return "turned too far" if pose.rotation[2, 2] < _FACING else None


def affected_window(
    shape: tuple[int, ...], *, box: ArrayLike | None = None, landmarks: ArrayLike | None = None
) -> tuple[int, int, int, int] | None:
    """Window x0, y0, x1, y1 (pixels, end excluded) outside which ``draw_mask`` changes nothing.

    None when it would not change anything at all.
    """
    pose = face_pose(box, landmarks)
    return None if pose is None else _reach(pose, shape)


def face_pose(box: ArrayLike | None, landmarks: ArrayLike | None) -> HeadPose | None:
    """Pose of a face from what is known of it; None where nothing sensible is."""
    frame = None if box is None else np.asarray(box, np.float64).reshape(4)
    if frame is not None:
        usable = np.isfinite(frame).all() and np.abs(frame).max() < _LARGEST
        if not usable or frame[2:].min() < 1.0:
            frame = None
    points = None if landmarks is None else np.asarray(landmarks, np.float64).reshape(5, 2)
    if points is not None and not (
        np.isfinite(points).all() and np.abs(points).max() < _LARGEST and np.ptp(points) > 0.5
    ):
        points = None
    if points is not None:
        chin = None if frame is None else float(frame[1] + frame[3])
        return fit_pose(points, chin)
    return None if frame is None else fit_pose(landmarks_of_box(frame))


def _check(image: Image) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image must be (H, W, 3) uint8 BGR, got {image.shape} {image.dtype}")


def _reach(pose: HeadPose, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    return _square(pose, np.array([0.0, 1.0, 0.0]), REACH, shape)


def _square(
    pose: HeadPose, middle: Floats, half: float, shape: tuple[int, ...]
) -> tuple[int, int, int, int] | None:
    """Window around a head point (3,), ``half`` eye distances to each side; None outside."""
    at = pose.project(middle)
    low, high = np.floor(at - half * pose.scale), np.ceil(at + half * pose.scale)
    return _clip(low, high, (0, 0, shape[1], shape[0]))


def _bounds(
    mesh: Mesh, pose: HeadPose, limit: tuple[int, int, int, int]
) -> tuple[int, int, int, int] | None:
    """Window around mask, straps and shadow, within ``limit``."""
    points = np.vstack([mesh.points.reshape(-1, 2), *mesh.straps])
    margin = 0.15 * pose.scale + 2
    return _clip(np.floor(points.min(0) - margin), np.ceil(points.max(0) + margin), limit)


def _clip(
    low: Floats, high: Floats, limit: tuple[int, int, int, int]
) -> tuple[int, int, int, int] | None:
    x0, y0 = (max(int(a), b) for a, b in zip(low, limit[:2], strict=True))
    x1, y1 = (min(int(a), b) for a, b in zip(high, limit[2:], strict=True))
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def _compose(
    patch: Image, layer: Layer, pose: HeadPose, photo: Photo, rng: np.random.Generator
) -> Image:
    """Lay a layer over its part of the photo: shadow, light, blur and noise."""
    height, width = patch.shape[:2]
    base = patch.astype(np.float32)
    color, alpha = layer.color, layer.alpha
    blur = min(photo.blur, 0.13 * pose.scale)
    soft = float(np.sqrt(max(blur**2 - 0.35**2, 0.0)))
    if soft > 0.2:
        both = cv2.GaussianBlur(np.dstack([color, alpha]), (0, 0), soft)
        color, alpha = both[..., :3], both[..., 3]
    alpha = np.clip(alpha, 0.0, 1.0)
    # The shadow falls downwards and a little sideways; skin beside the edge darkens too.
    reach = max(0.07 * pose.scale, 0.4)
    shift = np.array([[1, 0, -0.5 * photo.side_light * reach], [0, 1, 0.6 * reach]], np.float64)
    shadow = cv2.warpAffine(layer.alpha, shift, (width, height))
    shadow = cv2.GaussianBlur(shadow, (0, 0), reach)
    strength = float(rng.uniform(0.25, 0.5))
    shaded = base * (1 - strength * np.clip(shadow, 0, 1))[..., None]
    # Light that falls unevenly on the face falls unevenly on the cloth.
    gray = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(gray, (8, 8), interpolation=cv2.INTER_AREA).astype(np.float32)
    cover = cv2.resize(layer.mask_alpha, (8, 8), interpolation=cv2.INTER_AREA) + 1e-3
    mean = float((small * cover).sum() / cover.sum()) + 8.0
    # Beyond the face the background would tell the wrong light.
    small = np.where(cover > 0.5, small, mean)
    light = np.clip(((cv2.blur(small, (3, 3)) + 8.0) / mean) ** 0.4, 0.75, 1.2)
    light = cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR)
    grain = rng.standard_normal((height, width)).astype(np.float32)
    if photo.blur > 0.8:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.6) * 1.6
    # Colors are premultiplied by alpha, so light and grain scale with it.
    out = color * light[..., None] + (grain * photo.noise * alpha)[..., None]
    out += shaded * (1 - alpha[..., None])
    return np.asarray(np.clip(out + 0.5, 0, 255), np.uint8)
