# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Actors at any time of a scene: position, image, wear status and face box."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.types import WearStatus
from mask_detector_training.synthesis import MaskPlacement
from patrol_clip.camera import CAMERA_HEIGHT, FOCAL, HEIGHT, HORIZON, WIDTH, Camera
from patrol_clip.clothes import CHIN, CHIN_HEIGHT, PIXELS_PER_METER
from patrol_clip.people import Figure, Portrait, make_figure
from patrol_clip.scenes import Actor

FPS = 30
SLIDE_DURATION_S = 0.6
SLIDE_STEPS = 9


def status_of(placement: MaskPlacement | None) -> WearStatus:
    """The wear status of a mask placement; None is no mask."""
    if placement is None:
        return WearStatus.NO_MASK
    # The nose tip is at 0.55, the lower lip ends at about 1.1.
    if placement.hang or placement.top > 1.05:
        return WearStatus.BELOW_MOUTH
    return WearStatus.NOSE_EXPOSED if placement.top > 0.48 else WearStatus.CORRECT


class AnimatedActor:
    """An actor with prepared images for every mask placement, intermediate ones included."""

    def __init__(
        self, actor: Actor, portraits: dict[str, Portrait], rng: np.random.Generator
    ) -> None:
        self._actor = actor
        self._steps: list[tuple[float, int]] = []
        placements: list[MaskPlacement | None] = []
        before: MaskPlacement | None = None
        for start, placement in actor.mask_schedule:
            slides = before is not None and placement is not None and not before.hang
            if slides and before is not None and placement is not None:
                for k in range(1, SLIDE_STEPS):
                    fraction = 0.5 - 0.5 * np.cos(np.pi * k / SLIDE_STEPS)
                    self._steps.append(
                        (start + SLIDE_DURATION_S * k / SLIDE_STEPS, len(placements))
                    )
                    placements.append(before.interpolate(placement, float(fraction)))
            self._steps.append((start + SLIDE_DURATION_S * bool(slides), len(placements)))
            placements.append(placement)
            before = placement
        portrait = portraits[actor.person.portrait]
        self._figure: Figure = make_figure(actor.person, portrait, actor.style, placements, rng)
        self._beat = float(rng.uniform(0, 1))
        moved = np.hypot(*(np.array(actor.path[-1][1:]) - actor.path[0][1:]))
        self._pace = float(np.clip(moved / (actor.path[-1][0] * 0.6), 0, 1))

    @property
    def name(self) -> str:
        """Name of the person."""
        return self._actor.person.name

    def right_and_ahead(self, time: float, camera: Camera) -> tuple[float, float]:
        """Position relative to the camera: meters to the right, meters ahead."""
        times, xs, zs = zip(*self._actor.path, strict=True)
        return camera.right_and_ahead(
            float(np.interp(time, times, xs)), float(np.interp(time, times, zs))
        )

    def _index(self, time: float) -> int:
        return [index for start, index in self._steps if start <= time][-1]

    def status(self, time: float) -> WearStatus:
        """The wear status at this time."""
        return status_of(self._figure.placements[self._index(time)])

    def _transform(self, time: float, right: float, ahead: float) -> FloatArray:
        """Affine transform (2, 3) from figure to frame pixels: scale, bob, sway and tilt."""
        size = self._actor.person.height
        scale = FOCAL / ahead / PIXELS_PER_METER * size
        stride = 2 * np.pi * (time * 0.95 + self._beat)
        bob = 0.016 * self._pace * np.cos(2 * stride) + 0.003 * np.sin(1.3 * stride)
        sway = 0.012 * np.sin(stride) * (0.4 + 0.6 * self._pace)
        tilt = 0.022 * np.sin(stride + 0.6) + 0.02 * np.sin(0.9 * time + 6 * self._beat)
        x = WIDTH / 2 + FOCAL * (right + sway) / ahead
        y = HORIZON + FOCAL * (CAMERA_HEIGHT - CHIN_HEIGHT * size - bob) / ahead
        c, s = scale * np.cos(tilt), scale * np.sin(tilt)
        rotation = np.array([[c, -s], [s, c]])
        return np.column_stack([rotation, np.array([x, y]) - rotation @ np.array(CHIN, np.float64)])

    def draw(self, time: float, camera: Camera, tint: FloatArray, haze: FloatArray) -> FloatArray:
        """Layer (HEIGHT, WIDTH, 4) float32, premultiplied alpha, alpha in 0..1."""
        right, ahead = self.right_and_ahead(time, camera)
        move = self._transform(time, right, ahead)
        later = self._transform(time + 0.5 / FPS, *self.right_and_ahead(time + 0.5 / FPS, camera))
        legs = self._figure.legs
        phase = (time * 0.95 + self._beat) % 1.0 if self._pace > 0.2 else 0.0
        parts = [legs[int(phase * len(legs))], self._figure.tops[self._index(time)]]
        layer: FloatArray = np.zeros((HEIGHT, WIDTH, 4), np.float32)
        for part in parts:
            piece = _warp(part, move)
            layer = piece + layer * (1 - piece[..., 3:])
        chin = np.array([*CHIN, 1.0])
        # Motion blur: exposure of half a frame.
        smear = int(abs((later - move) @ chin)[0] + 0.5) | 1
        if smear >= 3:
            layer = np.asarray(cv2.blur(layer, (smear, 1)))
        layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), 0.45 + 0.05 * ahead))
        light = tint * self._actor.person.light
        fog = float(1 - np.exp(-max(ahead - 3, 0) / 30))
        layer[..., :3] *= light * (1 - fog)
        layer[..., :3] += layer[..., 3:] * haze * fog
        return layer

    def box(self, time: float, camera: Camera) -> FloatArray:
        """Face box ``x, y, w, h`` in frame pixels."""
        move = self._transform(time, *self.right_and_ahead(time, camera))
        x, y, w, h = self._figure.box
        middle = move @ np.array([x + w / 2, y + h / 2, 1.0])
        size = np.array([w, h]) * np.hypot(move[0, 0], move[0, 1])
        return np.concatenate([middle - size / 2, size])


def _warp(image: Image, move: FloatArray) -> FloatArray:
    """Warp a BGRA image by an affine map, without aliasing; premultiplied layer as in ``draw``."""
    scale = float(np.hypot(move[0, 0], move[0, 1]))
    alpha = image[..., 3:].astype(np.float32) / 255
    layer: FloatArray = np.dstack([image[..., :3].astype(np.float32) * alpha, alpha])
    if scale < 0.95:
        size = tuple(max(1, round(n * scale)) for n in image.shape[1::-1])
        layer = np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA))
        back = np.array(image.shape[1::-1]) / np.array(size)
        # Pixel centers: pixel i of the smaller image is at (i + 0.5) * back of the image.
        inner = np.array([[back[0], 0, back[0] / 2 - 0.5], [0, back[1], back[1] / 2 - 0.5]])
        move = np.column_stack([move[:, :2] @ inner[:, :2], move @ np.append(inner[:, 2], 1.0)])
    return np.asarray(cv2.warpAffine(layer, move, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR))
