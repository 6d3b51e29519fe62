# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a recording leaves behind beside its video: JSON, a contact sheet and a summary."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.perception.types import WearStatus

SHEET_COLUMNS, SHEET_ROWS = 3, 3
SHEET_WIDTH = 480
"""Width of one picture of the contact sheet in pixels."""
SHEET_GAP = 6


def message_to_dict(message: Any) -> Any:
    """A ROS message as plain JSON types; NaN, which JSON lacks, becomes null."""
    if hasattr(message, "get_fields_and_field_types"):
        names = message.get_fields_and_field_types()
        return {name: message_to_dict(getattr(message, name)) for name in names}
    if isinstance(message, float):
        return message if math.isfinite(message) else None
    if isinstance(message, (str, int, bool)):
        return message
    return [message_to_dict(item) for item in np.asarray(message, object).tolist()]


class ContactSheet:
    """A few pictures spread evenly over a recording whose length is not known."""

    def __init__(self) -> None:
        self._pictures: list[Image] = []
        self._every = 1
        self._seen = 0

    def add(self, image: Image) -> None:
        """Offer a picture; every n-th is kept, and n doubles when there are too many."""
        if self._seen % self._every == 0:
            height = round(SHEET_WIDTH * image.shape[0] / image.shape[1])
            small = cv2.resize(image, (SHEET_WIDTH, height), interpolation=cv2.INTER_AREA)
            self._pictures.append(small)
            if len(self._pictures) > 4 * SHEET_COLUMNS * SHEET_ROWS:
                self._pictures = self._pictures[::2]
                self._every *= 2
        self._seen += 1

    def save(self, path: Path) -> None:
        """Write the sheet; nothing if no picture was offered."""
        if not self._pictures:
            return
        count = min(len(self._pictures), SHEET_COLUMNS * SHEET_ROWS)
        picks = np.linspace(0, len(self._pictures) - 1, count + 2).round().astype(int)[1:-1]
        height, width = self._pictures[0].shape[:2]
        rows = math.ceil(count / SHEET_COLUMNS)
        sheet = np.full(
            (
                rows * (height + SHEET_GAP) + SHEET_GAP,
                SHEET_COLUMNS * (width + SHEET_GAP) + SHEET_GAP,
                3,
            ),
            255,
            np.uint8,
        )
        for place, pick in enumerate(picks):
            picture = self._pictures[pick]
            if picture.shape[:2] != (height, width):
                picture = cv2.resize(picture, (width, height))
            y = SHEET_GAP + place // SHEET_COLUMNS * (height + SHEET_GAP)
            x = SHEET_GAP + place % SHEET_COLUMNS * (width + SHEET_GAP)
            sheet[y : y + height, x : x + width] = picture
        write_whole(path, cv2.imencode(path.suffix, sheet)[1].tobytes())


class Statistics:
    """What the summary tells."""

    def __init__(self) -> None:
        self.frames_in = 0
        self.frames_processed = 0
        self.faces = 0
        self._latencies: list[float] = []
        self._people: dict[str, set[str]] = defaultdict(set)

    def add(self, message: MaskDetectionArray, latency: float) -> None:
        """Count one frame; ``latency`` in seconds from its stamp to its arrival here."""
        self.frames_processed += 1
        self.faces += len(message.detections)
        self._latencies.append(1000 * latency)
        for detection in message.detections:
            if detection.person_id:
                self._people["all"].add(detection.person_id)
                status = WearStatus(detection.status)
                if status != WearStatus.UNKNOWN:
                    self._people[status.label].add(detection.person_id)

    def summary(self) -> dict[str, Any]:
        """Everything as JSON types; latencies in milliseconds, None without a frame."""
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
