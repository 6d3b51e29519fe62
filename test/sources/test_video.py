# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Video files: stamps, reduced rate, damaged files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.sources import SourceError, open_source
from mask_detector_ros.sources.base import FrameThrottle
from support.media import plain, save_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds at 20 Hz; each frame is brighter than the one before."""
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    return save_video(path, [plain((4 * n,) * 3) for n in range(40)], 20.0)


def test_frames_have_the_stamps_of_the_container(clip: Path) -> None:
    with open_source(clip) as source:
        assert (source.length, source.rate, source.timed) == (40, 20.0, True)
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(40))
    np.testing.assert_allclose([frame.stamp for frame in frames], np.arange(40) / 20, atol=1e-3)
    brightness = [frame.image.mean() for frame in frames]
    assert brightness == sorted(brightness) and brightness[-1] > 100
    assert {frame.source for frame in frames} == {str(clip)}


def test_each_iteration_starts_at_the_first_frame(clip: Path) -> None:
    source = open_source(clip)
    assert next(iter(source)).index == 0
    assert len(list(source)) == 40
    source.close()
    source.close()
    assert next(iter(source)).index == 0


def test_a_lower_rate_keeps_evenly_spaced_frames(clip: Path) -> None:
    with open_source(clip, rate=8) as source:
        assert (source.length, source.rate) == (16, 8)
        stamps = [frame.stamp for frame in source]
    assert len(stamps) == 16
    assert np.diff(stamps).max() < 0.16 and np.diff(stamps).min() > 0.09
    with open_source(clip, rate=500) as source:
        assert source.rate == 20.0 and len(list(source)) == 40


def test_the_throttle_keeps_the_requested_rate() -> None:
    for native, rate in ((30.0, 10.0), (25.0, 10.0), (29.97, 15.0), (60.0, 24.0)):
        throttle = FrameThrottle(rate)
        kept = sum(throttle.keep(n / native) for n in range(int(20 * native)))
        assert kept == pytest.approx(20 * rate, abs=2), (native, rate)


def test_the_throttle_does_not_catch_up_after_a_pause() -> None:
    throttle = FrameThrottle(10.0)
    stamps = [0.0, *(100.0 + 0.01 * n for n in range(100))]
    assert sum(throttle.keep(stamp) for stamp in stamps) == pytest.approx(11, abs=1)


def test_files_that_are_not_videos_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no video at all" * 100)
    with pytest.raises(SourceError, match=r"broken\.mp4 cannot be opened"):
        open_source(path)
    path.write_bytes(b"")
    with pytest.raises(SourceError, match="empty file"):
        open_source(path)


def test_a_truncated_video_is_read_up_to_its_end(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    frames = [noise.integers(0, 255, (48, 64, 3)).astype(np.uint8) for _ in range(60)]
    path = save_video(tmp_path / "cut.avi", frames)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    warnings: list[str] = []
    with open_source(path, warn=warnings.append) as source:
        assert source.length == 60, "as announced by the container"
        count = len(list(source))
    assert 0 < count < 60
    assert f"ends after {count} of 60 frames" in warnings[-1]
