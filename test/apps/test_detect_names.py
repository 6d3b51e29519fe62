# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector detect``: inputs and outputs with unusual file names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mask_detector_ros.cli import main
from support.media import plain, save, save_video


def detect(models: Path, *arguments: object) -> int:
    return main(["detect", "--models", str(models), "--quiet", *map(str, arguments)])


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_names_with_a_colon(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_video(tmp_path / "x.avi", [plain()] * 3).rename("10:00.avi")
    save(tmp_path / "x.png").rename("webcam:0.png")
    assert detect(models, "10:00.avi", "webcam:0.png", "--out", ".", "--jsonl", "a:b.jsonl") == 0
    assert {"10:00.mp4", "webcam:0-2.png", "a:b.jsonl"} < set(written(tmp_path))
    assert len(Path("a:b.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize("length", [247, 255])
def test_names_at_the_limit_of_the_file_system(models: Path, tmp_path: Path, length: int) -> None:
    inputs, out = tmp_path / "in", tmp_path / "out"
    image = save(inputs / "x.png").rename(inputs / ("i" * (length - 4) + ".png"))
    # .ts becomes .mp4: a longer name than the input's.
    video = save_video(inputs / "x.avi", [plain()] * 3).rename(
        inputs / ("v" * (length - 3) + ".ts")
    )
    lines = tmp_path / ("j" * (length - 6) + ".jsonl")
    arguments = (image, video, video, "--out", out, "--jsonl", lines)
    assert detect(models, *arguments) == 0
    names: list[Any] = written(out)
    assert len(names) == 3 and image.name in names
    assert all(len(name) <= 255 and not name.startswith(".") for name in names)
    assert len(lines.read_text().splitlines()) == 7
