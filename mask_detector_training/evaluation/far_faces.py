# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What ``detector.far`` finds in large frames, how soon, at which cost, and its range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, IntArray
from mask_detector_ros.perception.far_regions import is_large, tiles, whole_scale
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.perception.pipeline_settings import FAR_MODES
from mask_detector_ros.perception.ranging_settings import RangingSettings
from mask_detector_ros.perception.types import NO_ID, Detections
from mask_detector_training.evaluation.large_frames import FRAME_SIZE, LargeFrames
from mask_detector_training.evaluation.metrics import (
    FALSE_POSITIVE,
    LOOSE_IOU,
    LabeledDetections,
    match_image,
)
from mask_detector_training.evaluation.predictions import band_name

RATE_HZ = 30.0
SOON_S, TRACKED_S = 0.5, 0.25
BANDS_PX = ((12.0, 16.0), (16.0, 24.0), (24.0, 36.0), (36.0, 48.0), (48.0, 72.0), (72.0, np.inf))
CAMERAS = (
    (640, 480, 69.0),
    (1280, 720, 69.0),
    (1920, 1080, 69.0),
    (1920, 1080, 90.0),
    (3840, 2160, 69.0),
)
"""Width and height in pixels, and horizontal field of view in degrees, of common cameras."""
RECALLS = (0.5, 0.8)
"""Fractions of the faces that must be found at a range."""
WINDOW_FACES = 60
"""Faces of similar width over which the recall at a width is averaged."""


@dataclass(frozen=True, eq=False)
class FarResult:
    """Result of one mode of ``detector.far``.

    Attributes:
        widths: (N,) labeled widths in pixels of the frames.
        first: (N,) seconds until each face was reported; infinite if it never was.
        tracked: (N,) whether it was reported with a person id in the last ``TRACKED_S``.
        in_image: (N,) whether it is reported in the last frame as a single image.
        milliseconds: medians of detection in a whole frame, and of the search for far faces.
        false_faces: reported faces per frame that are no labeled ones.
        false_in_image: the same in single images.
    """

    widths: FloatArray
    first: FloatArray
    tracked: BoolArray
    in_image: BoolArray
    milliseconds: tuple[float, float]
    false_faces: float
    false_in_image: float


def measure_far(pipeline: MaskPipeline, sequences: Iterable[LargeFrames]) -> dict[str, FarResult]:
    """Run all sequences with each mode of ``detector.far``; the settings are restored."""
    settings = pipeline.settings
    parts: dict[str, list[_Sequence]] = {mode: [] for mode in FAR_MODES}
    for frames in sequences:
        for mode in FAR_MODES:
            pipeline.settings = replace(settings, detector=replace(settings.detector, far=mode))
            parts[mode].append(_run(pipeline, frames))
    pipeline.settings = settings
    return {mode: _joined(found) for mode, found in parts.items()}


@dataclass(frozen=True, eq=False)
class _Sequence:
    """As ``FarResult``, of one sequence; times and false faces of each frame."""

    widths: FloatArray
    first: FloatArray
    tracked: BoolArray
    in_image: BoolArray
    milliseconds: FloatArray
    false_faces: FloatArray
    false_in_image: int


def _run(pipeline: MaskPipeline, frames: LargeFrames) -> _Sequence:
    pipeline.reset()
    first = np.full(len(frames.boxes), np.inf)
    known = np.full(len(frames.boxes), -np.inf)
    times, false_faces = [], []
    for number, (image, boxes) in enumerate(frames):
        result = pipeline.process(image, number / RATE_HZ)
        matches = _matches(result.faces, boxes, frames.ignored)
        false_faces.append(int((matches == FALSE_POSITIVE).sum()))
        found = matches[matches >= 0]
        first[found] = np.minimum(first[found], number / RATE_HZ)
        known[matches[(matches >= 0) & (result.faces.ids != NO_ID)]] = number / RATE_HZ
        spent = result.milliseconds
        times.append((spent["detect"], spent.get("far", 0.0)))
    single = _matches(pipeline.process(image).faces, boxes, frames.ignored)
    counted = ~frames.ignored
    return _Sequence(
        frames.boxes[counted, 2],
        first[counted],
        (known > number / RATE_HZ - TRACKED_S)[counted],
        np.isin(np.arange(len(boxes)), single)[counted],
        np.array(times),
        np.array(false_faces, np.float64),
        int((single == FALSE_POSITIVE).sum()),
    )


def _matches(faces: Detections, boxes: FloatArray, ignored: BoolArray) -> IntArray:
    return match_image(LabeledDetections(faces.boxes, faces.scores, boxes, ignored), LOOSE_IOU)


def _joined(parts: Sequence[_Sequence]) -> FarResult:
    def all_of(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    detect, far = np.median(all_of("milliseconds"), axis=0)
    return FarResult(
        all_of("widths"),
        all_of("first"),
        all_of("tracked"),
        all_of("in_image"),
        (float(detect), float(far)),
        float(all_of("false_faces").mean()),
        float(np.mean([part.false_in_image for part in parts])),
    )


def far_tables(results: dict[str, FarResult], input_size: tuple[int, int]) -> dict[str, Any]:
    """Tables of ``measure_far``: by face width, cost, and range of common cameras.

    Args:
        results: by mode.
        input_size: of the detector, for the ranges.
    """
    return {
        "faces found in frames of 1920x1080, by width in pixels": _by_width(results),
        "cost": {mode: _cost(result) for mode, result in results.items()},
        "range in meters": {
            f"{width}x{height}, {angle:g}°": _ranges(results, (width, height), angle, input_size)
            for width, height, angle in CAMERAS
        },
    }


def _by_width(results: dict[str, FarResult]) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for low, high in BANDS_PX:
        row: dict[str, Any] = {}
        for mode, result in results.items():
            chosen = (result.widths >= low) & (result.widths < high)
            first = result.first[chosen]
            row["faces"] = int(chosen.sum())
            row[f"{mode}: within {SOON_S:g} s"] = _mean(first <= SOON_S)
            row[f"{mode}: within 1 s"] = _mean(np.isfinite(first))
            row[f"{mode}: tracked after 1 s"] = _mean(result.tracked[chosen])
            row[f"{mode}: single image"] = _mean(result.in_image[chosen])
            found = first[np.isfinite(first)]
            row[f"{mode}: median seconds"] = float(np.median(found)) if len(found) else math.nan
        rows[band_name(low, high)] = row
    return rows


def _cost(result: FarResult) -> dict[str, Any]:
    detect, far = result.milliseconds
    return {
        "whole frame (ms)": detect,
        "far faces (ms)": far,
        "both, of the time of the whole frame": (detect + far) / detect,
        "false faces per frame": result.false_faces,
        "false faces per single image": result.false_in_image,
    }


def _ranges(
    results: dict[str, FarResult],
    size: tuple[int, int],
    angle: float,
    input_size: tuple[int, int],
) -> dict[str, Any]:
    """Ranges of one camera: where a face is as small as the smallest ones that are found."""
    focal = size[0] / 2 / math.tan(math.radians(angle) / 2)
    scale, large = whole_scale(size, input_size), is_large(size, input_size)
    row: dict[str, Any] = {}
    for recall in RECALLS:
        off, auto = (smallest_width(results[mode], recall) for mode in FAR_MODES)
        off *= whole_scale(FRAME_SIZE, input_size) / scale
        width = RangingSettings().face_width
        row[f"off: {100 * recall:.0f} %"] = width * focal / off
        row[f"auto: {100 * recall:.0f} %"] = width * focal / (auto if large else off)
    sweep = len(tiles(size, input_size, with_regions=True)) if large else 0
    return row | {"tiles": sweep, f"all tiles at {RATE_HZ:g} Hz (s)": sweep / RATE_HZ}


def smallest_width(result: FarResult, recall: float) -> float:
    """Width from which at least this fraction of the faces is found within a second; pixels.

    NaN if that is no width.
    """
    order = np.argsort(result.widths, kind="stable")
    found = np.isfinite(result.first)[order].astype(np.float64)
    window = min(WINDOW_FACES, len(found))
    if not window:
        return float("nan")
    kernel = np.ones(window) / window
    means, widths = (np.convolve(v, kernel, "valid") for v in (found, result.widths[order]))
    below = np.flatnonzero(means < recall)
    first = below[-1] + 1 if len(below) else 0
    return float(widths[first]) if first < len(widths) else float("nan")


def _mean(values: BoolArray) -> float:
    return float(values.mean()) if len(values) else float("nan")
