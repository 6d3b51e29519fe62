# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector detect`` with the images of a camera that is mounted upside down or sideways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mask_detector_ros.cli import main
from support.media import demo_frame, save, save_video

TURNS = {
    90: cv2.ROTATE_90_COUNTERCLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_CLOCKWISE,
}
"""The rotation to turn by -> how the camera sees the scene."""


def mounted(index: int, degrees: int) -> np.ndarray:
    return np.asarray(cv2.rotate(demo_frame(index), TURNS[degrees]))


def faces_in(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text().splitlines()[-1])["faces"])


@pytest.mark.parametrize("degrees", TURNS)
def test_boxes_belong_to_the_image_and_the_annotated_image_is_upright(
    degrees: int, tmp_path: Path
) -> None:
    upright = save(tmp_path / "upright.png", demo_frame(170))
    turned = save(tmp_path / "turned.png", mounted(170, degrees))
    assert main(["detect", str(upright), "--jsonl", str(tmp_path / "u"), "-q"]) == 0
    options = ["--rotate", str(degrees), "--out", str(tmp_path / "out"), "-q"]
    assert main(["detect", str(turned), "--jsonl", str(tmp_path / "t"), *options]) == 0
    expected = np.array([face["box"] for face in faces_in(tmp_path / "u")])
    x, y, w, h = expected.T
    in_turned = {
        90: np.stack([y, 640 - x - w, h, w], axis=1),
        180: np.stack([640 - x - w, 480 - y - h, w, h], axis=1),
        270: np.stack([480 - y - h, x, h, w], axis=1),
    }[degrees]
    assert len(expected) >= 2
    found = np.array([face["box"] for face in faces_in(tmp_path / "t")])
    assert found == pytest.approx(in_turned, abs=0.1)
    annotated = np.asarray(cv2.imread(str(tmp_path / "out" / "turned.png")))
    assert annotated.shape == (480, 640, 3)
    assert np.median(np.abs(annotated.astype(int) - demo_frame(170))) == 0


def test_a_video_upside_down_is_suspected(tmp_path: Path, capsys: Any) -> None:
    frames = [mounted(index, 180) for index in range(0, 500, 6)]
    video = str(save_video(tmp_path / "v.mp4", frames, rate=8.0))
    assert main(["detect", video]) == 0
    assert "--rotate 180" in capsys.readouterr().err
    assert main(["detect", video, "--rotate", "180", "--out", str(tmp_path / "out")]) == 0
    captured = capsys.readouterr()
    assert "--rotate" not in captured.err and " 0 people" not in captured.out
    annotated = cv2.VideoCapture(str(tmp_path / "out" / "v.mp4"))
    assert (annotated.get(cv2.CAP_PROP_FRAME_WIDTH), annotated.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (
        640,
        480,
    )


def test_another_angle_is_refused(tmp_path: Path, capsys: Any) -> None:
    image = save(tmp_path / "x.png")
    assert main(["detect", str(image), "--rotate", "45"]) == 2
    assert "90, 180, 270" in capsys.readouterr().err
