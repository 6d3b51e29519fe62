# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The film node: the demo's patrol as a video, with a log of what was decided and said."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rclpy.node import Node
from rclpy.time import Time
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import String

from mask_detector_ros.atomic_files import LineFile
from mask_detector_ros.msg import MaskEvent, PatrolState, Reminder
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.frame_worker import FrameWorker
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import ParameterError, Parameters
from mask_detector_ros.nodes.conversions import image_to_bgr
from mask_detector_ros.nodes.demo.demo_settings import FilmSettings
from mask_detector_ros.nodes.demo.film_frame import film_picture
from mask_detector_ros.nodes.tools.recording import ContactSheet, as_dict
from mask_detector_ros.patrol.interface import State
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.video_file import VideoFile

VIDEO, SHEET, LOG = "patrol.mp4", "contact_sheet.png", "patrol_log.jsonl"
SAID_FOR = 4.0
"""Seconds that words stay on the screen."""


class FilmNode(Node):
    """Subscribes to image_annotated, top_down, state, reminder, events and spoken.

    Prints "ready" once it listens, and a line for everything worth telling.
    """

    def __init__(self) -> None:
        super().__init__("film")
        try:
            settings = Parameters(self, FilmSettings).settings
            folder = Path(settings.output).expanduser()
            folder.mkdir(parents=True, exist_ok=True)
            self._log = LineFile(str(folder / LOG))
        except (ParameterError, OSError) as error:
            raise StartError(str(error)) from error
        self._folder = folder
        self._video = VideoFile(folder / VIDEO, settings.rate)
        self._sheet = ContactSheet()
        self._state: PatrolState | None = None
        self._above: ImageMessage | None = None
        self._said, self._said_at = "", 0.0
        self._began: float | None = None
        self._failure: Exception | None = None
        self._worker = FrameWorker(self._keep, self._failed)
        self._worker.start()
        for kind, topic, callback, profile in (
            (ImageMessage, "image_annotated", self._worker.offer, qos.pictures()),
            (ImageMessage, "top_down", self._on_above, qos.pictures()),
            (PatrolState, "state", self._on_state, qos.latched()),
            (Reminder, "reminder", self._on_reminder, qos.results()),
            (MaskEvent, "events", self._on_event, qos.latched()),
            (String, "spoken", self._on_spoken, qos.results()),
        ):
            self.create_subscription(
                kind, topic, callback, profile, event_callbacks=qos.subscription_events(self, topic)
            )
        print("ready", flush=True)

    def close(self) -> None:
        """Finish all files."""
        if not self._worker.stop():
            print("film: the last picture did not finish in time", file=sys.stderr)
        self._log.finish()
        self._sheet.save(self._folder / SHEET)
        try:  # last: it must not take the others with it
            self._video.finish()
        except OSError as error:
            self._failure = self._failure or error
        if self._failure is not None:
            raise StartError(f"the film could not be made: {self._failure}")

    def _on_above(self, message: ImageMessage) -> None:
        self._above = message

    def _on_state(self, message: PatrolState) -> None:
        before, self._state = self._state, message
        if before is None or before.state != message.state:
            self._tell("state", f"{State(message.state).name}: {message.reason}", message)

    def _on_reminder(self, message: Reminder) -> None:
        what = "thanks" if message.kind == Reminder.THANK else "reminder"
        status = WearStatus(message.status).label
        self._tell("reminder", f"{what} ({status}), {message.distance:.1f} m away", message)

    def _on_event(self, message: MaskEvent) -> None:
        self._tell("event", "", message)

    def _on_spoken(self, message: String) -> None:
        self._said, self._said_at = message.data, time.monotonic()
        self._tell("spoken", f'"{message.data}"', message)

    def _tell(self, topic: str, line: str, message: object) -> None:
        if self._began is None:
            self._began = time.monotonic()
        seconds = time.monotonic() - self._began
        self._log.write({"seconds": round(seconds, 2), "topic": topic, **as_dict(message)})
        if line:
            print(f"{seconds:6.1f} s  {line}", file=sys.stderr, flush=True)

    def _keep(self, message: ImageMessage) -> None:
        above = self._above
        if above is None:  # the world has just begun
            return
        speaking = time.monotonic() - self._said_at < SAID_FOR
        picture = film_picture(
            image_to_bgr(message), image_to_bgr(above), self._said if speaking else ""
        )
        self._sheet.add(picture)
        self._video.write(picture, Time.from_msg(message.header.stamp).nanoseconds * 1e-9)

    def _failed(self, error: Exception) -> None:
        self._failure = error


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(FilmNode, args)


if __name__ == "__main__":
    sys.exit(main())
