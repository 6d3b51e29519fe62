# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a network camera or another stream with an address, such as ``rtsp://…``."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.background_threads import BackgroundThread
from mask_detector_ros.images import SUFFIXES
from mask_detector_ros.sources.base import (
    Frame,
    FrameThrottle,
    Source,
    SourceError,
    Warn,
    reason,
)

PORTS = {"rtsp": 554, "rtsps": 322, "rtmp": 1935, "http": 80, "https": 443, "tcp": None}
"""Scheme -> default port, of those that connect by TCP."""
SCHEMES = (*PORTS, "rtmps", "rtp", "udp", "srt")

OPEN_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 5.0
"""Time without a frame after which the connection counts as lost."""
RETRY_DELAYS_S = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Delay before each attempt to connect again; the last one for all further attempts."""
GIVE_UP_S = 60.0
"""Time without a frame after which the stream ends with an error."""
POLL_S = 0.1

SECRETS = re.compile(
    r"(?i)((?:pass|passw|password|passwd|pwd|user|username|usr|login|token|auth|key|secret)=)[^&/;]*"
)


def is_url(name: str) -> bool:
    """Whether a source is an address with a scheme, known or not."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", name) is not None


def without_secrets(name: str) -> str:
    """A source's name for people and files: an address without user, password and query."""
    if not is_url(name):
        return name
    scheme, rest = name.split("://", 1)
    path, _, query = rest.partition("?")
    if "@" in path:  # a password may itself contain @ or /
        path = f"***@{path.rpartition('@')[2]}"
    elif "@" in query:  # or a question mark
        path = "***"
    path = SECRETS.sub(r"\1***", path)
    return f"{scheme}://{path}" + ("?***" if query else "")


class StreamSource(Source):
    """A stream, read in a thread; always its newest frame. Stamps are those of arrival.

    A lost connection is reported and opened again, after growing delays. A file at an
    ``http://`` address, of which the length is known, is read frame by frame with its own stamps;
    an address of one image, by its suffix, is that image.
    """

    def __init__(self, url: str, rate: float | None = None, warn: Warn | None = None) -> None:
        """Connect, and wait for the first frame.

        Args:
            url: address with its scheme; user and password are not shown anywhere.
            rate: frames per second to reduce the stream to; None for all frames.
            warn: called when the connection is lost or there again, in a thread.

        Raises:
            SourceError: there is no frame; says why if that is known.
        """
        super().__init__(without_secrets(url), [], warn)
        self._url = url
        self._reduced_rate = rate
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._received = 0
        self._first = self._last = time.monotonic()
        self._stopped = False
        self._finite = False
        self._error = ""
        self._ended = False
        self._thread = BackgroundThread(self._run, "stream")
        self._thread.start()
        self._await_first_frame()
        if rate is not None and (self.rate is None or rate < self.rate):
            if self.length is not None and self.rate is not None:
                self.length = max(1, round(self.length * rate / self.rate))
            self.rate = rate

    def _await_first_frame(self) -> None:
        deadline = time.monotonic() + OPEN_TIMEOUT_S + READ_TIMEOUT_S
        with self._changed:
            while not (self._newest or self._ended) and time.monotonic() < deadline:
                self._changed.wait(POLL_S)
            if self._newest is None:
                self._stopped = True
                why = self._error or _no_connection(self._url)
                raise SourceError(f"{self.name} gives no frame: {why}")
            while self._may_be_image() and not self._ended and time.monotonic() < deadline:
                self._changed.wait(POLL_S)
            if self._may_be_image() and self._ended:
                self.timed, self.length, self.rate = False, 1, None

    def _may_be_image(self) -> bool:
        """Whether the address is that of an image file, and there was one frame."""
        path = PurePosixPath(urlsplit(self._url).path)
        return self._received == 1 and path.suffix.lower() in SUFFIXES

    def __iter__(self) -> Iterator[Frame]:
        throttle = FrameThrottle(self._reduced_rate)
        self._last = time.monotonic()
        while not self._stopped:
            with self._changed:
                if self._newest is None and not self._ended:
                    self._changed.wait(POLL_S)
                frame, self._newest = self._newest, None
                self._changed.notify_all()
            if frame is not None:
                if throttle.keep(frame.stamp):
                    yield frame
            elif self._error:
                raise SourceError(f"{self.name} cannot be read: {self._error}")
            elif self._ended:
                return
            elif time.monotonic() - self._last > GIVE_UP_S:
                raise SourceError(f"{self.name} has given no frame for {GIVE_UP_S:g} s; given up")

    def stop(self) -> None:
        """See ``Source.stop``."""
        self._stopped = True

    def close(self) -> None:
        """See ``Source.close``."""
        self._stopped = True
        self._thread.join(timeout=1.0)  # it may be waiting for the network; a daemon

    def _run(self) -> None:
        try:
            self._receive()
        except Exception as error:  # passed on to the thread that iterates
            # OpenCV's messages contain the address.
            self._error = reason(error).replace(self._url, self.name)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _receive(self) -> None:
        """Read until the stream ends, connecting again whenever the connection is lost."""
        attempts = 0
        while not self._stopped:
            before = self._received
            capture = _open(self._url)
            if capture is not None:
                try:
                    self._read(capture, lost=attempts > 0)
                finally:
                    capture.release()
            if self._finite or not self._received or self._stopped or self._may_be_image():
                return  # at its end; or the constructor reports that nothing came
            if self._received > before:
                attempts = 0
            if attempts == 0:
                self._warn(
                    f"{self.name}: connection lost after {self._received} frames; connecting again"
                )
            delay = RETRY_DELAYS_S[min(attempts, len(RETRY_DELAYS_S) - 1)]
            attempts += 1
            due = time.monotonic() + delay
            while not self._stopped and time.monotonic() < due:
                time.sleep(POLL_S)

    def _read(self, capture: Any, lost: bool) -> None:
        """Read one connection until it is lost; ``lost`` if there was one before."""
        if not self._received:
            fps = float(capture.get(cv2.CAP_PROP_FPS))
            self.rate = fps if 1.0 <= fps <= 240.0 else None
            frames = float(capture.get(cv2.CAP_PROP_FRAME_COUNT))
            self._finite = 1 < frames < 1e9
            self.length = int(frames) if self._finite else None
        while not self._stopped and capture.grab():
            position = float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000.0
            read, image = capture.retrieve()
            if not read:
                self.skip(f"frame {self._received} of {self.name} cannot be decoded; skipped")
                continue
            if lost:
                seconds = time.monotonic() - self._last
                self._warn(f"{self.name}: connected again after {seconds:.1f} s")
                lost = False
            self._put(np.asarray(image), position)
        if self._finite and not self._received:
            self._error = (
                f"none of its {self.length} frames can be decoded; download it, and pass the file"
            )
        elif self._finite and not self._stopped and self._received < 0.9 * (self.length or 0):
            self._warn(f"{self.name} ends after {self._received} of {self.length} frames")

    def _put(self, image: Image, position: float) -> None:
        with self._changed:
            while self._finite and self._newest is not None and not self._stopped:
                self._changed.wait(POLL_S)
            self._last = time.monotonic()
            if not self._received:
                self._first = self._last
            stamp = position if self._finite else self._last - self._first
            self._newest = Frame(image, stamp, self._received, self.name)
            self._received += 1
            self._changed.notify_all()


def _open(url: str) -> cv2.VideoCapture | None:
    """An open connection; None if there is none.

    Not by OpenCV's backend for image sequences, which prints the address with its password.
    """
    limits = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(1000 * OPEN_TIMEOUT_S)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(1000 * READ_TIMEOUT_S)),
    ]
    # FFmpeg's messages may contain the address with its password.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    available = cv2.videoio_registry.getStreamBackends()
    for backend, options in ((cv2.CAP_FFMPEG, limits), (cv2.CAP_GSTREAMER, [])):
        if backend in available:
            try:
                capture = cv2.VideoCapture(url, backend, options)
            except cv2.error:
                continue
            if capture.isOpened():
                return capture
    return None


def _no_connection(url: str) -> str:
    """Why there is no connection, as far as a TCP connection tells."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme.lower())
        if parts.hostname and port:
            socket.create_connection((parts.hostname, port), timeout=3.0).close()
            return (
                "its host answers, but not with a video; check path, user and password of the "
                "address (percent-encode special characters: @ is %40)"
            )
    except ValueError:
        return "the address is malformed; percent-encode special characters: @ is %40"
    except OSError as error:
        return f"its host cannot be reached ({error.strerror or error}); check address and network"
    return "nothing arrives at this address"
