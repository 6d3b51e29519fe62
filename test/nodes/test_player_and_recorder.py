# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The image_player and recorder nodes."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage

from mask_detector_ros.images import decode_image
from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.nodes.tools.recording import message_to_dict
from support.ros_harness import (
    Client,
    NodeProcess,
    demo_frame,
    detector,
    wait_until,
)
from support.waiting import TIMEOUT_S

pytestmark = pytest.mark.ros
IDLE_TIMEOUT_S = 10.0


@pytest.fixture
def camera() -> Iterator[Client]:
    client = Client("camera")
    yield client
    client.close()


def test_a_folder_is_played_with_camera_info(camera: Client, tmp_path: Path) -> None:
    count = 15
    for i in range(count):
        cv2.imwrite(str(tmp_path / f"{i:02d}.png"), np.full((48, 64, 3), 10 * i, np.uint8))
    arguments = [
        "-p",
        f"source:={tmp_path}",
        "-p",
        "rate:=5.0",
        "-p",
        "wait_for.image_subscribers:=1",
        "-p",
        "wait_for.camera_info_subscribers:=1",
        "-p",
        f"wait_for.timeout:={TIMEOUT_S}",
    ]
    with NodeProcess("tools.image_player", *arguments, namespace="camera") as player:
        infos = camera.subscribe(CameraInfo, "camera_info")
        images = camera.subscribe(ImageMessage, "image_raw")
        assert player.wait() == 0
        assert f"{count} images published" in player.log
    wait_until(lambda: len(images) == len(infos) == count, "all images and CameraInfo")
    assert [int(decode_image(m)[0, 0, 0]) for m in images] == [10 * i for i in range(count)]
    stamps = [m.header.stamp.sec + m.header.stamp.nanosec * 1e-9 for m in images]
    # A busy machine delays some images, but the median period is kept.
    assert np.median(np.diff(stamps)) == pytest.approx(0.2, abs=0.1)
    assert (np.diff(stamps) > 0).all()
    assert [i.header.stamp for i in infos] == [m.header.stamp for m in images]
    assert infos[0].k[0] == pytest.approx(46.6, abs=0.1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-p", "source:=/no/such.mp4"], "/no/such.mp4"),
        (
            ["-p", "wait_for.image_subscribers:=3", "-p", "wait_for.timeout:=0.2"],
            "only 0 of 3 subscribers",
        ),
    ],
)
def test_a_player_that_cannot_start_reports_why(arguments: list[str], words: str) -> None:
    with NodeProcess("tools.image_player", *arguments) as player:
        assert player.wait() == 1
        assert words in player.log
        assert "Traceback" not in player.log


def test_a_source_that_disappears_while_playing_is_reported(camera: Client, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for i in range(3):
        cv2.imwrite(str(folder / f"{i}.png"), np.zeros((48, 64, 3), np.uint8))
    arguments = ["-p", f"source:={folder}", "-p", "loop:=true"]
    with NodeProcess("tools.image_player", *arguments, namespace="camera") as player:
        images = camera.subscribe(ImageMessage, "image_raw")
        wait_until(lambda: len(images) > 2, "images", player)
        shutil.rmtree(folder)
        assert player.wait() == 1
        assert str(folder) in player.log
        assert "Traceback" not in player.log


def test_an_interrupted_player_exits_without_error(camera: Client) -> None:
    with NodeProcess("tools.image_player", "-p", "loop:=true", namespace="camera") as player:
        images = camera.subscribe(ImageMessage, "image_raw")
        wait_until(lambda: len(images) > 2, "images", player)
        assert player.interrupt() == 0
        assert "Traceback" not in player.log


def recorder(folder: Path, ready: str | None = "ready") -> NodeProcess:
    """A recorder of the detector in the same namespace."""
    remaps = [
        argument
        for topic in ("detections", "events", "image_annotated")
        for argument in ("-r", f"{topic}:=mask_detector/{topic}")
    ]
    # No machine is so busy that two detections are further apart.
    output = ["-p", f"output:={folder}", "-p", f"idle_timeout:={IDLE_TIMEOUT_S}"]
    return NodeProcess("tools.recorder", *remaps, *output, ready=ready, namespace="camera")


def test_a_suspended_recorder_loses_nothing(camera: Client, tmp_path: Path) -> None:
    with detector(namespace="camera"), recorder(tmp_path) as recording:
        published = camera.subscribe(MaskDetectionArray, "~/detections")
        camera.detect(demo_frame(), published)
        with recording.suspended():
            for index in range(4, 20, 4):
                camera.detect(demo_frame(index), published)
            time.sleep(IDLE_TIMEOUT_S)
        assert recording.wait() == 0, recording.log
    lines = (tmp_path / "detections.jsonl").read_text().splitlines()
    assert [json.loads(line)["header"] for line in lines] == [
        message_to_dict(m.header) for m in published
    ]


def record(camera: Client, folder: Path, frames: int) -> tuple[int, NodeProcess, list]:
    """Record some frames; returns the exit code, the recorder and the published detections."""
    with (
        detector("-p", "annotate.max_rate:=0.0", namespace="camera"),
        recorder(folder) as recording,
    ):
        published = camera.subscribe(MaskDetectionArray, "~/detections")
        for index in range(frames):
            camera.detect(demo_frame(4 * index), published)
        return recording.wait(), recording, published


def test_a_recording_is_complete(camera: Client, tmp_path: Path) -> None:
    code, recording, published = record(camera, tmp_path, frames=10)
    assert code == 0, recording.log
    lines = (tmp_path / "detections.jsonl").read_text().splitlines()
    assert [json.loads(line)["header"] for line in lines] == [
        message_to_dict(m.header) for m in published
    ]
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["frames_processed"] == len(published)
    assert cv2.imread(str(tmp_path / "contact_sheet.png")) is not None
    video = cv2.VideoCapture(str(tmp_path / "annotated.mp4"))
    assert video.read()[1].shape == (480, 640, 3)
    assert not list(tmp_path.glob(".*")), "temporary files remain"


def test_a_video_that_cannot_be_written_does_not_prevent_the_other_files(
    camera: Client, tmp_path: Path
) -> None:
    (tmp_path / "annotated.mp4").mkdir()
    code, recording, published = record(camera, tmp_path, frames=5)
    assert code == 1
    assert "the video could not be recorded" in recording.log and "annotated.mp4" in recording.log
    assert "Traceback" not in recording.log
    assert len((tmp_path / "detections.jsonl").read_text().splitlines()) == len(published)
    assert json.loads((tmp_path / "summary.json").read_text())["frames_processed"] == len(published)


def test_a_bad_image_is_left_out_of_the_video(camera: Client, tmp_path: Path) -> None:
    with recorder(tmp_path, ready=None) as recording:
        publisher = camera.publisher(ImageMessage, "~/image_annotated")
        numbers = itertools.count()

        def warned() -> bool:
            number = next(numbers)
            image = np.full((48, 64, 3), 10 * number % 256, np.uint8)
            message = image_message(image, camera.header())
            if number % 5 == 4:
                message.encoding = "secret8"
            publisher.publish(message)
            time.sleep(0.05)
            return number >= 19 and "secret8" in recording.log

        wait_until(warned, "a warning", recording)
        assert recording.interrupt() == 0, recording.log
    assert "images could not be read" in recording.log and "Traceback" not in recording.log
    assert recording.log.count("left out of the video") == 1
    assert cv2.VideoCapture(str(tmp_path / "annotated.mp4")).read()[0]
    assert {path.name for path in tmp_path.iterdir()} == {
        "annotated.mp4",
        "contact_sheet.png",
        "detections.jsonl",
        "events.jsonl",
        "summary.json",
    }


def test_frozen_and_negative_stamps_are_recorded_by_the_time_of_arrival(
    camera: Client, tmp_path: Path
) -> None:
    with recorder(tmp_path, ready=None) as recording:
        detections = camera.publisher(MaskDetectionArray, "~/detections", qos.results(100))
        images = camera.publisher(ImageMessage, "~/image_annotated")
        for number in range(40):
            frozen = camera.header(stamp=1_700_000_000.0)
            images.publish(image_message(np.full((48, 64, 3), 5 * number, np.uint8), frozen))
            negative = MaskDetectionArray()
            negative.header.stamp.sec = -number - 1
            detections.publish(negative)
            time.sleep(0.05)
        assert recording.wait() == 0, recording.log
    lines = (tmp_path / "detections.jsonl").read_text().splitlines()
    recorded = [json.loads(line)["header"]["stamp"]["sec"] for line in lines]
    assert recorded == list(range(-1, -41, -1))
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["frames_processed"] == len(recorded) and summary["latency_ms"]["p50"] is None
    video = cv2.VideoCapture(str(tmp_path / "annotated.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) > 30, "two seconds at 30 Hz, or nearly"


def test_messages_as_json_have_no_nan() -> None:
    message = MaskDetectionArray()
    message.processing_ms = float("nan")
    assert (
        json.loads(json.dumps(message_to_dict(message), allow_nan=False))["processing_ms"] is None
    )
