# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures that views are put together from: people in every height and pose, and rooms.

The people are as ``demo/make_people.py`` made them; what rooms are made of is drawn here.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.perception.types import CLASSES, FloatArray, Image, WearStatus
from mask_detector_ros.resources import find_resource
from mask_detector_ros.simulation.camera_view import Figure

_BACK = len(CLASSES)
_LEGS = _BACK + 1
_COLUMNS = _LEGS + 5
_STEPS = (0, 1, 2, 1, 0, 3, 4, 3)
"""Which picture of the legs belongs to which eighth of a stride."""
_NECK = 0.15
"""Meters below the chin over which the head's scale turns into the body's."""
_KEPT = 96
"""Pictures remembered; the largest take about 1.2 MB each."""
POSTER_SIZE = (0.7, 0.95)
"""Width and height in meters."""
POSTER_CHIN = 0.42
"""Meters from a poster's upper edge to the chin on it."""

CEILING = 2.8
"""Meters."""
DENSITY = 96
"""Pixels per meter of walls, floors and ceilings."""
REPEATED = 2.0
"""Meters after which floors, ceilings and walls look the same again."""
DOOR_WIDTH = 1.3


@dataclass(frozen=True, eq=False)
class Sprite:
    """One picture in several sizes, each half of the one before.

    Attributes:
        levels: (H, W, 4) uint8 BGRA, colors premultiplied.
        anchor: column and row of the chin in the first level (a poster: of its upper edge's
            middle).
        pixels_per_meter: of the first level.
    """

    levels: tuple[Image, ...]
    anchor: tuple[float, float]
    pixels_per_meter: float

    @classmethod
    def of(cls, picture: Image, anchor: tuple[float, float], scale: float) -> Sprite:
        """From one BGRA picture, premultiplied."""
        levels = [picture]
        while min(levels[-1].shape[:2]) > 24:
            half = tuple(max(1, n // 2) for n in levels[-1].shape[1::-1])
            levels.append(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA))
        return cls(tuple(levels), anchor, scale)


class Cast:
    """Everyone who can be drawn; pictures are read and fitted when they are first asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open a folder of sheets; None takes the shipped one.

        Raises:
            FileNotFoundError: the folder is not there or not complete.
            ValueError: its description is not what ``make_people.py`` writes.
        """
        folder = folder or find_resource("demo/people")
        about = json.loads((folder / "people.json").read_text(encoding="utf-8"))
        try:
            self._paths = [folder / name for name in about["sheets"]]
            self._scale = float(about["pixels_per_meter"])
            self._chin = (float(about["chin"][0]), float(about["chin"][1]))
            self._chin_height = float(about["chin_height"])
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"{folder / 'people.json'} lacks {error}") from None
        missing = [path for path in self._paths if not path.is_file()]
        if missing or not self._paths:
            raise FileNotFoundError(f"no people's pictures: {missing or folder}")
        self._sheets: dict[int, list[Image]] = {}
        self._sprites: OrderedDict[Any, Sprite] = OrderedDict()

    def __len__(self) -> int:
        return len(self._paths)

    def sprite(self, figure: Figure, from_behind: bool = False) -> Sprite:
        """The picture of a person, head to feet."""
        who = figure.sprite % len(self)
        column = _BACK if from_behind else _column(figure.wear)
        step = _STEPS[int(figure.walking % 1.0 * len(_STEPS)) % len(_STEPS)]
        height = round(figure.height, 2)
        key = ("person", who, column, step, height)
        return self._remembered(key, lambda: self._person(who, column, step, figure))

    def poster(self, figure: Figure) -> Sprite:
        """A sheet of paper with the head and chest of somebody on it."""
        who = figure.sprite % len(self)
        key = ("poster", who, _column(figure.wear), round(figure.height, 2))
        return self._remembered(key, lambda: self._poster(who, _column(figure.wear), figure))

    def _remembered(self, key: Any, make: Callable[[], Sprite]) -> Sprite:
        sprite = self._sprites.pop(key, None) or make()
        self._sprites[key] = sprite
        if len(self._sprites) > _KEPT:
            self._sprites.popitem(last=False)
        return sprite

    def _pictures(self, who: int) -> list[Image]:
        """All pictures of one person, (H, W, 4) float32 premultiplied."""
        if who not in self._sheets:
            path = self._paths[who]
            sheet = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            if sheet is None or sheet.ndim != 3 or sheet.shape[2] != 4:
                raise ValueError(f"{path} is no picture with transparency that OpenCV can read")
            color, alpha = sheet[..., :3], sheet[..., 3:].astype(np.uint16)
            sheet[..., :3] = (color * alpha + 127) // 255
            self._sheets[who] = [np.ascontiguousarray(p) for p in np.hsplit(sheet, _COLUMNS)]
        return self._sheets[who]

    def _person(self, who: int, column: int, step: int, figure: Figure) -> Sprite:
        pictures = self._pictures(who)
        whole = over(pictures[_LEGS + step], pictures[column])
        return self._fitted(whole, figure)

    def _fitted(self, whole: Image, figure: Figure) -> Sprite:
        """Stretch the body to the height; the head keeps its own size, as children's do."""
        head, body = figure.head_scale, figure.chin / self._chin_height
        x, y = self._chin
        up, down = y * head, (len(whole) - y) * body
        width = whole.shape[1] * max(head, body)
        rows = np.arange(round(up + down), dtype=np.float32) - up
        cols = np.arange(round(width), dtype=np.float32) - width / 2
        share = np.clip(rows / (_NECK * self._scale), 0, 1)
        map_x = x + cols[None, :] / (head + (body - head) * share)[:, None]
        map_y = np.broadcast_to((y + rows / np.where(rows < 0, head, body))[:, None], map_x.shape)
        fitted = cv2.remap(
            whole, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )  # fmt: skip
        return Sprite.of(fitted, (width / 2, up), self._scale)

    def _poster(self, who: int, column: int, figure: Figure) -> Sprite:
        person = self._fitted(self._pictures(who)[column], figure)
        scale = self._scale
        width, height = (round(side * scale) for side in POSTER_SIZE)
        paper: Image = np.full((height, width, 4), 255, np.uint8)
        rim = round(0.025 * scale)
        field = paper[rim : height - rim, rim : width - rim]
        tone = np.linspace(1.0, 0.82, len(field))[:, None, None]
        field[..., :3] = (tone * np.array((188, 168, 132))).astype(np.uint8)
        shift = np.array(
            [[1, 0, width / 2 - person.anchor[0]], [0, 1, POSTER_CHIN * scale - person.anchor[1]]]
        )
        layer = cv2.warpAffine(person.levels[0], shift, (width, height))
        layer[: rim + 2] = layer[height - rim :] = 0
        layer[:, :rim] = layer[:, width - rim :] = 0
        paper = over(paper, layer)
        low = height - round(0.17 * scale)
        paper[low:, :, :3] = (92, 74, 44)
        for line, share in ((0.05, 0.34), (0.10, 0.24)):
            y, half = low + round(line * scale), round(share * width)
            cv2.rectangle(
                paper, (width // 2 - half, y), (width // 2 + half, y + 8), (235, 235, 235, 255), -1
            )
        return Sprite.of(paper, (width / 2, 0.0), scale)


def _column(wear: WearStatus) -> int:
    return CLASSES.index(wear) if wear in CLASSES else CLASSES.index(WearStatus.NO_MASK)


def over(lower: Image, upper: Image) -> Image:
    """Two premultiplied BGRA pictures of one size, one on the other."""
    rest = cv2.bitwise_not(cv2.merge([upper[..., 3]] * 4))
    return np.asarray(cv2.add(cv2.multiply(lower, rest, scale=1 / 255), upper))


def blend(area: Image, layer: Image) -> None:
    """Put a premultiplied BGRA layer on a BGR area of the same size, in place."""
    alpha = layer[..., 3]
    rest: FloatArray = cv2.bitwise_not(cv2.merge([alpha, alpha, alpha]))
    area[:] = cv2.add(cv2.multiply(area, rest, scale=1 / 255), layer[..., :3])


def levels_of(texture: Image) -> list[Image]:
    """A texture in six sizes, each half of the one before, with its first row and column again."""
    levels = []
    for k in range(6):
        size = (texture.shape[1] >> k, texture.shape[0] >> k)
        small = cv2.resize(texture, size, interpolation=cv2.INTER_AREA)
        levels.append(cv2.copyMakeBorder(small, 0, 1, 0, 1, cv2.BORDER_WRAP))
    return levels


def _speckled(height: float, width: float, color: tuple[int, ...], grain: float) -> Image:
    """A surface of one color that is not quite even; meters."""
    rng = np.random.default_rng(1)
    shape = (round(height * DENSITY), round(width * DENSITY))
    spots = rng.normal(0, grain, (*shape, 1))
    return np.asarray(np.clip(np.array(color) + spots, 0, 255), np.uint8)


def draw_floor() -> Image:
    """Two by two tiles of 1 m."""
    floor = _speckled(REPEATED, REPEATED, (150, 164, 172), 5.0)
    half = len(floor) // 2
    for y, x in ((0, 1), (1, 0)):
        area = floor[y * half : (y + 1) * half, x * half : (x + 1) * half]
        area[:] = cv2.convertScaleAbs(area, alpha=0.93)
    for k in (0, half):
        floor[k : k + 2] = floor[:, k : k + 2] = (118, 130, 136)
    return floor


def draw_ceiling() -> Image:
    """Panels of 1 m, every fourth one a lamp."""
    ceiling = _speckled(REPEATED, REPEATED, (212, 216, 216), 2.0)
    half = len(ceiling) // 2
    for k in (0, half):
        ceiling[k : k + 2] = ceiling[:, k : k + 2] = (186, 190, 190)
    ceiling[half // 5 : half - half // 5, half // 5 : half - half // 5] = (248, 252, 252)
    return ceiling


def _band(wall: Image, top: float, bottom: float, color: tuple[int, int, int]) -> None:
    """A strip between two heights in meters, in place."""
    wall[round((CEILING - top) * DENSITY) : round((CEILING - bottom) * DENSITY)] = color


def draw_wall() -> Image:
    """Two meters of wall: plaster above, panels and a handrail below."""
    wall = _speckled(CEILING, REPEATED, (206, 214, 216), 2.0)
    _band(wall, 1.0, 0.0, (176, 168, 136))
    for x in (0, DENSITY):
        wall[round((CEILING - 1.0) * DENSITY) :, x : x + 2] = (146, 140, 112)
    _band(wall, 1.04, 0.98, (92, 116, 150))
    _band(wall, 0.98, 0.96, (130, 126, 104))
    _band(wall, 0.1, 0.0, (92, 96, 98))
    return wall


def draw_door() -> Image:
    """A door in its frame, as wide as DOOR_WIDTH."""
    door = draw_wall()[:, : round(DOOR_WIDTH * DENSITY)]

    def box(x0: float, x1: float, top: float, bottom: float, color: tuple[int, int, int]) -> None:
        columns = slice(round(x0 * DENSITY), round(x1 * DENSITY))
        _band(door[:, columns], top, bottom, color)

    box(0.08, 1.22, 2.2, 0.0, (104, 108, 110))
    box(0.15, 1.15, 2.13, 0.0, (112, 146, 176))
    box(0.25, 1.05, 2.0, 1.15, (104, 138, 168))
    box(0.25, 1.05, 1.0, 0.2, (104, 138, 168))
    box(0.98, 1.1, 1.08, 1.02, (190, 192, 192))
    return door


def draw_glass() -> Image:
    """One pane of 1.5 m and its frame, BGRA with colors premultiplied."""
    height, width = round(CEILING * DENSITY), round(1.5 * DENSITY)
    y, x = np.mgrid[:height, :width]
    shine = np.mod(x + 0.45 * y, 1.5 * DENSITY) / DENSITY
    alpha = 0.13 + 0.09 * ((shine > 0.5) & (shine < 0.68)) + 0.06 * ((shine > 0.74) & (shine < 0.8))
    glass = np.dstack(
        [np.full((height, width, 3), (226, 226, 206)) * alpha[..., None], alpha * 255]
    )
    frame = [(92, 92, 88, 255)]
    glass[:, :4] = glass[:, -3:] = glass[: round(0.08 * DENSITY)] = frame
    glass[-round(0.12 * DENSITY) :] = frame
    return glass.astype(np.uint8)
