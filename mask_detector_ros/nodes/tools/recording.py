# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of a recording other than its video: JSON lines, a contact sheet and a summary."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.perception.types import WearStatus

SHEET_COLUMNS, SHEET_ROWS = 3, 3
TILE_WIDTH_PX = 480
"""Width of one image of the contact sheet."""
GAP_PX = 6


def message_to_dict(message: Any) -> Any:
    """A ROS message as JSON types; NaN and infinity, which JSON lacks, become None."""
    if hasattr(message, "get_fields_and_field_types"):
        names = message.get_fields_and_field_types()
        return {name: message_to_dict(getattr(message, name)) for name in names}
    if isinstance(message, float):
        return message if math.isfinite(message) else None
    if isinstance(message, (str, int, bool)):
        return message
    return [message_to_dict(item) for item in np.asarray(message, object).tolist()]


class ContactSheet:
    """A few images at even intervals of a recording of unknown length."""

    def __init__(self) -> None:
        self._tiles: list[Image] = []
        self._stride = 1
        self._added = 0

    def add(self, image: Image) -> None:
        """Add an image; every n-th is kept, and n doubles when there are too many."""
        if self._added % self._stride == 0:
            height = round(TILE_WIDTH_PX * image.shape[0] / image.shape[1])
            small = _resized(image, (TILE_WIDTH_PX, height), cv2.INTER_AREA)
            self._tiles.append(small)
            if len(self._tiles) > 4 * SHEET_COLUMNS * SHEET_ROWS:
                self._tiles = self._tiles[::2]
                self._stride *= 2
        self._added += 1

    def save(self, path: Path) -> None:
        """Write the sheet as an image file; nothing if no image was added."""
        if not self._tiles:
            return
        count = min(len(self._tiles), SHEET_COLUMNS * SHEET_ROWS)
        picks = np.linspace(0, len(self._tiles) - 1, count + 2).round().astype(int)[1:-1]
        height, width = self._tiles[0].shape[:2]
        rows = math.ceil(count / SHEET_COLUMNS)
        sheet = np.full(
            (
                rows * (height + GAP_PX) + GAP_PX,
                SHEET_COLUMNS * (width + GAP_PX) + GAP_PX,
                3,
            ),
            255,
            np.uint8,
        )
        for place, pick in enumerate(picks):
            tile = self._tiles[pick]
            if tile.shape[:2] != (height, width):
                tile = _resized(tile, (width, height))
            y = GAP_PX + place // SHEET_COLUMNS * (height + GAP_PX)
            x = GAP_PX + place % SHEET_COLUMNS * (width + GAP_PX)
            sheet[y : y + height, x : x + width] = tile
        write_atomically(path, cv2.imencode(path.suffix, sheet)[1].tobytes())


def _resized(image: Image, size: tuple[int, int], method: int = cv2.INTER_LINEAR) -> Image:
    """``size`` is (width, height) in pixels."""
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


class Statistics:
    """Counts and latencies for the summary."""

    def __init__(self) -> None:
        self.frames_in = 0
        self.frames_processed = 0
        self.faces = 0
        self._latencies: list[float] = []
        self._people: dict[str, set[str]] = defaultdict(set)

    def add(self, message: MaskDetectionArray, latency: float | None) -> None:
        """Count one frame; ``latency`` is the time in seconds from its stamp to its arrival.

        It is None for a stamp that cannot be used.
        """
        self.frames_processed += 1
        self.faces += len(message.detections)
        if latency is not None:
            self._latencies.append(1000 * latency)
        for detection in message.detections:
            if detection.person_id:
                self._people["all"].add(detection.person_id)
                status = WearStatus(detection.status)
                if status != WearStatus.UNKNOWN:
                    self._people[status.label].add(detection.person_id)

    def summary(self) -> dict[str, Any]:
        """The statistics as JSON types; latencies in milliseconds, None without a frame."""
        p50, p99 = (
            np.percentile(self._latencies, [50, 99]).round(2).tolist()
            if self._latencies
            else (None, None)
        )
        statuses = [status.label for status in WearStatus if status != WearStatus.UNKNOWN]
        return {
            "frames_in": self.frames_in,
            "frames_processed": self.frames_processed,
            "frames_dropped": max(0, self.frames_in - self.frames_processed),
            "latency_ms": {"p50": p50, "p99": p99},
            "faces": self.faces,
            "people": len(self._people["all"]),
            "people_by_status": {s: len(self._people[s]) for s in statuses},
        }
