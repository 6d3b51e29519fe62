# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector detect --far``: small faces in large images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.cli import main
from mask_detector_ros.perception.face_detector import iou_matrix
from support.media import demo_frame, save


def boxes_in(path: Path) -> np.ndarray:
    faces = json.loads(path.read_text().splitlines()[-1])["faces"]
    return np.array([face["box"] for face in faces]).reshape(-1, 4)


def test_a_photo_is_searched_at_full_resolution(tmp_path: Path) -> None:
    photo = np.full((2000, 3000, 3), 114, np.uint8)
    photo[900:1380, 1500:2140] = demo_frame(170)
    near = save(tmp_path / "near.png", demo_frame(170))
    large = save(tmp_path / "large.png", photo)
    assert main(["detect", str(near), "--jsonl", str(tmp_path / "n"), "-q"]) == 0
    assert main(["detect", str(large), "--jsonl", str(tmp_path / "off"), "-q"]) == 0
    options = ["--far", "auto", "--out", str(tmp_path / "out"), "-q"]
    assert main(["detect", str(large), "--jsonl", str(tmp_path / "auto"), *options]) == 0
    expected = boxes_in(tmp_path / "n") + np.array([1500, 900, 0, 0])
    found = boxes_in(tmp_path / "auto")
    assert len(expected) >= 2
    assert (iou_matrix(expected, found).max(axis=1) >= 0.3).all()
    assert len(boxes_in(tmp_path / "off")) < len(expected)
    annotated = np.asarray(cv2.imread(str(tmp_path / "out" / "large.png")))
    for x, y, w, h in expected.astype(int).tolist():
        part = (slice(y, y + h), slice(x, x + w))
        assert np.abs(annotated[part].astype(int) - photo[part]).mean() > 10, "not hidden"


def test_another_mode_is_refused(tmp_path: Path, capsys: Any) -> None:
    assert main(["detect", str(save(tmp_path / "x.png")), "--far", "on"]) == 2
    assert "'off', 'auto'" in capsys.readouterr().err
