# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluation of ``detector.far``: composed frames, and what is counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception.far_detection import FarDetector
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_training.data.datasets import Record
from support.bright_faces import bright_detector, bright_image, face_box
from support.optional import optional

optional("sklearn")

from mask_detector_training.evaluation.far_faces import (  # noqa: E402
    FarResult,
    far_tables,
    measure_far,
    smallest_width,
)
from mask_detector_training.evaluation.large_frames import PAN_PX, compose  # noqa: E402

SIZE, COUNT = (1280, 720), 8


def scene(folder: Path, name: str, size: tuple[int, int], *faces: list[int]) -> Record:
    boxes = np.array(faces, np.float32)
    cv2.imwrite(str(folder / name), bright_image(size, boxes))
    statuses = ("correct",) * len(faces)
    return Record(folder / name, "faces", False, "drawn", name, size, boxes, statuses)


@pytest.fixture
def records(tmp_path: Path) -> list[Record]:
    return [
        scene(tmp_path, "a.png", (500, 400), face_box(200, 100, 20), face_box(300, 200, 60)),
        scene(tmp_path, "b.png", (400, 300), face_box(200, 100, 22), face_box(60, 60, 8)),
        scene(tmp_path, "c.png", (500, 250), face_box(100, 100, 70)),
        scene(tmp_path, "d.png", (1200, 600), face_box(600, 300, 40)),
    ]


def test_every_scene_is_shown_once_at_its_resolution(records: list[Record]) -> None:
    sequences = list(compose(records, SIZE, COUNT))
    assert sum(len(frames.boxes) for frames in sequences) == 6
    for frames in sequences:
        for image, boxes in frames:
            assert image.shape == (720, 1280, 3)
            for x, y, w, h in boxes.astype(int).tolist():
                assert image[y : y + h, x : x + w].mean() > 240
        shown = [boxes for _, boxes in frames]
        assert (shown[0] - shown[-1])[0] == pytest.approx([*(PAN_PX * (COUNT - 1)), 0, 0])
        repeated = [image for image, _ in frames]
        assert all((one == other).all() for one, (other, _) in zip(repeated, frames, strict=True))
    ignored = [w for frames in sequences for w in frames.boxes[frames.ignored, 2].tolist()]
    assert ignored == [8.0]


def test_what_far_finds_is_counted_by_width_time_and_cost(records: list[Record]) -> None:
    pipeline = MaskPipeline()
    before = pipeline.settings
    pipeline._detector = bright_detector()[0]
    pipeline._far = FarDetector(pipeline._detector)
    results = measure_far(pipeline, compose(records, SIZE, COUNT))
    assert pipeline.settings == before
    off, auto = results["off"], results["auto"]
    assert sorted(auto.widths.tolist()) == [20, 22, 40, 60, 70]
    far = auto.widths < 24
    assert np.isinf(off.first[far]).all() and not off.in_image[far].any()
    assert (auto.first[far] <= 6 / 30).all() and auto.in_image[far].all()
    assert (off.first[auto.widths > 48] == 0).all()
    assert off.false_faces == auto.false_faces == auto.false_in_image == 0
    assert off.milliseconds[1] == 0 < auto.milliseconds[1]


def made_up(first: list[float], widths: list[float]) -> FarResult:
    seen = np.isfinite(first)
    return FarResult(np.array(widths), np.array(first), seen, seen, (10.0, 0.0), 0.5, 0.5)


def test_the_range_follows_from_the_smallest_faces_found() -> None:
    widths = np.linspace(12, 111, 397)
    auto = made_up([0.2] * len(widths), widths.tolist())
    off = replace(auto, first=np.where(widths < 60, np.inf, 0.0))
    assert smallest_width(auto, 0.8) == pytest.approx(19, abs=2)  # the mean of the first window
    assert smallest_width(off, 0.8) == pytest.approx(63, abs=3)
    assert np.isnan(smallest_width(made_up([np.inf] * 99, [30.0] * 99), 0.5))
    assert np.isnan(smallest_width(made_up([], []), 0.5))
    rows = far_tables({"off": off, "auto": auto}, (640, 480))["range in meters"]
    full_hd, vga = rows["1920x1080, 69°"], rows["640x480, 69°"]
    assert full_hd["off: 80 %"] == pytest.approx(0.15 * 1397 / smallest_width(off, 0.8), rel=0.01)
    assert full_hd["auto: 80 %"] > 3 * full_hd["off: 80 %"]
    assert full_hd["off: 80 %"] == pytest.approx(vga["off: 80 %"]) == vga["auto: 80 %"]
    assert rows["3840x2160, 69°"]["auto: 80 %"] == pytest.approx(2 * full_hd["auto: 80 %"])
    assert (vga["tiles"], full_hd["tiles"]) == (0, 12)
