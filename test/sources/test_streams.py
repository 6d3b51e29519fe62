# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Network cameras: connection, loss and return, secrets in addresses."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.sources import SourceError, open_source, streams
from support.media import BLUE, plain, save, save_video
from support.mjpeg_server import MjpegServer, mjpeg_server
from support.waiting import TIMEOUT_S, wait_until


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    images = [plain((10 * n, 10 * n, 10 * n), 160, 120) for n in range(20)]
    with mjpeg_server(images) as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect again soon. A busy machine is no lost connection: that is for tests to set."""
    monkeypatch.setattr(streams, "OPEN_TIMEOUT_S", TIMEOUT_S)
    monkeypatch.setattr(streams, "READ_TIMEOUT_S", TIMEOUT_S)
    monkeypatch.setattr(streams, "RETRY_DELAYS_S", (0.2,))


def test_frames_are_stamped_on_arrival(camera: MjpegServer) -> None:
    with open_source(camera.url) as source:
        assert source.timed and source.length is None and source.files == []
        frames = []
        for frame in source:
            frames.append(frame)
            if len(frames) == 20:
                break
    assert {frame.image.shape for frame in frames} == {(120, 160, 3)}
    assert {frame.source for frame in frames} == {camera.url}
    assert [frame.index for frame in frames] == sorted({frame.index for frame in frames})
    stamps = np.array([frame.stamp for frame in frames])
    assert (np.diff(stamps) > 0).all()
    # The median: a busy machine delays some frames.
    per_frame = np.diff(stamps) / np.diff([frame.index for frame in frames])
    assert np.median(per_frame) == pytest.approx(0.05, abs=0.03)


def test_a_lower_rate_is_kept(camera: MjpegServer) -> None:
    with open_source(camera.url, rate=5) as source:
        assert source.rate == 5
        frames = iter(source)
        stamps = [next(frames).stamp for _ in range(8)]
    assert np.median(np.diff(stamps)) > 0.15


@pytest.mark.parametrize("loss", ["closed", "stalled", "refused"])
def test_a_lost_connection_is_opened_again(
    camera: MjpegServer, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "READ_TIMEOUT_S", 1.0)
    warnings: list[str] = []

    def repair() -> None:
        """Once the loss was reported, and attempts to connect again were refused."""
        connections = camera.connections
        refused = 2 if loss == "refused" else 0
        wait_until(lambda: warnings and camera.connections >= connections + refused, "the loss")
        camera.stall.clear()
        camera.refuse.clear()

    if loss == "closed":
        camera.frames_per_connection = 10
    with open_source(camera.url, warn=warnings.append) as source:
        before = 0
        for frame in source:
            before = frame.index
            if loss == "closed" or before >= 5:
                break
        if loss == "stalled":
            camera.stall.set()
        if loss == "refused":
            camera.refuse.set()
        threading.Thread(target=repair).start()
        for frame in source:
            if len(warnings) >= 2 and frame.index > before + 20:
                break
    assert "connection lost after" in warnings[0] and camera.url in warnings[0]
    assert "connected again after" in warnings[1]
    assert camera.connections >= 2
    losses = [text for text in warnings if "lost" in text]
    assert len(losses) <= camera.connections, "one line per loss, not per attempt"


def test_it_gives_up_after_a_while(camera: MjpegServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "GIVE_UP_S", 2.0)
    monkeypatch.setattr(streams, "READ_TIMEOUT_S", 1.0)
    with open_source(camera.url, warn=lambda _: None) as source:
        camera.refuse.set()
        started = time.monotonic()
        with pytest.raises(SourceError, match="no frame for 2 s"):
            list(source)
        assert time.monotonic() - started < 60, "it tried for ever"


def test_stopping_ends_the_iteration_at_once(camera: MjpegServer) -> None:
    with open_source(camera.url, warn=lambda _: None) as source:
        frames = iter(source)
        next(frames)
        camera.stall.set()
        threading.Timer(0.5, source.stop).start()
        started = time.monotonic()
        list(frames)
        assert time.monotonic() - started < TIMEOUT_S / 2, "it waited for the network"


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """Serves the files of a folder, without seeking in them; its address."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_file_of_a_web_server_is_read_frame_by_frame(tmp_path: Path) -> None:
    save_video(tmp_path / "clip.avi", [plain((5 * n,) * 3) for n in range(40)], 10.0)
    stamps = []
    with web_server(tmp_path) as address, open_source(f"{address}/clip.avi") as source:
        assert source.length == 40
        for frame in source:
            time.sleep(0.01)
            stamps.append(frame.stamp)
    np.testing.assert_allclose(stamps, np.arange(40) / 10, atol=1e-3)


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_an_image_of_a_web_server_is_one_image(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, plain(BLUE))
    warnings: list[str] = []
    with (
        web_server(tmp_path) as address,
        open_source(f"{address}/{name}?size=full", warn=warnings.append) as source,
    ):
        assert not source.timed and source.length == 1
        (frame,) = source
    assert np.abs(frame.image.astype(int) - plain(BLUE)).max() < 8 and frame.stamp == 0.0
    assert not warnings


def test_a_video_that_needs_seeking_says_so(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 240, 320, 3)).astype(np.uint8)
    save_video(tmp_path / "clip.mp4", noise, 10.0)  # larger than what FFmpeg keeps
    with (
        web_server(tmp_path) as address,
        pytest.raises(SourceError, match="none of its 40 frames can be decoded; download it"),
    ):
        open_source(f"{address}/clip.mp4")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_why_there_is_no_stream(camera: MjpegServer) -> None:
    with pytest.raises(SourceError, match=r"host cannot be reached \(Connection refused\)"):
        open_source(f"rtsp://127.0.0.1:{free_port()}/live")
    with pytest.raises(SourceError, match="answers, but not with a video; check path, user"):
        open_source(camera.url.replace("live", "nothing"))
    with pytest.raises(SourceError, match=r"rtps:// is not read.*rtsp://"):
        open_source("rtps://10.0.0.9/live")
    with pytest.raises(SourceError, match="malformed"):
        open_source("http://127.0.0.1:port/live")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://10.0.0.9:554/live", "rtsp://10.0.0.9:554/live"),
        ("rtsp://admin:Geheim1@10.0.0.9/live", "rtsp://***@10.0.0.9/live"),
        ("rtsp://admin:Ge@heim/1@10.0.0.9/live", "rtsp://***@10.0.0.9/live"),
        ("rtsp://admin:Geheim?1@10.0.0.9/live", "rtsp://***?***"),
        ("http://cam/mjpg?user=admin&pwd=Geheim1", "http://cam/mjpg?***"),
        ("http://cam/mjpg?mail=a@b.c&pwd=Geheim1", "http://***?***"),
        (
            "rtsp://10.0.0.9/user=admin&password=Geheim1&channel=1",
            "rtsp://10.0.0.9/user=***&password=***&channel=1",
        ),
        ("rtps://admin:Geheim1@10.0.0.9/live", "rtps://***@10.0.0.9/live"),
        ("photos/a@b?c.jpg", "photos/a@b?c.jpg"),
    ],
)
def test_secrets_are_not_shown(address: str, shown: str) -> None:
    assert streams.without_secrets(address) == shown


def test_errors_do_not_show_secrets(camera: MjpegServer, capfd: pytest.CaptureFixture[str]) -> None:
    for address in (
        f"rtsp://admin:Geheim1@127.0.0.1:{free_port()}/live",
        camera.url.replace("://", "://admin:Geheim1@").replace("live", "nothing"),
        "rtps://admin:Geheim1@10.0.0.9/live",
        "http://admin:Geheim1@127.0.0.1:port/live",
    ):
        with pytest.raises(SourceError) as caught:
            open_source(address)
        assert "Geheim1" not in str(caught.value) and "admin" not in str(caught.value)
    captured = capfd.readouterr()
    assert "Geheim1" not in captured.out + captured.err
