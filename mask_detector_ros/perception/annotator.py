# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What people see: boxes and labels in the colour of the status, and unrecognisable faces."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.perception.settings import AnnotateSettings
from mask_detector_ros.perception.types import (
    NO_ID,
    Detections,
    FloatArray,
    Image,
    UnknownReason,
    WearStatus,
)

COLOURS: dict[WearStatus, tuple[int, int, int]] = {
    WearStatus.UNKNOWN: (160, 160, 160),
    WearStatus.NO_MASK: (60, 60, 230),
    WearStatus.BELOW_MOUTH: (40, 130, 250),
    WearStatus.NOSE_EXPOSED: (40, 205, 250),
    WearStatus.CORRECT: (90, 190, 60),
}
"""BGR. Told apart by lightness too, for those who see red and green alike."""

WORDS = {
    WearStatus.UNKNOWN: "?",
    WearStatus.NO_MASK: "no mask",
    WearStatus.BELOW_MOUTH: "below mouth",
    WearStatus.NOSE_EXPOSED: "nose exposed",
    WearStatus.CORRECT: "correct",
}

FONT = cv2.FONT_HERSHEY_SIMPLEX
MOSAIC = 5
"""Blurred regions keep this many coarse cells along their shorter side."""


def label(faces: Detections, row: int) -> str:
    """The words beside one face, such as "#3 nose exposed 91% 2.4 m"."""
    status = WearStatus(int(faces.status[row]))
    parts = [f"#{faces.ids[row]}"] if faces.ids[row] != NO_ID else []
    parts.append(WORDS[status])
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
    image: Image, faces: Detections, settings: AnnotateSettings, faint: Detections | None = None
) -> Image:
    """Draw the faces of a frame.

    Args:
        image: (H, W, 3) uint8 BGR, left as it is.
        faces: what is drawn.
        settings: how it is drawn.
        faint: what may be faces, too: blurred, but not drawn.

    Returns:
        An annotated copy.
    """
    canvas = image.copy()
    # All blurring first: a label must never be smeared by its neighbour's blur, and no
    # face may stay readable because another box was drawn over it.
    for people in (faint or Detections.empty(), faces):
        _blur(canvas, people, settings.blur)
    thickness = max(1, round(min(image.shape[:2]) / 300))
    for row in np.argsort(faces.boxes[:, 3]):  # near people over far ones
        colour = COLOURS[WearStatus(int(faces.status[row]))]
        x, y, w, h = (round(float(v)) for v in faces.boxes[row])
        cv2.rectangle(canvas, (x, y), (x + w, y + h), colour, thickness, cv2.LINE_AA)
        if settings.labels:
            _write(canvas, label(faces, int(row)), (x, y, w, h), colour, thickness)
    return canvas


def _blur(canvas: Image, faces: Detections, mode: str) -> None:
    """Make faces unrecognisable, in place."""
    for box, landmarks in zip(faces.boxes, faces.landmarks, strict=True):
        if mode == "face":
            _blur_ellipse(canvas, _grown(box, 1.15))
        elif mode == "eyes":
            _blur_ellipse(canvas, eye_region(box, landmarks))


def eye_region(box: FloatArray, landmarks: FloatArray) -> FloatArray:
    """The band over both eyes, xywh pixels; from the landmarks where they are known."""
    x, y, w, h = (float(v) for v in box)
    top, bottom = y + 0.18 * h, y + 0.5 * h
    eyes = landmarks[:2]
    if np.isfinite(eyes).all():
        # Landmarks and box must agree; the band covers both ideas of where the eyes are.
        middle = float(np.clip(eyes[:, 1].mean(), y, y + h))
        top, bottom = min(top, middle - 0.16 * h), max(bottom, middle + 0.14 * h)
        bottom = min(bottom, max(middle + 0.14 * h, y + 0.5 * h))
    return np.array([x - 0.05 * w, top, 1.1 * w, bottom - top], np.float32)


def _grown(box: FloatArray, factor: float) -> FloatArray:
    size = box[2:] * factor
    return np.concatenate([box[:2] + (box[2:] - size) / 2, size])


def _blur_ellipse(canvas: Image, region: FloatArray) -> None:
    """Make the ellipse inside ``region`` (xywh) of the image unrecognisable, in place."""
    height, width = canvas.shape[:2]
    x0, y0 = max(0, int(region[0])), max(0, int(region[1]))
    x1 = min(width, int(np.ceil(region[0] + region[2])))
    y1 = min(height, int(np.ceil(region[1] + region[3])))
    if x1 <= x0 or y1 <= y0:
        return
    part = canvas[y0:y1, x0:x1]
    rows, columns = part.shape[:2]
    cell = max(1.0, min(rows, columns) / MOSAIC)
    coarse = (max(1, round(columns / cell)), max(1, round(rows / cell)))
    # Averaging to a few cells destroys the detail; smooth enlarging only looks better.
    small = cv2.resize(part, coarse, interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_CUBIC)
    mask = np.zeros((rows, columns), np.uint8)
    centre, axes = (columns // 2, rows // 2), (columns // 2 + 1, rows // 2 + 1)
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1)
    cv2.copyTo(smooth, mask, part)


def _write(
    canvas: Image, text: str, box: tuple[int, int, int, int], colour: tuple[int, int, int],
    thickness: int,
) -> None:  # fmt: skip
    """Write on a plate of the status colour, above the box or wherever it fits."""
    height, width = canvas.shape[:2]
    scale = 0.42 * max(1.0, min(height, width) / 480)
    (text_width, text_height), below = cv2.getTextSize(text, FONT, scale, thickness)
    pad = max(2, text_height // 3)
    plate_width, plate_height = text_width + 2 * pad, text_height + below + pad
    x = min(max(box[0], 0), max(0, width - plate_width))
    y = box[1] - plate_height
    if y < 0:
        y = min(box[1] + box[3], height - plate_height)
    cv2.rectangle(canvas, (x, y), (x + plate_width, y + plate_height), colour, -1)
    bright = 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2] > 130
    ink = (20, 20, 20) if bright else (255, 255, 255)
    origin = (x + pad, y + text_height + pad // 2)
    cv2.putText(canvas, text, origin, FONT, scale, ink, thickness, cv2.LINE_AA)
