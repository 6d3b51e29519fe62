# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images of people for the renderer, loaded from the sheets of ``demo/make_people.py``."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception.types import CLASSES, WearStatus
from mask_detector_ros.resources import find_resource
from mask_detector_ros.simulation.camera_view import Figure

_BACK = len(CLASSES)
_LEGS = _BACK + 1
_COLUMNS = _LEGS + 5
_LEG_PHASES = (0, 1, 2, 1, 0, 3, 4, 3)
"""Index of the leg image for every eighth of a stride."""
_NECK_M = 0.15
"""Length below the chin over which the scale changes from the head's to the body's."""
_CACHE_SIZE = 96
"""Sprites kept in memory; the largest take about 1.2 MB each."""
POSTER_SIZE_M = (0.7, 0.95)
"""Width and height."""
POSTER_CHIN_M = 0.42
"""From a poster's upper edge down to the chin on it."""


@dataclass(frozen=True, eq=False)
class Sprite:
    """An image at several sizes, each half of the one before.

    Attributes:
        levels: (H, W, 4) uint8 BGRA, premultiplied alpha.
        anchor: column and row of the chin in the first level; of a poster: of the middle of
            its upper edge.
        pixels_per_meter: of the first level.
    """

    levels: tuple[Image, ...]
    anchor: tuple[float, float]
    pixels_per_meter: float

    @classmethod
    def of(cls, image: Image, anchor: tuple[float, float], scale: float) -> Sprite:
        """Build the levels of a BGRA image with premultiplied alpha."""
        levels = [image]
        while min(levels[-1].shape[:2]) > 24:
            half = tuple(max(1, n // 2) for n in levels[-1].shape[1::-1])
            smaller = cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA)
            levels.append(np.asarray(smaller, np.uint8))
        return cls(tuple(levels), anchor, scale)


class SpriteLibrary:
    """The people who can be drawn. Sprites are loaded on first use and cached."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open a folder of sheets; None is the shipped one.

        Raises:
            FileNotFoundError: the folder is missing or incomplete.
            ValueError: ``people.json`` is not as ``make_people.py`` writes it.
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
            raise FileNotFoundError(f"sheets of people are missing: {missing or folder}")
        self._sheets: dict[int, list[Image]] = {}
        self._sprites: OrderedDict[Any, Sprite] = OrderedDict()

    def __len__(self) -> int:
        return len(self._paths)

    def sprite(self, figure: Figure, from_behind: bool = False) -> Sprite:
        """The sprite of a person, head to feet."""
        index = figure.sprite % len(self)
        column = _BACK if from_behind else _column(figure.wear_status)
        eighth = int(figure.stride % 1.0 * len(_LEG_PHASES)) % len(_LEG_PHASES)
        legs = _LEG_PHASES[eighth]
        height = round(figure.height, 2)
        key = ("person", index, column, legs, height)
        return self._cached(key, lambda: self._load_person(index, column, legs, figure))

    def poster(self, figure: Figure) -> Sprite:
        """The sprite of a poster with a person's head and chest."""
        index = figure.sprite % len(self)
        column = _column(figure.wear_status)
        key = ("poster", index, column, round(figure.height, 2))
        return self._cached(key, lambda: self._load_poster(index, column, figure))

    def _cached(self, key: Any, make: Callable[[], Sprite]) -> Sprite:
        sprite = self._sprites.pop(key, None) or make()
        self._sprites[key] = sprite
        if len(self._sprites) > _CACHE_SIZE:
            self._sprites.popitem(last=False)
        return sprite

    def _images(self, index: int) -> list[Image]:
        """All images of one person, (H, W, 4) uint8, premultiplied alpha."""
        if index not in self._sheets:
            path = self._paths[index]
            sheet = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            if sheet is None or sheet.ndim != 3 or sheet.shape[2] != 4:
                raise ValueError(f"{path} is not an image with transparency that OpenCV can read")
            color, alpha = sheet[..., :3], sheet[..., 3:].astype(np.uint16)
            sheet[..., :3] = (color * alpha + 127) // 255
            self._sheets[index] = [np.ascontiguousarray(p) for p in np.hsplit(sheet, _COLUMNS)]
        return self._sheets[index]

    def _load_person(self, index: int, column: int, legs: int, figure: Figure) -> Sprite:
        images = self._images(index)
        whole = over(images[_LEGS + legs], images[column])
        return self._fit(whole, figure)

    def _fit(self, whole: Image, figure: Figure) -> Sprite:
        """Scale the body to the figure's height and the head by ``Figure.head_scale``."""
        head, body = figure.head_scale, figure.chin_height / self._chin_height
        x, y = self._chin
        up, down = y * head, (len(whole) - y) * body
        width = whole.shape[1] * max(head, body)
        rows = np.arange(round(up + down), dtype=np.float32) - up
        cols = np.arange(round(width), dtype=np.float32) - width / 2
        below_chin = np.clip(rows / (_NECK_M * self._scale), 0, 1)
        map_x = x + cols[None, :] / (head + (body - head) * below_chin)[:, None]
        map_y = np.broadcast_to((y + rows / np.where(rows < 0, head, body))[:, None], map_x.shape)
        image = cv2.remap(
            whole, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )  # fmt: skip
        return Sprite.of(np.asarray(image, np.uint8), (width / 2, up), self._scale)

    def _load_poster(self, index: int, column: int, figure: Figure) -> Sprite:
        person = self._fit(self._images(index)[column], figure)
        scale = self._scale
        width, height = (round(side * scale) for side in POSTER_SIZE_M)
        paper: Image = np.full((height, width, 4), 255, np.uint8)
        rim = round(0.025 * scale)
        field = paper[rim : height - rim, rim : width - rim]
        tone = np.linspace(1.0, 0.82, len(field))[:, None, None]
        field[..., :3] = (tone * np.array((188, 168, 132))).astype(np.uint8)
        shift = np.array(
            [[1, 0, width / 2 - person.anchor[0]], [0, 1, POSTER_CHIN_M * scale - person.anchor[1]]]
        )
        layer = np.asarray(cv2.warpAffine(person.levels[0], shift, (width, height)), np.uint8)
        layer[: rim + 2] = layer[height - rim :] = 0
        layer[:, :rim] = layer[:, width - rim :] = 0
        paper = over(paper, layer)
        low = height - round(0.17 * scale)
        paper[low:, :, :3] = (92, 74, 44)
        for line, fraction in ((0.05, 0.34), (0.10, 0.24)):
            y, half = low + round(line * scale), round(fraction * width)
            cv2.rectangle(
                paper, (width // 2 - half, y), (width // 2 + half, y + 8), (235, 235, 235, 255), -1
            )
        return Sprite.of(paper, (width / 2, 0.0), scale)


def _column(status: WearStatus) -> int:
    """Index of the image in a sheet; UNKNOWN is drawn as no mask."""
    return CLASSES.index(status) if status in CLASSES else CLASSES.index(WearStatus.NO_MASK)


def over(lower: Image, upper: Image) -> Image:
    """Compose two BGRA images of one size with premultiplied alpha."""
    rest = cv2.bitwise_not(cv2.merge([upper[..., 3]] * 4))
    return np.asarray(cv2.add(cv2.multiply(lower, rest, scale=1 / 255), upper), np.uint8)


def blend(area: Image, layer: Image) -> None:
    """Blend a BGRA layer with premultiplied alpha into a BGR area of the same size, in place."""
    alpha = layer[..., 3]
    rest = cv2.bitwise_not(cv2.merge([alpha, alpha, alpha]))
    area[:] = cv2.add(cv2.multiply(area, rest, scale=1 / 255), layer[..., :3])
