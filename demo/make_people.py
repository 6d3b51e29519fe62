# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Make the sprite sheets of the people in the simulation.

    python demo/make_people.py --out demo/people

They are the two public-domain portraits of the demo clip with synthetic masks; see README.md in
this folder. Needs scikit-image and matplotlib for the portraits
(``pip install 'mask-detector-ros[demo-clip]'``).
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from patrol_clip import clothes
from patrol_clip.clothes import CHIN, PIXELS_PER_METER, SIZE
from patrol_clip.people import Person, Portrait, load_portraits, make_figure
from patrol_clip.scenes import BLUE, CHECKS, CORRECT, GREEN, NOSE, ON_CHIN, WHITE

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_training.synthesis import MaskStyle

# The nose is fully exposed: classified with a clear margin at every distance.
NOSE_FREE = replace(NOSE, top=0.76, top_side=0.62)
PLACEMENTS = (None, ON_CHIN, NOSE_FREE, CORRECT)
"""In the order of ``perception.types.CLASSES``."""
STRIDE = (0.0, 0.125, 0.25, 0.625, 0.75)
"""Phases of a stride that are drawn; the others look like one of them."""
SCALE = 400 / PIXELS_PER_METER
SIDE, ABOVE, BELOW = 0.38, 0.3, 1.5
"""Extent of an image around the chin: to each side, above and below, meters."""

PEOPLE: tuple[tuple[Person, MaskStyle], ...] = (
    (Person("orange", "collins"), GREEN),
    (Person("navy", "hopper"), WHITE),
    (Person("teal", "collins", True, (110, 110, 40), (58, 60, 70), (0.45, 0.42, 0.42)), BLUE),
    (Person("green", "hopper", True, (60, 80, 50), (90, 100, 110)), BLUE),
    (Person("red", "collins", False, (60, 50, 150), (44, 44, 50), (0.6, 0.62, 0.66)), GREEN),
    (Person("gray", "hopper", True, (84, 80, 78), (60, 56, 52)), CHECKS),
    (Person("violet", "collins", True, (120, 60, 90), (70, 66, 60), (0.5, 0.55, 0.7)), BLUE),
    (Person("brown", "hopper", False, (50, 70, 96), (44, 52, 60)), WHITE),
)
"""People whom the shipped models classify with a clear margin from 1 to 4 m; see README.md."""

_HAIR = {"collins": np.array((62, 84, 112)), "hopper": np.array((74, 80, 88))}
# (x, down) meters from the chin. The hair covers the neck, since the detector finds faces at the
# back of heads with a bare neck.
_HEADS: dict[str, list[tuple[float, float]]] = {
    "collins": [
        (0.0, -0.25), (0.084, -0.235), (0.138, -0.19), (0.156, -0.12), (0.162, -0.03), (0.18, 0.06),
        (0.168, 0.13), (0.06, 0.16), (-0.06, 0.16), (-0.168, 0.13), (-0.18, 0.06), (-0.162, -0.03),
        (-0.156, -0.12), (-0.138, -0.19), (-0.084, -0.235),
    ],
    "hopper": [
        (0.0, -0.2), (0.07, -0.19), (0.095, -0.14), (0.1, -0.05), (0.12, 0.04), (0.11, 0.1),
        (0.04, 0.12), (-0.04, 0.12), (-0.11, 0.1), (-0.12, 0.04), (-0.1, -0.05), (-0.095, -0.14),
        (-0.07, -0.19),
    ],
}  # fmt: skip
_CAP: list[tuple[float, float]] = [
    (0.0, -0.25), (0.06, -0.24), (0.1, -0.2), (0.095, -0.13), (-0.095, -0.13), (-0.1, -0.2),
    (-0.06, -0.24),
]  # fmt: skip


def _back(person: Person, coat: tuple[int, int, int]) -> Image:
    """The upper body from behind: hair and no face, BGRA (SIZE)."""
    rng = np.random.default_rng(103)  # folds and strands in which the detector finds no face
    # Dark and gray, since the detector takes reddish hair for skin.
    hair = _HAIR[person.portrait] * float(np.mean(person.hair)) * 0.65
    layers: list[FloatArray] = [
        clothes.body(coat, person.portrait, rng).astype(np.float32),
        _hair(_HEADS[person.portrait], hair, rng),
    ]
    if person.portrait == "hopper":
        layers.append(clothes.cloth(_CAP, (44, 34, 34), rng))
    result = layers[0]
    for layer in layers[1:]:
        result = clothes.over(result, layer)
    return np.asarray(np.clip(result, 0, 255), np.uint8)


def _hair(
    outline: list[tuple[float, float]], color: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Hair with vertical strands, float32 BGRA (SIZE)."""
    b, g, r = (int(c) for c in color)
    head = clothes.cloth(outline, (b, g, r), rng)
    knots = rng.standard_normal((12, SIZE[0] // 4)).astype(np.float32)
    strands = cv2.resize(knots, SIZE, interpolation=cv2.INTER_CUBIC)
    factor = 1 + 0.16 * np.sin(2 * strands)
    return np.dstack([head[..., :3] * factor[..., None], head[..., 3]])


def _crop(image: Image) -> Image:
    """Crop a figure (SIZE) to the extent of a sheet's images and downscale it."""
    x0, x1 = (round(CHIN[0] + side * SIDE * PIXELS_PER_METER) for side in (-1, 1))
    y0, y1 = (round(CHIN[1] + d * PIXELS_PER_METER) for d in (-ABOVE, BELOW))
    area: FloatArray = image[y0:y1, x0:x1].astype(np.float32)
    missing = y1 - y0 - len(area)
    area = np.asarray(cv2.copyMakeBorder(area, 0, missing, 0, 0, cv2.BORDER_CONSTANT))
    area[..., :3] *= area[..., 3:] / 255
    size = (round(area.shape[1] * SCALE), round(area.shape[0] * SCALE))
    small: FloatArray = np.asarray(cv2.resize(area, size, interpolation=cv2.INTER_AREA))
    small[..., :3] *= 255 / np.maximum(small[..., 3:], 1)
    return np.asarray(np.clip(small, 0, 255).round(), np.uint8)


def make_sheet(person: Person, portrait: Portrait, style: MaskStyle) -> Image:
    """All images of one person side by side: mask placements, back, legs; BGRA."""
    rng = np.random.default_rng(4)
    figure = make_figure(person, portrait, style, list(PLACEMENTS), rng)
    coat = person.coat or ((60, 92, 190) if person.portrait == "collins" else (30, 22, 22))
    legs = [clothes.legs(person.trousers, phase) for phase in STRIDE]
    images = [*figure.tops, _back(person, coat), *legs]
    return np.hstack([_crop(image) for image in images])


def main() -> int:
    """Entry point; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--out", type=Path, default=Path("people"), help="output folder (default: %(default)s)"
    )
    parser.add_argument(
        "--quality",
        type=int,
        default=90,
        help="of the WebP images, 1 to 100 (default: %(default)s)",
    )
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    portraits = load_portraits()
    names = []
    for person, style in PEOPLE:
        sheet = make_sheet(person, portraits[person.portrait], style)
        path = arguments.out / f"{person.name}.webp"
        if not cv2.imwrite(str(path), sheet, [cv2.IMWRITE_WEBP_QUALITY, arguments.quality]):
            print(f"cannot write {path}", file=sys.stderr)
            return 1
        names.append(path.name)
        print(path, f"{path.stat().st_size / 1024:.0f} KiB")
    about = {
        "sheets": names,
        "pixels_per_meter": SCALE * PIXELS_PER_METER,
        "chin": [round(SIDE * PIXELS_PER_METER) * SCALE, round(ABOVE * PIXELS_PER_METER) * SCALE],
        "chin_height": clothes.CHIN_HEIGHT,
    }
    (arguments.out / "people.json").write_text(json.dumps(about, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
