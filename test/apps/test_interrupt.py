# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector detect`` interrupted by a signal, or by the reader of its output."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from support.media import save_video
from support.mjpeg_server import mjpeg_server
from support.tiny_models import paint
from support.waiting import TIMEOUT_S

COMMAND = [sys.executable, "-m", "mask_detector_ros", "detect"]


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = [paint((3, 4, True, 220))] * 500
    return save_video(tmp_path_factory.mktemp("in") / "long.avi", frames, 25.0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_runs_keep_complete_results(
    long_clip: Path, models: Path, tmp_path: Path, number: signal.Signals
) -> None:
    file, out = tmp_path / "o.jsonl", tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, long_clip, "--models", models, "--jsonl", file, "--out", out],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        partial = [path for path in tmp_path.glob(".o.*") if path.read_text().count("\n") > 5]
        if partial:
            break
        assert process.poll() is None and time.monotonic() < deadline, "the run did not start"
        time.sleep(0.02)
    assert not file.exists(), "the file must appear only when it is complete"
    process.send_signal(number)
    output, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 128 + number
    assert "Traceback" not in errors
    assert "interrupted; the results so far are complete" in output and "long.avi" in output
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert 5 < len(records) < 500
    capture = cv2.VideoCapture(str(out / "long.mp4"))
    assert int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == len(records)
    assert [path.name for path in tmp_path.rglob(".*")] == []


def test_a_reader_that_ends_early(long_clip: Path, models: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, long_clip, "--models", models, "--jsonl", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    assert json.loads(process.stdout.readline())["frame"] == 0
    process.stdout.close()
    assert process.wait(timeout=TIMEOUT_S) == 141
    errors = process.stderr.read()
    process.stderr.close()
    assert "Traceback" not in errors and "BrokenPipe" not in errors


def test_a_stream_that_stalls_is_interrupted_at_once(models: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "o.jsonl", tmp_path / "out"
    with mjpeg_server([paint((3, 4, True, 220))], rate=25.0) as camera:
        url = camera.url.replace("://", "://admin:Geheim1@")
        process = subprocess.Popen(
            [*COMMAND, url, "--models", models, "--jsonl", file, "--out", out, "--quiet"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + TIMEOUT_S
        while not any(path.read_text().count("\n") > 5 for path in tmp_path.glob(".o.*")):
            assert process.poll() is None and time.monotonic() < deadline, "it did not start"
            time.sleep(0.02)
        camera.stall.set()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        output, errors = process.communicate(timeout=TIMEOUT_S)
        assert time.monotonic() - sent < TIMEOUT_S / 2, "it waited for the network"
    assert process.returncode == 130
    assert output == "" and "Traceback" not in errors
    assert len(file.read_text().splitlines()) > 5
    (video,) = out.iterdir()
    assert video.name == f"http_127.0.0.1_{camera.server_port}_live.mp4"
    for text in (errors, file.read_text()):
        assert "Geheim1" not in text and "admin" not in text
