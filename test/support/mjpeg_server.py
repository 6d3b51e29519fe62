# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A network camera: an HTTP server of motion JPEG that breaks off, or stalls, as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

BOUNDARY = "frame"


class MjpegServer(ThreadingHTTPServer):
    """Serves ``images`` in a circle at ``/live``, to authorized clients if a password is set."""

    daemon_threads = True

    def __init__(self, images: list[np.ndarray], rate: float = 20.0, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.jpegs = [cv2.imencode(".jpg", image)[1].tobytes() for image in images]
        self.period = 1.0 / rate
        self.connections = 0
        self.sent = 0
        self.frames_per_connection = 10**9
        """After this many frames the server closes the connection."""
        self.refuse = threading.Event()
        """While set, new connections are answered 503 and existing ones closed."""
        self.stall = threading.Event()
        """While set, connections stay open, but nothing is sent."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/live"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that leave are expected."""


class _Handler(BaseHTTPRequestHandler):
    server: MjpegServer

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        server = self.server
        server.connections += 1
        if server.refuse.is_set() or not self.path.startswith("/live"):
            self.send_error(503 if server.refuse.is_set() else 404)
            return
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        self.end_headers()
        for _ in range(server.frames_per_connection):
            while server.stall.is_set():
                time.sleep(0.02)
            if server.refuse.is_set():
                return
            jpeg = server.jpegs[server.sent % len(server.jpegs)]
            head = (
                f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            )
            self.wfile.write(head.encode() + jpeg + b"\r\n")
            server.sent += 1
            time.sleep(server.period)


@contextmanager
def mjpeg_server(images: list[np.ndarray], rate: float = 20.0) -> Iterator[MjpegServer]:
    """A running server; ended with the context."""
    with MjpegServer(images, rate) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.refuse.set()
        server.stall.clear()
        server.shutdown()
        thread.join(5)
