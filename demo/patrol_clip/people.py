# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The people of the demo clip: public-domain portraits with synthetic masks and drawn bodies."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_training.synthesis import MaskPlacement, MaskStyle, draw_mask
from patrol_clip import clothes
from patrol_clip.clothes import CHIN, PIXELS_PER_METER, SIZE

FACE_WIDTH = 0.15
"""Meters from ear to ear."""


@dataclass(frozen=True, eq=False)
class Portrait:
    """A photo with its annotations, in pixels of the photo.

    Attributes:
        image: (H, W, 3) BGR.
        matte: (H, W) alpha of the person in 0..1.
        landmarks: (5, 2) right eye, left eye, nose tip, mouth corners.
        box: x, y, w, h of the face, hairline to chin, ear to ear.
        face: polygon of the skin, which is excluded from recoloring.
        clothes_from: first row of the clothes.
    """

    image: Image
    matte: FloatArray
    landmarks: FloatArray
    box: tuple[float, float, float, float]
    face: list[tuple[int, int]]
    clothes_from: int


@dataclass(frozen=True)
class Person:
    """Appearance of a person in the clip.

    Attributes:
        name: as in the label file.
        portrait: "collins" or "hopper".
        mirrored: show the portrait mirrored.
        coat: BGR of the clothes, or None to keep them.
        trousers: BGR.
        hair: BGR factors for the head outside the face.
        light: brightness factor.
        height: scale factor.
    """

    name: str
    portrait: str
    mirrored: bool = False
    coat: tuple[int, int, int] | None = None
    trousers: tuple[int, int, int] = (52, 46, 44)
    hair: tuple[float, float, float] = (1.0, 1.0, 1.0)
    light: float = 1.0
    height: float = 1.0


@dataclass(eq=False)
class Figure:
    """A person ready to be drawn.

    Attributes:
        tops: one BGRA image (SIZE) per mask placement.
        legs: BGRA images (SIZE), one per phase of a stride.
        box: face box in figure pixels.
        person: the appearance.
        placements: the mask placements of ``tops``.
    """

    person: Person
    tops: list[Image]
    legs: list[Image]
    box: tuple[float, float, float, float]
    placements: list[MaskPlacement | None] = field(default_factory=list)


def load_portraits() -> dict[str, Portrait]:
    """The two public-domain portraits, cut out of their backgrounds.

    Raises:
        SystemExit: scikit-image or matplotlib, whose wheels contain the photos, is missing.
    """
    try:
        import matplotlib
        from skimage import data
    except ImportError as error:
        raise SystemExit(
            f"{error.name} is missing. The portraits are inside the scikit-image and matplotlib "
            "wheels: pip install 'mask-detector-ros[demo-clip]'"
        ) from None
    collins: Image = np.ascontiguousarray(data.astronaut()[..., ::-1])
    # Not get_sample_data: in some versions it returns an open image.
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    photo = cv2.imread(str(path))
    if photo is None:
        raise SystemExit(f"cannot read {path}")
    hopper: Image = np.asarray(photo)
    return {
        "collins": Portrait(
            collins,
            _cut_out(collins, _COLLINS_SURE, _COLLINS_MAYBE, _COLLINS_NOT),
            np.array([[200, 102], [247, 103], [220, 124], [199, 143], [240, 144]], np.float64),
            (177.0, 68.0, 93.0, 111.0),
            [(178, 98), (198, 86), (225, 82), (252, 86), (272, 98), (270, 130), (258, 162),
             (226, 188), (196, 168), (180, 132)],
            150,
        ),
        "hopper": Portrait(
            hopper,
            _cut_out(hopper, _HOPPER_SURE, _HOPPER_MAYBE, _HOPPER_NOT),
            np.array([[227, 193], [308, 195], [266, 240], [229, 268], [302, 270]], np.float64),
            (170.0, 128.0, 194.0, 206.0),
            [(155, 200), (180, 150), (265, 135), (345, 150), (375, 190), (362, 240), (335, 310),
             (330, 350), (262, 405), (205, 350), (192, 300), (165, 250)],
            318,
        ),
    }  # fmt: skip


Polygon = list[tuple[int, int]]
_COLLINS_SURE: Polygon = [
    (168, 60), (200, 30), (250, 30), (290, 70), (285, 105), (265, 130), (256, 170), (290, 210),
    (290, 250), (330, 262), (345, 345), (50, 345), (60, 290), (120, 230), (130, 180), (185, 165),
    (175, 125),
]  # fmt: skip
_COLLINS_MAYBE: Polygon = [
    (145, 90), (150, 45), (190, 10), (250, 10), (305, 55), (305, 115), (275, 150), (310, 190),
    (315, 235), (345, 250), (372, 345), (15, 345), (30, 280), (100, 215), (105, 160), (170, 145),
]  # fmt: skip
_COLLINS_NOT: Polygon = [(262, 140), (272, 140), (272, 176), (259, 176)]
_HOPPER_SURE: Polygon = [
    (160, 130), (160, 100), (185, 60), (215, 35), (290, 30), (335, 55), (360, 100), (362, 150),
    (365, 200), (350, 260), (335, 315), (470, 395), (511, 470), (511, 599), (25, 599), (45, 430),
    (70, 400), (195, 325), (185, 260), (165, 220), (163, 170),
]  # fmt: skip
_HOPPER_MAYBE: Polygon = [
    (140, 150), (140, 90), (165, 45), (210, 15), (300, 15), (350, 45), (382, 90), (385, 220),
    (365, 310), (490, 370), (511, 400), (511, 599), (5, 599), (20, 410), (60, 370), (180, 335),
    (150, 250), (145, 190),
]  # fmt: skip
_HOPPER_NOT: Polygon = [(184, 290), (200, 296), (200, 318), (184, 326)]


def _cut_out(image: Image, sure: Polygon, maybe: Polygon, outside: Polygon) -> FloatArray:
    """Matte (H, W) in 0..1 with soft edges: GrabCut (Rother et al., 2004) in manual outlines."""
    labels = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    cv2.fillPoly(labels, [np.array(maybe)], cv2.GC_PR_FGD)
    cv2.fillPoly(labels, [np.array(sure)], cv2.GC_FGD)
    cv2.fillPoly(labels, [np.array(outside)], cv2.GC_BGD)
    cv2.setRNGSeed(1)
    back, front = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(image, labels, (0, 0, 1, 1), back, front, 6, cv2.GC_INIT_WITH_MASK)
    inside: Image = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(inside)
    inside = (parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    closed = cv2.morphologyEx(inside, cv2.MORPH_CLOSE, np.ones((5, 5)))
    inside = np.asarray(cv2.medianBlur(closed * 255, 7))
    # Eroded by a pixel to remove the rim of the background.
    tight = cv2.erode(inside, np.ones((3, 3))).astype(np.float32) / 255
    return np.asarray(cv2.GaussianBlur(tight, (0, 0), 1.3))


def make_figure(
    person: Person,
    portrait: Portrait,
    style: MaskStyle,
    placements: list[MaskPlacement | None],
    rng: np.random.Generator,
) -> Figure:
    """Draw a person once per mask placement; None is no mask."""
    scale = FACE_WIDTH * PIXELS_PER_METER / portrait.box[2]
    x, y, w, h = portrait.box
    chin = np.array([x + w / 2, y + h])
    offset = np.array(CHIN) - chin * scale
    plain = _recolor(portrait, person)
    coat = person.coat or _mean_color(portrait)
    below = clothes.body(coat, person.portrait, rng)
    seed = int(rng.integers(2**31))
    tops = []
    for placement in placements:
        masked, matte = plain, portrait.matte
        if placement is not None:
            # The same random lighting in every image, so that a moving mask does not flicker.
            light = np.random.default_rng(seed)
            masked = draw_mask(
                plain, box=portrait.box, landmarks=portrait.landmarks, style=style,
                placement=placement, rng=light,
            )  # fmt: skip
            # A mask that hangs beside the head is part of the figure.
            drawn = np.abs(masked.astype(np.int16) - plain).max(-1) > 40
            drawn = cv2.morphologyEx(drawn.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9)))
            drawn = cv2.morphologyEx(drawn, cv2.MORPH_OPEN, np.ones((3, 3)))
            matte = np.maximum(matte, cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), 1.0))
        tops.append(_compose(masked, matte, scale, offset, below))
    box = (*(np.array([x, y]) * scale + offset), w * scale, h * scale)
    figure = Figure(
        person, tops, [clothes.legs(person.trousers, k / 8) for k in range(8)], box, placements
    )
    if person.mirrored:
        figure.tops = [np.ascontiguousarray(top[:, ::-1]) for top in figure.tops]
        figure.box = (SIZE[0] - box[0] - box[2], *box[1:])
    return figure


def _mean_color(portrait: Portrait) -> tuple[int, int, int]:
    rows = slice(int(portrait.image.shape[0] * 0.55), int(portrait.image.shape[0] * 0.66))
    area = portrait.image[rows][portrait.matte[rows] > 0.9]
    b, g, r = np.median(area, axis=0)
    return int(b), int(g), int(r)


def _recolor(portrait: Portrait, person: Person) -> Image:
    """Change the colors of clothes and hair and keep their texture."""
    image: FloatArray = portrait.image.astype(np.float32)
    face: FloatArray = np.zeros(image.shape[:2], np.float32)
    cv2.fillPoly(face, [np.array(portrait.face)], 1.0)
    soft_face: FloatArray = np.asarray(cv2.GaussianBlur(face, (0, 0), 4))
    rows = np.arange(len(image))[:, None, None]
    head = np.clip((portrait.clothes_from - rows) / 20.0, 0, 1) * (1 - soft_face[..., None])
    image = image * (1 + head * (np.array(person.hair, np.float32) - 1))
    if person.coat is not None:
        gray = image.mean(-1, keepdims=True)
        hue, saturation, value = cv2.split(cv2.cvtColor(portrait.image, cv2.COLOR_BGR2HSV))
        if person.portrait == "collins":
            cloth = (hue < 22) & (saturation > 120)
            tone = gray / 95.0
        else:
            cloth = value < 95
            tone = 0.55 + gray / 55.0
        fraction = cv2.GaussianBlur(cloth.astype(np.float32), (0, 0), 1.5)[..., None]
        fraction = fraction * np.clip((rows - portrait.clothes_from - 40) / 20.0, 0, 1)
        image = image * (1 - fraction) + fraction * tone * np.array(person.coat, np.float32)
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def _compose(
    image: Image, matte: FloatArray, scale: float, offset: FloatArray, body: Image
) -> Image:
    """Scale the portrait and compose it over the drawn body, BGRA."""
    height, width = image.shape[:2]
    # The photo ends at the chest: fade it into the drawn coat.
    last = int(np.flatnonzero(matte.max(1) > 0.5)[-1])
    rows = np.arange(height, dtype=np.float32)[:, None]
    cols = np.arange(width, dtype=np.float32)[None, :]
    soft = 0.13 * PIXELS_PER_METER / scale * 0.5
    fade = np.clip((last - 3 - rows) / soft, 0, 1)
    if matte[last // 2 + height // 4 :, -2:].max() > 0.5:  # cut off by the side of the photo
        fade = fade * np.clip((width - 3 - cols) / (0.5 * soft), 0, 1)
    layer: FloatArray = np.dstack([image.astype(np.float32), matte * fade * 255])
    size = (round(width * scale), round(height * scale))
    layer = np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA))
    shift = np.array([[1, 0, offset[0]], [0, 1, offset[1]]])
    layer = np.asarray(cv2.warpAffine(layer, shift, SIZE))
    # Below the shoulders, the photo must not extend beyond the drawn sleeves.
    down = (np.arange(SIZE[1], dtype=np.float32) - CHIN[1])[:, None] / PIXELS_PER_METER
    free = np.clip((0.18 - down) / 0.06, 0, 1)
    wide = cv2.dilate(body[..., 3], np.ones((5, 5))).astype(np.float32) / 255
    layer[..., 3] *= np.maximum(free, wide)
    alpha = layer[..., 3:] / 255
    out = body.astype(np.float32)
    under = out[..., 3:] / 255 * (1 - alpha)
    total = np.maximum(alpha + under, 1e-3)
    out[..., :3] = (layer[..., :3] * alpha + out[..., :3] * under) / total
    out[..., 3:] = 255 * (alpha + under)
    return np.asarray(np.clip(out, 0, 255), np.uint8)
