# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Hands in front of a face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_training.synthesis.covers.canvas import Canvas, Capsule
from mask_detector_training.synthesis.covers.scene import Scene

# A hand of about 18 cm in eye distances of 63 mm. Hand coordinates: origin at the knuckle of the
# middle finger, x toward the little finger of a left hand seen from the back, y to the finger tips.
_KNUCKLES: Floats = np.array([[-0.46, -0.06], [-0.15, 0.0], [0.16, -0.03], [0.45, -0.14]])
_LENGTHS: Floats = np.array([1.12, 1.24, 1.14, 0.90])
_PHALANGES = (0.46, 0.30, 0.24)
_RADII: Floats = np.array([0.150, 0.155, 0.148, 0.130])
_WRIST = np.array([0.0, -1.55])
_FOREARM_LENGTH = 3.6


@dataclass(frozen=True)
class Hand:
    """Position and shape of a hand.

    Attributes:
        at: (x, y) of the middle knuckle in the plane before the mouth, eye distances.
        angle: direction of the fingers, radians from upwards, positive to the right of the image.
        side: 1 if the little finger is at the right when the fingers point up, -1 if at the left.
        curls: 0..1 for index to little finger; 1 is bent toward the palm.
        spread: angle between neighboring fingers, radians.
        thumb: angle of the thumb from the fingers, radians.
        back: whether the back of the hand is seen, not the palm.
        size: relative size.
        sleeve: whether a sleeve covers the forearm.
    """

    at: tuple[float, float]
    angle: float
    side: int = 1
    curls: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    spread: float = 0.06
    thumb: float = 0.7
    back: bool = True
    size: float = 1.0
    sleeve: bool = True


def hand_over_mouth(scene: Scene) -> Canvas:
    """One or two hands that hide mouth and nose: flat, spread, or a fist."""
    rng = scene.rng
    side = int(rng.choice([-1, 1]))
    angle = side * rng.uniform(0.2, 1.75)
    back = bool(rng.random() < 0.75)
    variant = rng.choice(["flat", "spread", "fist", "both"], p=[0.5, 0.18, 0.16, 0.16])
    sleeve = bool(rng.random() < 0.6)
    if variant == "fist":
        hands = [
            Hand(
                _held_at(angle, 0.05 + rng.normal(0, 0.08), rng), angle, side,
                tuple(rng.uniform(0.85, 1.0, 4)), 0.02, 0.25, back, rng.uniform(1.0, 1.15), sleeve,
            )
        ]  # fmt: skip
    elif variant == "both":
        lean = rng.uniform(0.1, 0.7)
        hands = [
            Hand(
                (s * rng.uniform(0.28, 0.62), rng.uniform(-0.15, 0.25)), -s * lean, s,
                tuple(rng.uniform(0.0, 0.15, 4)), rng.uniform(0.0, 0.1), rng.uniform(0.1, 0.7),
                True, rng.uniform(0.9, 1.1), sleeve,
            )
            for s in (-1, 1)
        ]  # fmt: skip
    else:
        spread = rng.uniform(0.02, 0.08) if variant == "flat" else rng.uniform(0.1, 0.2)
        hands = [
            Hand(
                _held_at(angle, rng.uniform(-0.35, 0.45), rng), angle, side,
                tuple(rng.uniform(0.0, 0.35) + rng.uniform(0.0, 0.15, 4)), spread,
                rng.uniform(0.2, 1.1), back, rng.uniform(0.95, 1.25), sleeve,
            )
        ]  # fmt: skip
    return draw_hands(scene, hands)


def fingers_at_mouth(scene: Scene) -> Canvas:
    """One or two fingers at lips, chin or cheek, the hand below or beside."""
    rng = scene.rng
    side = int(rng.choice([-1, 1]))
    angle = side * rng.uniform(-0.2, 1.0)
    tip = np.array([rng.normal(0, 0.18) - 0.15 * side, rng.uniform(-0.15, 0.55)])
    if rng.random() < 0.3:  # at the cheek
        tip += (-side * rng.uniform(0.3, 0.6), -0.2)
    count = 1 if rng.random() < 0.65 else 2
    curls = tuple(rng.uniform(0.0, 0.25) if i < count else rng.uniform(0.85, 1) for i in range(4))
    size = rng.uniform(0.85, 1.05)
    reach = (1.05 * (1 - 0.45 * max(curls[:count]))) * size
    first = np.array([-side * 0.46, 0.06]) * size
    knuckle = tip - reach * _direction(angle) - _turn(first, angle)
    hand = Hand(
        (float(knuckle[0]), float(knuckle[1])), angle, side, curls, 0.05,
        rng.uniform(0.2, 1.2), bool(rng.random() < 0.7), size, bool(rng.random() < 0.5),
    )  # fmt: skip
    return draw_hands(scene, [hand])


def _held_at(angle: float, beyond: float, rng: np.random.Generator) -> tuple[float, float]:
    """Knuckle of a hand whose point ``beyond`` the knuckle is just above the mouth."""
    target = np.array([rng.normal(0, 0.12), rng.normal(-0.14, 0.1)])
    at = target - beyond * _direction(angle)
    return float(at[0]), float(at[1])


def draw_hands(scene: Scene, hands: Sequence[Hand]) -> Canvas:
    """Draw hands on a canvas of their own."""
    skin = scene.hand_skin()
    cloth = scene.any_color()
    parts = [part for hand in hands for part in hand_parts(scene, hand, skin, cloth)]
    canvas = Canvas(scene, [p for part in parts for p in (part.start, part.end)], 0.5)
    draw_parts(canvas, parts)
    canvas.mottle(0.035)
    return canvas


def draw_parts(canvas: Canvas, parts: Sequence[Capsule]) -> None:
    """Draw solids and shade them."""
    for part in parts:
        canvas.capsule(part)
    canvas.light()


def hand_parts(scene: Scene, hand: Hand, skin: Floats, cloth: Floats) -> list[Capsule]:
    """The solids of a hand in image pixels.

    Args:
        scene: the face.
        hand: the hand.
        skin: (3,) BGR color of the skin.
        cloth: (3,) BGR color of the sleeve.
    """
    rng, size = scene.rng, hand.size
    skin = skin if hand.back else scene.tinted(skin, (1.04, 1.02, 1.05))

    def place(point: ArrayLike) -> Floats:
        turned = _turn(np.asarray(point) * (hand.side * size, -size), hand.angle)
        return scene.plane(np.asarray(hand.at) + turned)

    def part(
        start: ArrayLike, end: ArrayLike, radii: tuple[float, float], color: Floats,
        base: float, bulge: float = 1.0,
    ) -> Capsule:  # fmt: skip
        scaled = (radii[0] * size, radii[1] * size)
        return Capsule(place(start), place(end), scaled, color, base * size, bulge)

    parts = []
    elbow = _WRIST + np.array([rng.normal(0, 0.5), -_FOREARM_LENGTH])
    parts.append(part(_WRIST, elbow, (0.42, 0.62), skin, 0.0, 0.8))
    if hand.sleeve:
        cuff = _WRIST + (elbow - _WRIST) * rng.uniform(0.02, 0.35)
        parts.append(part(cuff, elbow, (0.58, 0.85), cloth, 0.1, 0.8))
        side = np.array([0.3, 0.0])
        parts.append(part(cuff - side, cuff + side, (0.2, 0.2), cloth * 0.95, 0.36, 0.5))
    heel = _WRIST + np.array([0.0, 0.15])
    for knuckle, bone in zip(_KNUCKLES, (-0.22, -0.08, 0.08, 0.22), strict=True):
        parts.append(part(heel + np.array([bone, 0.0]), knuckle, (0.3, 0.23), skin, 0.05, 0.5))
    for index in range(4):
        parts += _finger(part, hand, index, skin, scene)
    # The thumb starts near the wrist, on the side of the index finger.
    root, ball = np.array([-0.28, -1.25]), np.array([-0.52, -0.85])
    bend = hand.thumb
    joint = ball + 0.52 * np.array([-np.sin(bend), np.cos(bend)])
    tip = joint + 0.42 * np.array([-np.sin(bend * 0.7), np.cos(bend * 0.7)])
    over = 0.14 if min(hand.curls) > 0.7 else 0.04
    parts.append(part(root, ball, (0.3, 0.24), skin, 0.04, 0.6))
    parts.append(part(ball, joint, (0.22, 0.165), skin, over))
    parts.append(part(joint, tip, (0.165, 0.135), skin * 1.01, over))
    return parts


def _finger(
    part: Callable[..., Capsule], hand: Hand, index: int, skin: Floats, scene: Scene
) -> list[Capsule]:
    """The phalanges and the nail of a finger."""
    rng = scene.rng
    curl = hand.curls[index]
    start = _KNUCKLES[index]
    lean = (index - 1.4) * hand.spread + rng.normal(0, 0.015)
    tone = skin * rng.normal(1.0, 0.015)
    radius = float(_RADII[index])
    if curl > 0.7:  # a fist shows the first phalanx, shortened
        end = start + 0.42 * np.array([np.sin(lean), np.cos(lean)])
        return [
            part(start, start, (radius + 0.05,) * 2, tone, 0.16),
            part(start, end, (radius + 0.02, radius + 0.02), tone, 0.14),
        ]
    parts = []
    for number, fraction in enumerate(_PHALANGES):
        shortened = np.cos(min(curl * (number + 0.4) * 1.2, 1.35))
        length = _LENGTHS[index] * fraction * shortened
        end = start + length * np.array([np.sin(lean), np.cos(lean)])
        thin = 1 - 0.07 * number
        parts.append(part(start, end, (radius * thin, radius * (thin - 0.07)), tone, 0.1))
        last, start = start, end
        lean *= 0.75  # fingers bend back together toward their tips
    if hand.back:
        along = (end - last) / max(float(np.hypot(*(end - last))), 1e-6)
        nail = scene.nail(skin)
        center = end + 0.02 * along
        parts.append(
            part(center - 0.05 * along, center + 0.04 * along, (0.085, 0.08), nail, 0.2, 0.35)
        )
    return parts


def grip(canvas: Canvas, scene: Scene, at: Floats, width: float, angle: float, side: int) -> None:
    """A hand around an upright thing; fingers in front, the wrist at one side below."""
    rng = scene.rng
    across = np.array([np.cos(angle), -np.sin(angle)])
    down = np.array([np.sin(angle), np.cos(angle)])
    skin, cloth = scene.hand_skin(), scene.any_color()
    # Fingers reach around from the side of the hand.
    knuckle = at + side * across * (0.5 * width + 0.12)
    reach = min(width * rng.uniform(0.6, 0.95) + 0.1, 1.05)
    parts = []
    wrist = knuckle + side * across * rng.uniform(0.1, 0.5) + down * rng.uniform(1.1, 1.5)
    elbow = wrist + side * across * rng.uniform(0.2, 1.5) + down * 2.6
    parts.append(Capsule(scene.plane(wrist), scene.plane(elbow), (0.42, 0.58), skin, 0.2, 0.7))
    if rng.random() < 0.6:
        cuff = wrist + (elbow - wrist) * rng.uniform(0.05, 0.3)
        parts.append(Capsule(scene.plane(cuff), scene.plane(elbow), (0.56, 0.8), cloth, 0.3, 0.7))
    for index in range(4):
        start = knuckle + down * (0.27 * index - 0.35)
        tip = start - side * across * (reach - 0.12 * abs(index - 1.2)) + down * rng.normal(0, 0.02)
        parts.append(Capsule(scene.plane(wrist), scene.plane(start), (0.32, 0.2), skin, 0.25, 0.5))
        tone = skin * rng.normal(1, 0.02)
        parts.append(Capsule(scene.plane(start), scene.plane(tip), (0.16, 0.12), tone, 0.5))
        nail = scene.nail(skin)
        near = tip + side * across * 0.05
        parts.append(Capsule(scene.plane(near), scene.plane(tip), (0.075, 0.07), nail, 0.6, 0.3))
    canvas.over(parts)


def _direction(angle: float) -> Floats:
    """Unit vector (2,) of an angle from upwards, positive to the right."""
    return np.array([np.sin(angle), -np.cos(angle)])


def _turn(point: Floats, angle: float) -> Floats:
    """Rotate a vector (2,) clockwise in the image."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * point[0] - s * point[1], s * point[0] + c * point[1]])
