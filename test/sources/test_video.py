# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Video files: stamps, reduced rate, damaged files."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.sources import SourceError, open_source
from mask_detector_ros.sources.base import FrameThrottle
from support.media import GREEN, RED, plain, save_video


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


def test_the_rotation_of_a_phone_video_is_applied(tmp_path: Path) -> None:
    image = plain()
    image[:24, :32] = RED
    path = save_video(tmp_path / "phone.mp4", [image] * 3)
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 44
    clockwise = (0, 1 << 16, 0, -1 << 16, 0, 0, 48 << 16, 0, 1 << 30)
    data[matrix : matrix + 36] = struct.pack(">9i", *clockwise)
    path.write_bytes(data)
    frame = next(iter(open_source(path)))
    assert frame.image.shape == (64, 48, 3)
    assert np.abs(frame.image[8, -8].astype(int) - RED).max() < 20
    assert np.abs(frame.image[-8, 8].astype(int) - GREEN).max() < 20


def test_stamps_begin_at_zero_whatever_the_container_says(tmp_path: Path) -> None:
    path = save_video(tmp_path / "late.mkv", [plain()] * 6, 10.0)
    data = bytearray(path.read_bytes())
    timecode = data.index(b"\xe7", data.index(bytes.fromhex("1f43b675")))
    assert data[timecode + 1] == 0x81, "one byte"
    data[timecode + 2] = 200  # ms
    path.write_bytes(data)
    stamps = [frame.stamp for frame in open_source(path)]
    np.testing.assert_allclose(stamps, np.arange(6) / 10, atol=2e-3)


@pytest.mark.parametrize("suffix", [".dav", ".asf", ".vob", ".h264", ".MTS", ".recording", ""])
def test_any_file_that_opencv_opens_is_a_video(clip: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    path.write_bytes(clip.read_bytes())
    with open_source(path) as source:
        assert source.timed and len(list(source)) == 40


@pytest.mark.parametrize("suffix", [".txt", ".nfo", ".srt", ".m3u8", ".json", ".csv"])
def test_text_is_no_video(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"notes{suffix}"
    path.write_text("#EXTM3U\n1\n00:00:01,000 --> 00:00:02,000\nhello\n" * 30)
    with pytest.raises(SourceError, match="neither an image nor a video"):
        open_source(path)


def gif(frames: int) -> bytes:
    """A GIF of 2x2 pixels: header, color table, then each frame's image data."""
    head = b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x80, 0, 0) + bytes(3) + b"\xff" * 3
    control = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + b"\x02\x03\x44\x02\x05\x00"
    return head + (control + image) * frames + b"\x3b"


def test_a_still_gif_is_an_image_and_an_animated_one_a_video(tmp_path: Path) -> None:
    if not hasattr(cv2, "IMWRITE_GIF_LOOP"):
        pytest.skip("OpenCV reads GIF images from 4.11 on")
    for frames, timed in ((1, False), (3, True)):
        path = tmp_path / f"{frames}.gif"
        path.write_bytes(gif(frames))
        with open_source(path) as source:
            assert source.timed is timed
            assert len(list(source)) == frames


def test_an_mp4_without_its_index_is_named_as_cut_short(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with pytest.raises(SourceError, match=r"cut\.mp4 cannot be opened: its index .*untrunc"):
        open_source(path)
    path.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(400))
    with pytest.raises(SourceError, match="index"):
        open_source(path)
