# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Error messages for sources that cannot be opened."""

from __future__ import annotations

import os
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
        ("bag:", "expected a path after bag:"),
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


def test_a_folder_says_what_it_passes_over(tmp_path: Path) -> None:
    images = ("1.jpg", "2.PNG", "photo", "photo.jpg_large", "still.gif")
    for name in images:
        save(tmp_path / "x.png").rename(tmp_path / name)
    for name in ("a.txt", "b.txt", "c.XML", "d.mp4", "e.heic_backup", ".hidden.txt", "Thumbs.db"):
        (tmp_path / name).write_text("hello")
    for name in ("._1.jpg", "__MACOSX/._2.jpg", "__MACOSX/3.jpg", ".cache/4.jpg", "sub/5.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
    warnings: list[str] = []
    source = open_source(tmp_path, warn=warnings.append)
    assert [path.name for path in source.files] == [*images]
    (warning,) = warnings
    assert "5 files passed over: 2 .txt" in warning
    for part in ("1 .xml", "1 .mp4", "1 .heic_backup", "1 subfolder not read"):
        assert part in warning
    with open_source(tmp_path, recursive=True, warn=warnings.append) as source:
        assert [path.name for path in source.files][-1] == "5.jpg"


def test_a_folder_of_images_only_gives_no_warning(tmp_path: Path) -> None:
    save(tmp_path / "1.jpg")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "._1.jpg").write_bytes(b"Mac OS X")
    warnings: list[str] = []
    open_source(tmp_path, recursive=True, warn=warnings.append)
    assert warnings == []


def test_a_folder_of_images_beside_a_bag_is_a_folder_of_images(tmp_path: Path) -> None:
    save(tmp_path / "1.jpg")
    (tmp_path / "a.mcap").touch()
    warnings: list[str] = []
    source = open_source(tmp_path, warn=warnings.append)
    assert [path.name for path in source.files] == ["1.jpg"]
    assert "1 .mcap" in warnings[0]
    (tmp_path / "1.jpg").unlink()
    (tmp_path / "b.mcap").touch()
    with pytest.raises(SourceError, match=r"2 file\(s\) of bags: pass them one by one"):
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


def test_links_to_nowhere_are_reported(tmp_path: Path) -> None:
    save(tmp_path / "1.jpg")
    (tmp_path / "2.jpg").symlink_to("gone.jpg")
    warnings: list[str] = []
    source = open_source(tmp_path, warn=warnings.append)
    assert len(list(source)) == 1 and source.skipped == 1
    assert "2.jpg cannot be read: No such file" in warnings[0]
    with pytest.raises(SourceError, match=r"2\.jpg is a link to gone\.jpg, which does not exist"):
        open_source(tmp_path / "2.jpg")


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    save(tmp_path / "1.jpg")
    os.mkfifo(tmp_path / "2.jpg")
    warnings: list[str] = []
    assert len(list(open_source(tmp_path, warn=warnings.append))) == 1
    assert "1 file passed over: 1 .jpg" in warnings[0]
    with pytest.raises(SourceError, match="is a pipe or device, not a file"):
        open_source(tmp_path / "2.jpg")
