# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Duration of videos written from frames with stamps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.atomic_files import OutputError
from mask_detector_ros.video_file import MAX_PAUSE_S, VideoFile
from support.full_disk import files_limited_to

RATE = 15.0


def seconds_of(path: Path, stamps: np.ndarray) -> float:
    """Duration of a video of frames with these stamps."""
    video = VideoFile(path, RATE)
    for stamp in stamps:
        video.write(np.zeros((32, 48, 3), np.uint8), float(stamp))
    video.finish()
    written = cv2.VideoCapture(str(path))
    return float(written.get(cv2.CAP_PROP_FRAME_COUNT) / written.get(cv2.CAP_PROP_FPS))


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        (np.arange(0, 4, 1 / 15), 4.0),
        (np.arange(0, 4, 1 / 4), 4.0),
        (np.arange(0, 4, 1 / 60), 4.0),
        (np.concatenate([np.arange(0, 2, 1 / 15), np.arange(100, 102, 1 / 15)]), 4 + MAX_PAUSE_S),
        (np.concatenate([np.arange(50, 52, 1 / 15), np.arange(0, 2, 1 / 15)]), 4.0),
    ],
    ids=["its own rate", "slower", "faster", "a long pause", "time jumps back"],
)
def test_video_duration_follows_the_stamps(
    tmp_path: Path, stamps: np.ndarray, expected: float
) -> None:
    assert seconds_of(tmp_path / "video.mp4", stamps) == pytest.approx(expected, abs=0.3)


def test_a_name_with_a_colon_is_no_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert seconds_of(Path("2026-11-30T10:00:00.mp4"), np.arange(0, 1, 1 / 15)) > 0.8
    assert [path.name for path in tmp_path.iterdir()] == ["2026-11-30T10:00:00.mp4"]


@pytest.mark.parametrize("size", [0, 30_000, 120_000])
def test_a_video_that_does_not_fit_on_the_disk_is_no_output(tmp_path: Path, size: int) -> None:
    rng = np.random.default_rng(0)
    video = VideoFile(tmp_path / "video.mp4", RATE)
    with (
        files_limited_to(size),
        pytest.raises(OutputError, match=r"video\.mp4 .*(is the disk full|cannot be written)"),
    ):
        for frame in range(30):
            video.write(rng.integers(0, 255, (96, 128, 3)).astype(np.uint8), frame / RATE)
        video.finish()
    assert not list(tmp_path.iterdir())
