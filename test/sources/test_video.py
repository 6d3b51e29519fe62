# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.sources import SourceError, open_source
from mask_detector_ros.sources.base import Thinner
from support.media import plain, save_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds at 20 Hz that get brighter frame by frame."""
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    return save_video(path, [plain((4 * n,) * 3) for n in range(40)], 20.0)


def test_frames_come_in_order_with_the_containers_time(clip: Path) -> None:
    with open_source(clip) as source:
        assert (source.length, source.rate, source.timed) == (40, 20.0, True)
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(40))
    np.testing.assert_allclose([frame.stamp for frame in frames], np.arange(40) / 20, atol=1e-3)
    brightness = [frame.image.mean() for frame in frames]
    assert brightness == sorted(brightness) and brightness[-1] > 100
    assert {frame.source for frame in frames} == {str(clip)}


def test_a_second_reading_starts_again(clip: Path) -> None:
    source = open_source(clip)
    assert next(iter(source)).index == 0
    assert len(list(source)) == 40
    source.close()
    source.close()
    assert next(iter(source)).index == 0


def test_a_lower_rate_takes_frames_evenly(clip: Path) -> None:
    with open_source(clip, rate=8) as source:
        assert (source.length, source.rate) == (16, 8)
        stamps = [frame.stamp for frame in source]
    assert len(stamps) == 16
    assert np.diff(stamps).max() < 0.16 and np.diff(stamps).min() > 0.09
    with open_source(clip, rate=500) as source:
        assert source.rate == 20.0 and len(list(source)) == 40


def test_thinning_keeps_the_asked_rate() -> None:
    for native, wanted in ((30.0, 10.0), (25.0, 10.0), (29.97, 15.0), (60.0, 24.0)):
        thinner = Thinner(wanted)
        kept = sum(thinner.keep(n / native) for n in range(int(20 * native)))
        assert kept == pytest.approx(20 * wanted, abs=2), (native, wanted)


def test_after_a_pause_thinning_does_not_catch_up() -> None:
    thinner = Thinner(10.0)
    stamps = [0.0, *(100.0 + 0.01 * n for n in range(100))]
    assert sum(thinner.keep(stamp) for stamp in stamps) == pytest.approx(11, abs=1)


def test_a_video_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no video at all" * 100)
    with pytest.raises(SourceError, match=r"broken\.mp4 cannot be opened"):
        open_source(path)
    path.write_bytes(b"")
    with pytest.raises(SourceError, match="empty file"):
        open_source(path)


def test_a_video_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    frames = [noise.integers(0, 255, (48, 64, 3)).astype(np.uint8) for _ in range(60)]
    path = save_video(tmp_path / "cut.avi", frames)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    warnings: list[str] = []
    try:
        with open_source(path, warn=warnings.append) as source:
            announced = source.length
            count = len(list(source))
    except SourceError as error:
        assert "cut.avi" in str(error)
        return
    assert 0 < count < 60
    if announced == 60:
        assert any("cut off" in warning for warning in warnings)
