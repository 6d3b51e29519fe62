# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Error messages for sources that cannot be opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from mask_detector_ros.sources import SourceError, open_source
from support.media import plain, save, save_video


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nowhere.jpg", r"nowhere\.jpg does not exist; expected .*image.*folder.*webcam"),
        ("", "empty path"),
        ("webcam:front", "webcam:0"),
        ("webcam:97", "/dev/video97.* does not exist"),
        ("bag:nowhere.mcap", r"nowhere\.mcap does not exist"),
    ],
)
def test_missing_sources(spec: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_source(spec)


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(SourceError, match=r"notes\.txt.*neither an image nor a video"):
        open_source(path)


def test_folders_without_images_report_what_they_have(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no images; supported are .*\.jpg"):
        open_source(tmp_path)
    save(tmp_path / "sub" / "a.png")
    with pytest.raises(SourceError, match="--recursive"):
        open_source(tmp_path)
    save_video(tmp_path / "clip.mp4", [plain()] * 2)
    with pytest.raises(SourceError, match=r"1 video\(s\)"):
        open_source(tmp_path)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_invalid_rates(tmp_path: Path, rate: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        open_source(save(tmp_path / "a.png"), rate=rate)


@pytest.mark.parametrize("name", ["webcam:0", "bag:x.mp4", "2026-11-30T10:00:00.mp4", "rtsp:a.mov"])
def test_a_file_that_exists_wins_over_a_scheme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    save_video(tmp_path / "x.mp4", [plain()] * 4).rename(name)
    for spec in (name, f"./{name}", tmp_path / name):
        with open_source(spec) as source:
            assert len(list(source)) == 4, spec


def test_a_name_that_is_too_long() -> None:
    with pytest.raises(SourceError, match=r"is not a path: .*too long"):
        open_source("x" * 5000)
