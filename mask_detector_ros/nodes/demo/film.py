# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The film node: records the demo as a video with a log of states, events and reminders."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rclpy.node import Node
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import String

from mask_detector_ros.atomic_files import JsonLinesFile
from mask_detector_ros.background_threads import end_process
from mask_detector_ros.images import decode_image
from mask_detector_ros.msg import MaskEvent, PatrolState, Reminder
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.frame_worker import FrameWorker
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import ParameterError, Parameters
from mask_detector_ros.nodes.conversions import stamp_seconds
from mask_detector_ros.nodes.demo.demo_settings import FilmSettings
from mask_detector_ros.nodes.demo.film_frame import compose_film_frame
from mask_detector_ros.nodes.tools.recording import ContactSheet, message_to_dict
from mask_detector_ros.patrol.interface import State
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.video_file import VideoFile

VIDEO, SHEET, LOG = "patrol.mp4", "contact_sheet.png", "patrol_log.jsonl"
SUBTITLE_DURATION_S = 4.0


class FilmNode(Node):
    """Subscribes to image_annotated, top_down, state, reminder, events and spoken.

    Prints "ready" on stdout once it has subscribed, and a line per state, reminder and spoken
    text on stderr.
    """

    def __init__(self) -> None:
        super().__init__("film")
        try:
            settings = Parameters(self, FilmSettings).settings
            folder = Path(settings.output).expanduser()
            folder.mkdir(parents=True, exist_ok=True)
            self._log = JsonLinesFile(str(folder / LOG))
        except (ParameterError, OSError) as error:
            raise StartError(str(error)) from error
        self._folder = folder
        self._video = VideoFile(folder / VIDEO, settings.rate)
        self._sheet = ContactSheet()
        self._state: PatrolState | None = None
        self._top_down: ImageMessage | None = None
        self._subtitle, self._subtitle_at = "", 0.0
        self._started: float | None = None
        self._failure: Exception | None = None
        self._worker = FrameWorker(self._record_frame, self._on_error)
        self._worker.start()
        for kind, topic, callback, profile in (
            (ImageMessage, "image_annotated", self._worker.offer, qos.visualization()),
            (ImageMessage, "top_down", self._on_top_down, qos.visualization()),
            (PatrolState, "state", self._on_state, qos.latched()),
            (Reminder, "reminder", self._on_reminder, qos.results()),
            (MaskEvent, "events", self._on_event, qos.latched()),
            (String, "spoken", self._on_spoken, qos.results()),
        ):
            self.create_subscription(
                kind,
                topic,
                callback,
                profile,
                event_callbacks=qos.subscription_callbacks(self, topic),
            )
        print("ready", flush=True)

    def close(self) -> None:
        """Finish all files."""
        if not self._worker.stop():
            print("film: the last frame did not finish in time", file=sys.stderr)
        self._log.finish()
        self._sheet.save(self._folder / SHEET)
        try:  # last, so that an error does not affect the other files
            self._video.finish()
        except OSError as error:
            self._failure = self._failure or error
        if self._failure is not None:
            raise StartError(f"cannot record the film: {self._failure}")

    def _on_top_down(self, message: ImageMessage) -> None:
        self._top_down = message

    def _on_state(self, message: PatrolState) -> None:
        previous, self._state = self._state, message
        if previous is None or previous.state != message.state:
            self._log_message("state", f"{State(message.state).name}: {message.reason}", message)

    def _on_reminder(self, message: Reminder) -> None:
        kind = "thanks" if message.kind == Reminder.THANK else "reminder"
        status = WearStatus(message.status).label
        self._log_message("reminder", f"{kind} ({status}), {message.distance:.1f} m away", message)

    def _on_event(self, message: MaskEvent) -> None:
        self._log_message("event", "", message)

    def _on_spoken(self, message: String) -> None:
        self._subtitle, self._subtitle_at = message.data, time.monotonic()
        self._log_message("spoken", f'"{message.data}"', message)

    def _log_message(self, topic: str, line: str, message: object) -> None:
        """Append a message to the log, and print a line unless it is empty."""
        if self._started is None:
            self._started = time.monotonic()
        seconds = time.monotonic() - self._started
        self._log.write({"seconds": round(seconds, 2), "topic": topic, **message_to_dict(message)})
        if line:
            print(f"{seconds:6.1f} s  {line}", file=sys.stderr, flush=True)

    def _record_frame(self, message: ImageMessage) -> None:
        top_down = self._top_down
        if top_down is None:  # the simulation has just started
            return
        speaking = time.monotonic() - self._subtitle_at < SUBTITLE_DURATION_S
        frame = compose_film_frame(
            decode_image(message), decode_image(top_down), self._subtitle if speaking else ""
        )
        self._sheet.add(frame)
        self._video.write(frame, stamp_seconds(message.header.stamp))

    def _on_error(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
            self.get_logger().error(f"a frame is left out of the film: {error}")


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(FilmNode, args)


if __name__ == "__main__":
    sys.exit(end_process(main()))
