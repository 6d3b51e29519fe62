# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector detect``: a bad frame costs that frame, a bad input that input."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from mask_detector_ros.cli import main
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.sources.base import FrameThrottle
from support.media import save, save_video
from support.tiny_models import paint

MASKED, BARE = (3, 4, True, 220), (10, 8, False, 200)


@pytest.fixture
def detect(models: Path) -> Callable[..., int]:
    def run(*arguments: object) -> int:
        return main(["detect", "--models", str(models), *map(str, arguments)])

    return run


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Two videos of two seconds each with a person without a mask."""
    frames = [paint(BARE)] * 40
    return [save_video(tmp_path / "in" / name, frames, 20.0) for name in ("a.avi", "c.avi")]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def frames_in(path: Path) -> int:
    capture, count = cv2.VideoCapture(str(path)), 0
    while capture.grab():
        count += 1
    return count


def fail_at(calls: range, original: Callable[..., Any]) -> Callable[..., Any]:
    """``original``, which raises at these calls."""
    count = 0

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        if count - 1 in calls:
            raise RuntimeError("the cat\nsits on the keyboard")
        return original(*args, **kwargs)

    return call


def test_inputs_after_a_damaged_one_are_done(
    detect: Any, clips: list[Path], tmp_path: Path, capsys: Any
) -> None:
    damaged = tmp_path / "in" / "b.mp4"
    damaged.write_bytes(b"no video" * 50)
    picture = save(tmp_path / "in" / "d.png", paint(MASKED))
    broken = tmp_path / "in" / "e.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 no image")
    inputs = [clips[0], damaged, broken, clips[1], picture]
    out, file, events = tmp_path / "out", tmp_path / "o.jsonl", tmp_path / "e.jsonl"
    assert detect(*inputs, "--out", out, "--jsonl", file, "--events", events) == 1
    captured = capsys.readouterr()
    assert f"2 inputs could not be read: {damaged}, {broken}" in captured.out
    assert captured.err.count("error: ") == 2 and "Traceback" not in captured.err
    assert len(lines(file)) == 81
    assert {path.name for path in out.iterdir()} == {"a.mp4", "c.mp4", "d.png"}
    assert frames_in(out / "c.mp4") == 40


def test_violations_are_closed_at_the_end_of_each_input(
    detect: Any, clips: list[Path], tmp_path: Path
) -> None:
    events = tmp_path / "e.jsonl"
    assert detect(*clips, "--events", events, "-q") == 0
    found = [(event["source"], event["kind"]) for event in lines(events)]
    assert found == [(str(clip), kind) for clip in clips for kind in ("started", "lost")]
    assert lines(events)[1]["frame"] == 39


@pytest.mark.parametrize("step", ["process", "annotate"])
def test_a_frame_that_fails_costs_that_frame(
    detect: Any,
    clips: list[Path],
    tmp_path: Path,
    capsys: Any,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    where = (
        "mask_detector_ros.perception.pipeline.MaskPipeline.process"
        if step == "process"
        else "mask_detector_ros.apps.detect_run.annotate"
    )
    from mask_detector_ros.apps import detect_run

    original = MaskPipeline.process if step == "process" else detect_run.annotate
    monkeypatch.setattr(where, fail_at(range(3, 5), original))
    file, events, out = tmp_path / "o.jsonl", tmp_path / "e.jsonl", tmp_path / "out"
    assert detect(*clips, "--jsonl", file, "--events", events, "--out", out) == 1
    captured = capsys.readouterr()
    for index in (3, 4):
        assert f"frame {index} of {clips[0]} cannot be {step.rstrip('e')}" in captured.err
    assert "RuntimeError: the cat sits on the keyboard" in captured.err
    assert f"2 frames could not be read: {clips[0]} (2)" in captured.out
    assert len(lines(file)) == (78 if step == "process" else 80)
    assert [e["kind"] for e in lines(events)] == ["started", "lost"] * 2
    assert frames_in(out / "a.mp4") == 40 and frames_in(out / "c.mp4") == 40


def test_an_image_that_fails_costs_that_image(
    detect: Any, folder: Path, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        save(folder / f"{number}.png", paint(MASKED))
    monkeypatch.setattr(MaskPipeline, "process", fail_at(range(1, 2), MaskPipeline.process))
    file = tmp_path / "o.jsonl"
    assert detect(folder, "--jsonl", file) == 1
    captured = capsys.readouterr()
    assert f"{folder}/1.png cannot be processed" in captured.err
    assert "3 images, 3 faces" in captured.out
    assert f"1 input could not be read: {folder} (1)" in captured.out
    assert len(lines(file)) == 3


def test_a_source_that_fails_in_the_middle_leaves_what_was_done(
    detect: Any,
    clips: list[Path],
    tmp_path: Path,
    capsys: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FrameThrottle, "keep", fail_at(range(25, 26), FrameThrottle.keep))
    file, events, out = tmp_path / "o.jsonl", tmp_path / "e.jsonl", tmp_path / "out"
    assert detect(*clips, "--jsonl", file, "--events", events, "--out", out) == 1
    captured = capsys.readouterr()
    assert f"{clips[0]} cannot be read: RuntimeError" in captured.err
    assert f"1 input could not be read: {clips[0]}" in captured.out
    assert len(lines(file)) == 25 + 40
    assert [e["kind"] for e in lines(events)] == ["started", "lost"] * 2
    assert frames_in(out / "a.mp4") == 25 and frames_in(out / "c.mp4") == 40
    assert not list(tmp_path.rglob(".*")), "temporary files remain"


def test_an_input_that_fails_on_opening_costs_that_input(
    detect: Any, clips: list[Path], tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mask_detector_ros.apps import detect_run

    monkeypatch.setattr(
        "mask_detector_ros.apps.detect_run.open_source",
        fail_at(range(1), detect_run.open_source),
    )
    file = tmp_path / "o.jsonl"
    assert detect(*clips, "--jsonl", file) == 1
    captured = capsys.readouterr()
    assert f"{clips[0]} cannot be opened: RuntimeError: the cat sits" in captured.err
    assert f"1 input could not be read: {clips[0]}" in captured.out
    assert len(lines(file)) == 40
