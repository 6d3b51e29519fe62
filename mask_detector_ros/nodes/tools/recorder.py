# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The recorder node: writes the detector's topics to a folder and shows the progress."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage
from tqdm import tqdm

from mask_detector_ros.atomic_files import JsonLinesFile, write_atomically
from mask_detector_ros.background_threads import end_process
from mask_detector_ros.images import decode_image
from mask_detector_ros.msg import MaskDetectionArray, MaskEvent
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.frame_worker import FrameWorker
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import ParameterError, Parameters
from mask_detector_ros.nodes.common.steady_time import IdleTime, steady_timer
from mask_detector_ros.nodes.common.warn_once import WarnOnce
from mask_detector_ros.nodes.tools.recording import ContactSheet, Statistics, message_to_dict
from mask_detector_ros.nodes.tools.tool_settings import RecorderSettings
from mask_detector_ros.perception.frame_clock import FrameClock
from mask_detector_ros.perception.stamps import read_stamp
from mask_detector_ros.video_file import VideoFile

VIDEO, SHEET = "annotated.mp4", "contact_sheet.png"
DETECTIONS, EVENTS, SUMMARY = "detections.jsonl", "events.jsonl", "summary.json"


class RecorderNode(Node):
    """Subscribes to detections, events, image_annotated and camera_info.

    Prints "ready" when the detector's topics are found.
    """

    def __init__(self) -> None:
        super().__init__("recorder")
        self.done: Future = Future()
        try:
            self._settings = Parameters(self, RecorderSettings).settings
            folder = Path(self._settings.output).expanduser()
            folder.mkdir(parents=True, exist_ok=True)
            self._detections = JsonLinesFile(str(folder / DETECTIONS))
            self._events = JsonLinesFile(str(folder / EVENTS))
        except (ParameterError, OSError) as error:
            raise StartError(str(error)) from error
        self._folder = folder
        self._video = VideoFile(folder / VIDEO, self._settings.rate)
        self._video_clock = FrameClock()
        self._sheet = ContactSheet()
        self._statistics = Statistics()
        self._progress: tqdm | None = None
        self._idle_time = IdleTime()
        self._failure: Exception | None = None
        self._bad_images = 0
        self._warn_once = WarnOnce(self)
        # In its own thread: encoding must not delay the detections, whose latency is measured.
        self._video_worker = FrameWorker(self._add_image, self._on_video_error)
        self._video_worker.start()
        for kind, topic, callback, profile in (
            (MaskDetectionArray, "detections", self._on_detections, qos.results(100)),
            (MaskEvent, "events", self._on_event, qos.latched()),
            (ImageMessage, "image_annotated", self._video_worker.offer, qos.visualization()),
            (CameraInfo, "camera_info", self._on_camera_info, qos.results(100)),
        ):
            self.create_subscription(
                kind,
                topic,
                callback,
                profile,
                event_callbacks=qos.subscription_callbacks(self, topic),
            )
        self._ready = False
        steady_timer(self, IdleTime.PERIOD_S, self._poll)

    def close(self) -> None:
        """Finish all files, each also if another one fails.

        Raises:
            StartError: the video could not be written.
            OSError: another file could not be written.
        """
        if not self._video_worker.stop():
            print("recorder: the last image was not encoded in time", file=sys.stderr)
        if self._progress is not None:
            self._progress.close()
        if self._bad_images:
            print(f"recorder: {self._bad_images} images could not be read", file=sys.stderr)
        with ExitStack() as files:  # in reverse order
            files.callback(self._finish_video)
            files.callback(self._sheet.save, self._folder / SHEET)
            files.callback(self._write_summary)
            files.callback(self._events.finish)
            files.callback(self._detections.finish)

    def _write_summary(self) -> None:
        text = json.dumps(self._statistics.summary(), indent=2)
        write_atomically(self._folder / SUMMARY, text + "\n")

    def _finish_video(self) -> None:
        try:
            self._video.finish()
        except OSError as error:
            self._failure = self._failure or error
        if self._failure is not None:
            raise StartError(f"the video could not be recorded: {self._failure}")

    def _poll(self) -> None:
        if not self._ready and self.count_publishers(self.resolve_topic_name("detections")):
            self._ready = True
            print("ready", flush=True)
        timeout = self._settings.idle_timeout
        if timeout and self._idle_time.poll() > timeout:
            self.done.set_result(None)

    def _on_camera_info(self, message: CameraInfo) -> None:
        # Published with every image, but a few bytes instead of a megabyte.
        self._statistics.frames_in += 1

    def _on_detections(self, message: MaskDetectionArray) -> None:
        self._idle_time.reset()
        stamp, _ = read_stamp(message.header.stamp.sec, message.header.stamp.nanosec)
        now = 1e-9 * self.get_clock().now().nanoseconds
        self._statistics.add(message, None if stamp is None else now - stamp)
        self._detections.write(message_to_dict(message))
        if self._progress is None:
            total = self._settings.expected_frames or None
            self._progress = tqdm(total=total, desc="detecting", unit=" frames", dynamic_ncols=True)
        self._progress.set_postfix(faces=len(message.detections), refresh=False)
        self._progress.update()

    def _on_event(self, message: MaskEvent) -> None:
        self._events.write(message_to_dict(message))

    def _add_image(self, message: ImageMessage) -> None:
        image = decode_image(message)
        self._sheet.add(image)
        stamp, reason = read_stamp(message.header.stamp.sec, message.header.stamp.nanosec)
        taken = self._video_clock.update(stamp, time.monotonic(), reason)
        self._video.write(image, taken.seconds)

    def _on_video_error(self, error: Exception) -> None:
        if isinstance(error, OSError):  # of the file: the video is lost
            self._failure = self._failure or error
        else:  # of one image
            self._bad_images += 1
            self._warn_once(f"image_annotated: an image is left out of the video: {error}")


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(RecorderNode, args)


if __name__ == "__main__":
    sys.exit(end_process(main()))
