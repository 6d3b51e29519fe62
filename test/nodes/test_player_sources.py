# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The image_player with sources that break off, stall or have bad frames."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sensor_msgs.msg import Image as ImageMessage

from mask_detector_ros.nodes.tools.source_reader import SourceReader
from mask_detector_ros.sources import Frame, Source, SourceError
from support.media import plain, save
from support.mjpeg_server import mjpeg_server
from support.ros_harness import Client, NodeProcess
from support.waiting import TIMEOUT_S, wait_until

pytestmark = pytest.mark.ros


@pytest.fixture
def camera() -> Iterator[Client]:
    client = Client("camera")
    yield client
    client.close()


def test_a_stream_that_stalls_is_played_on_and_interrupted_at_once(camera: Client) -> None:
    with mjpeg_server([plain()], rate=25.0) as server:
        url = server.url.replace("://", "://admin:Geheim1@")
        player = NodeProcess("tools.image_player", "-p", f"source:={url}", namespace="camera")
        with player:
            images = camera.subscribe(ImageMessage, "image_raw")
            wait_until(lambda: len(images) > 5, "images", player)
            server.stall.set()
            player.wait_for_log("connection lost")
            server.stall.clear()
            player.wait_for_log("connected again")
            count = len(images)
            wait_until(lambda: len(images) > count + 5, "images after the loss", player)
            server.stall.set()
            time.sleep(0.5)
            sent = time.monotonic()
            assert player.interrupt() == 0
            assert time.monotonic() - sent < TIMEOUT_S / 2, "it waited for the network"
    assert "images published" in player.log and "Traceback" not in player.log
    assert "Geheim1" not in player.log and "admin" not in player.log


def test_damaged_images_are_passed_over_and_counted(camera: Client, tmp_path: Path) -> None:
    for number in (0, 1, 3, 4):
        save(tmp_path / f"{number}.png", plain((40 * number,) * 3))
    (tmp_path / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n but nothing more")
    subscribers = ("wait_for.image_subscribers:=1", f"wait_for.timeout:={TIMEOUT_S}")
    options = ("rate:=20.0", *subscribers, f"source:={tmp_path}")
    arguments = [word for option in options for word in ("-p", option)]
    with NodeProcess("tools.image_player", *arguments, namespace="camera") as player:
        images = camera.subscribe(ImageMessage, "image_raw")
        assert player.wait() == 0
    wait_until(lambda: len(images) == 4, "the four good images")
    assert "4 images published, 1 could not be read" in player.log
    assert "2.png" in player.log and "Traceback" not in player.log


class BreakingSource(Source):
    """Three frames, then an exception."""

    def __init__(self, error: Exception, live: bool = False) -> None:
        super().__init__("film", [] if live else [Path("film")])
        self._error = error
        self.closed = False

    def __iter__(self) -> Iterator[Frame]:
        for number in range(3):
            yield Frame(plain(), 0.1 * number, number, self.name)
        raise self._error

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("error", "text"),
    [(SourceError("film ends early"), "film ends early"), (KeyError("x"), "film cannot be read")],
)
def test_frames_before_an_error_are_delivered(error: Exception, text: str) -> None:
    source = BreakingSource(error)
    reader = SourceReader(lambda: source)
    frames = []
    deadline = time.monotonic() + TIMEOUT_S
    while not reader.finished and time.monotonic() < deadline:
        frame = reader.poll()
        if frame is not None:
            frames.append(frame.index)
    assert frames == [0, 1, 2]
    assert text in reader.error
    reader.close()
    assert source.closed


def test_a_camera_gives_its_newest_frame() -> None:
    reader = SourceReader(lambda: BreakingSource(SourceError("unplugged"), live=True))
    wait_until(lambda: reader.error, "the end of the source")
    frame = reader.poll()
    assert frame is not None and frame.index == 2
    assert reader.finished and reader.poll() is None
    reader.close()


def test_a_source_that_cannot_be_opened() -> None:
    def fail() -> Source:
        raise SourceError("no such film")

    reader = SourceReader(fail)
    wait_until(lambda: reader.finished, "the end")
    assert reader.error == "no such film" and not reader.opened
    reader.close()
