# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Webcams, with a video file in place of the device."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mask_detector_ros.sources import SourceError, webcam
from support.media import plain, save_video


@pytest.fixture
def device(tmp_path: Path) -> Path:
    return save_video(tmp_path / "video0.avi", [plain((n,) * 3) for n in range(0, 200, 20)])


def test_frames_are_stamped_on_arrival(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webcam, "_check", lambda name, path: None)
    frames = []
    with webcam.WebcamSource("webcam:0", str(device)) as source:
        assert source.timed and source.length is None and source.files == []
        with pytest.raises(SourceError, match="plugged in"):
            for frame in source:
                frames.append(frame)
                if len(frames) == 10:  # the last one: no longer time is needed
                    monkeypatch.setattr(webcam, "FRAME_TIMEOUT_S", 1.0)
    assert [frame.index for frame in frames] == list(range(10))
    assert frames[0].stamp == 0.0
    stamps = [frame.stamp for frame in frames]
    assert stamps == sorted(stamps)


def test_processing_time_does_not_count_as_missing_frames(
    device: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webcam, "_check", lambda name, path: None)
    with webcam.WebcamSource("webcam:0", str(device)) as source:
        frames = iter(source)
        for _ in range(10):
            next(frames)
        monkeypatch.setattr(webcam, "FRAME_TIMEOUT_S", 1.0)
        time.sleep(1.1)
        resumed = time.monotonic()
        with pytest.raises(SourceError, match="plugged in"):
            next(frames)
        assert time.monotonic() - resumed > 0.9


def test_a_device_that_is_not_a_camera_is_refused(tmp_path: Path) -> None:
    (tmp_path / "video7").touch()
    with pytest.raises(SourceError, match="webcam"):
        webcam.WebcamSource("webcam:7", str(tmp_path / "video7"))
