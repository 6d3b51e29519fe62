# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Annotated images: icons or boxes, and labels, in the color of the status; faces hidden."""

from __future__ import annotations

import math

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.face_hiding import (
    hidden_region,
    hide_with_gray,
    hide_with_icon,
)
from mask_detector_ros.perception.pipeline_settings import AnnotateSettings
from mask_detector_ros.perception.types import NO_ID, Detections, UnknownReason, WearStatus

COLORS: dict[WearStatus, tuple[int, int, int]] = {
    WearStatus.UNKNOWN: (160, 160, 160),
    WearStatus.NO_MASK: (60, 60, 230),
    WearStatus.BELOW_MOUTH: (40, 130, 250),
    WearStatus.NOSE_EXPOSED: (40, 205, 250),
    WearStatus.CORRECT: (90, 190, 60),
}
"""BGR. They also differ in lightness, for viewers with color vision deficiency."""

DISPLAY_NAMES = {
    WearStatus.UNKNOWN: "?",
    WearStatus.NO_MASK: "no mask",
    WearStatus.BELOW_MOUTH: "below mouth",
    WearStatus.NOSE_EXPOSED: "nose exposed",
    WearStatus.CORRECT: "correct",
}

FONT = cv2.FONT_HERSHEY_SIMPLEX
BLUR_CELLS = 5
"""Cells along the shorter side of blurred eyes; each is averaged to one color."""


def label(faces: Detections, row: int) -> str:
    """Label of one face, such as "#3 nose exposed 91% 2.4 m"."""
    status = WearStatus(int(faces.status[row]))
    parts = [f"#{faces.ids[row]}"] if faces.ids[row] != NO_ID else []
    parts.append(DISPLAY_NAMES[status])
    if status == WearStatus.UNKNOWN:
        reason = UnknownReason(int(faces.reason[row]))
        if reason != UnknownReason.NONE:
            parts.append(reason.label.replace("_", " "))
    else:
        parts.append(f"{100 * faces.confidence[row]:.0f}%")
    if np.isfinite(faces.positions[row, 2]):
        parts.append(f"{faces.positions[row, 2]:.1f} m")
    return " ".join(parts)


def annotate(
    image: Image,
    faces: Detections,
    settings: AnnotateSettings,
    low_confidence: Detections | None = None,
) -> Image:
    """Hide faces, and draw boxes and labels.

    Args:
        image: (H, W, 3) uint8 BGR, not modified.
        faces: hidden and drawn.
        settings: what is hidden, and whether labels are drawn.
        low_confidence: low-confidence detections: hidden, but not drawn.

    Returns:
        An annotated copy.
    """
    canvas = image.copy()
    # Hide before drawing, so that no label is hidden and no face is left visible.
    hidden = low_confidence or Detections.empty()
    whole_face = settings.blur == "face"
    for box, landmarks in zip(hidden.boxes, hidden.landmarks, strict=True):
        if whole_face:
            hide_with_gray(canvas, box)
        elif settings.blur == "eyes":
            _blur_ellipse(canvas, eye_region(box, landmarks))
    thickness = max(1, round(min(image.shape[:2]) / 400))
    smallest_first = np.argsort(faces.boxes[:, 2] * faces.boxes[:, 3])
    for row in smallest_first:
        if whole_face:
            status = WearStatus(int(faces.status[row]))
            hide_with_icon(canvas, faces.boxes[row], status, COLORS[status])
        elif settings.blur == "eyes":
            _blur_ellipse(canvas, eye_region(faces.boxes[row], faces.landmarks[row]))
    shown = [hidden_region(box) if whole_face else box for box in faces.boxes]
    outlines = [tuple(round(float(v)) for v in box) for box in shown]
    if not whole_face:
        for row, (x, y, w, h) in enumerate(outlines):
            color = COLORS[WearStatus(int(faces.status[row]))]
            cv2.rectangle(canvas, (x, y), (x + w, y + h), color, thickness, cv2.LINE_AA)
    if settings.labels:
        occupied = list(outlines)
        for row in smallest_first[::-1]:
            color = COLORS[WearStatus(int(faces.status[row]))]
            text = _Label(label(faces, int(row)), canvas.shape, thickness)
            text.place(outlines[row], occupied)
            text.draw(canvas, color)
            occupied.append(text.region)
    return canvas


def eye_region(box: FloatArray, landmarks: FloatArray) -> FloatArray:
    """Region of both eyes: (4,) xywh pixels, from the landmarks if known."""
    x, y, w, h = (float(v) for v in box)
    top, bottom = y + 0.18 * h, y + 0.5 * h
    eyes = landmarks[:2]
    if np.isfinite(eyes).all():
        # Landmarks can be wrong: the region covers the eyes according to both landmarks and box.
        middle = float(np.clip(eyes[:, 1].mean(), y, y + h))
        top, bottom = min(top, middle - 0.16 * h), max(bottom, middle + 0.14 * h)
        bottom = min(bottom, max(middle + 0.14 * h, y + 0.5 * h))
    return np.array([x - 0.05 * w, top, 1.1 * w, bottom - top], np.float32)


def _blur_ellipse(canvas: Image, region: FloatArray) -> None:
    """Blur the ellipse inside ``region`` (xywh), in place."""
    height, width = canvas.shape[:2]
    x0, y0 = max(0, int(region[0])), max(0, int(region[1]))
    x1 = min(width, int(np.ceil(region[0] + region[2])))
    y1 = min(height, int(np.ceil(region[1] + region[3])))
    if x1 <= x0 or y1 <= y0:
        return
    part = canvas[y0:y1, x0:x1]
    rows, columns = part.shape[:2]
    cell = max(1.0, min(rows, columns) / BLUR_CELLS)
    coarse = (max(1, round(columns / cell)), max(1, round(rows / cell)))
    # Averaging removes the detail; the smooth enlargement is only for looks.
    small = cv2.resize(part, coarse, interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_CUBIC)
    mask = np.zeros((rows, columns), np.uint8)
    # The ellipse of the whole region, so that faces cut by the image's edge are covered.
    x, y, w, h = (float(v) for v in region)
    center = (round(x + w / 2) - x0, round(y + h / 2) - y0)
    axes = (math.ceil(w / 2) + 1, math.ceil(h / 2) + 1)
    cv2.ellipse(mask, center, axes, 0, 0, 360, 255, -1)
    cv2.copyTo(smooth, mask, part)


Region = tuple[int, ...]
"""x, y, w, h in integer pixels."""


class _Label:
    """A line of text on a background of the status color."""

    def __init__(self, text: str, shape: tuple[int, ...], thickness: int) -> None:
        self._text = text
        self._height, self._width = shape[:2]
        self._thickness = thickness
        self._scale = 0.42 * max(1.0, min(shape[:2]) / 480)
        (width, height), below = cv2.getTextSize(text, FONT, self._scale, thickness)
        self._pad = max(2, height // 3)
        self._baseline = height + self._pad // 2
        self.region: Region = (0, 0, width + 2 * self._pad, height + below + self._pad)

    def place(self, box: Region, occupied: list[Region]) -> None:
        """Choose the position beside the box that overlaps other faces and labels least."""
        x, y, w, h = box
        _, _, width, height = self.region
        beside = ((x, y - height), (x, y + h), (x + w, y), (x - width, y), (x + w - width, y + h))
        candidates = [
            (
                min(max(left, 0), max(0, self._width - width)),
                min(max(top, 0), max(0, self._height - height)),
                width,
                height,
            )
            for left, top in beside
        ]
        self.region = min(candidates, key=lambda c: sum(_overlap(c, o) for o in occupied))

    def draw(self, canvas: Image, color: tuple[int, int, int]) -> None:
        """Draw at the chosen position."""
        x, y, width, height = self.region
        cv2.rectangle(canvas, (x, y), (x + width, y + height), color, -1)
        bright = 0.114 * color[0] + 0.587 * color[1] + 0.299 * color[2] > 130
        ink = (20, 20, 20) if bright else (255, 255, 255)
        origin = (x + self._pad, y + self._baseline)
        cv2.putText(
            canvas, self._text, origin, FONT, self._scale, ink, self._thickness, cv2.LINE_AA
        )


def _overlap(a: Region, b: Region) -> int:
    """Area of the intersection of two regions, pixels."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0, across) * max(0, down)
