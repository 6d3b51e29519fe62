# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mask_detector node: images in; detections, events, annotated images and diagnostics out.

Concurrency: callbacks run in the executor's only thread. They take messages and change settings;
they never run a model. The worker thread runs the pipeline and publishes its results. The threads
share the worker's slot, the immutable settings, the newest camera calibration, the buffer of
depth images and the health counters.
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger

from mask_detector_ros.background_threads import end_process
from mask_detector_ros.images import ImageError
from mask_detector_ros.nodes.common.diagnostics import DiagnosticsPublisher
from mask_detector_ros.nodes.common.frame_worker import FrameWorker
from mask_detector_ros.nodes.common.image_topics import TopicError, camera_topics
from mask_detector_ros.nodes.common.managed_node import ManagedNode
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import ParameterError, Parameters
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.nodes.common.warn_once import WarnOnce
from mask_detector_ros.nodes.detector.calibration_input import CalibrationInput
from mask_detector_ros.nodes.detector.camera_input import CameraInput
from mask_detector_ros.nodes.detector.depth_input import DepthInput
from mask_detector_ros.nodes.detector.detector_health import DetectorHealth
from mask_detector_ros.nodes.detector.detector_outputs import DetectorOutputs
from mask_detector_ros.nodes.detector.frame_reader import Arrival, FrameReader
from mask_detector_ros.nodes.detector.mask_detector_settings import MaskDetectorSettings
from mask_detector_ros.perception.models import ModelError
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.settings import ACTIVATE, CONFIGURE

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
SILENCE_S, SILENCE_CHECK_S = 10.0, 0.5
"""Time without a frame, at least twice ``tracker.lost_after``, after which all tracks end; and how
often it is checked."""


class MaskDetectorNode(ManagedNode):
    """See the module's docstring; topics, services and parameters are listed in the docs."""

    def __init__(self) -> None:
        super().__init__("mask_detector")
        try:
            self._configuration = Parameters(
                self, MaskDetectorSettings, self._apply_settings, self._in_use
            )
        except ParameterError as error:
            raise StartError(str(error)) from error
        self._warn_once = WarnOnce(self)
        self._pipeline: MaskPipeline | None = None
        self._outputs: DetectorOutputs | None = None
        self._worker = FrameWorker(self._process, self._on_error)
        self._health = DetectorHealth()
        self._reader = FrameReader(self.get_clock(), self._warn_once)
        self._calibration = CalibrationInput(self, self._warn_once)
        self._depth = DepthInput(self._settings.ranging.depth, self._warn_once)
        self._camera = CameraInput(self, self._on_image, self._calibration, self._depth.add)
        self._enabled = True
        self._size_note = ""
        self._header: Header | None = None
        """Of the last frame that was tracked; used by the worker thread."""
        self._tracked_at = float("inf")
        """Monotonic time of that frame; infinite once its tracks were ended."""
        self.create_service(SetBool, "~/enable", self._on_enable)
        self.create_service(Trigger, "~/reset", self._on_reset)
        steady_timer(self, SILENCE_CHECK_S, self._check_silence)
        self._diagnostics = DiagnosticsPublisher(self, "detection", self._diagnostic_status)
        if self._settings.autostart:
            self._autostart()

    @property
    def _settings(self) -> MaskDetectorSettings:
        return self._configuration.settings

    def _autostart(self) -> None:
        for transition in (self.trigger_configure, self.trigger_activate):
            if transition() != SUCCESS:
                raise StartError("autostart failed; the node's log says why")

    # Lifecycle ------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models and create the publishers."""
        settings = self._settings
        try:
            models = Path(settings.models).expanduser() if settings.models else None
            pipeline = MaskPipeline(
                models, settings, settings.runtime, settings.threads, self.get_logger().info
            )
            pipeline.warm_up()
        except (ModelError, FileNotFoundError) as error:
            self.get_logger().error(f"cannot configure: {error}")
            return FAILURE
        self._pipeline = pipeline
        self._outputs = DetectorOutputs(self)
        names = ", ".join(model.label for model in pipeline.models.values())
        self.get_logger().info(f"models: {names}; runtime: {pipeline.runtime}")
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the camera and start the worker."""
        try:
            topics = camera_topics(self, self._settings.image_transport)
        except TopicError as error:
            self.get_logger().error(f"cannot activate: {error}")
            return FAILURE
        result = super().on_activate(state)
        self._health = DetectorHealth()
        self._worker = FrameWorker(self._process, self._on_error)
        self._worker.start()
        self._depth.enabled = self._settings.ranging.depth
        self._camera.subscribe(topics, self._settings.ranging)
        self._configuration.check_qos_overrides()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe, finish the frame in progress and end all tracks."""
        self._stop_worker()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the models and the publishers."""
        self._release()
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop, from any state."""
        self.close()
        return SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """After a transition that raised: release everything; the node can be configured again."""
        try:
            self.close()
        except Exception as error:  # each part was tried, and is tried again by the next close
            self.get_logger().error(f"release failed: {type(error).__name__}: {error}")
        return SUCCESS

    def close(self) -> None:
        """Stop the worker and release everything; safe to call twice."""
        with contextlib.ExitStack() as parts:  # each of them, whatever another one raises
            parts.callback(self._release)
            parts.callback(self._stop_worker)

    def _stop_worker(self) -> None:
        self._camera.unsubscribe()
        self._worker.run(self._end_tracks)
        if not self._worker.stop():
            self.get_logger().error("the frame in progress did not finish within 5 s")
        elif self._outputs is not None:
            self._outputs.flush()

    def _release(self) -> None:
        if self._outputs is not None:
            self._outputs.destroy(self)
        self._outputs = None
        self._pipeline = None

    # Callbacks (executor thread) ------------------------------------------------------

    def _in_use(self) -> set[str]:
        """The transitions whose parameters are in use; see ``Parameters``."""
        done = {CONFIGURE: self._pipeline is not None, ACTIVATE: self._camera.active}
        return {transition for transition, is_done in done.items() if is_done}

    def _apply_settings(self, settings: MaskDetectorSettings) -> None:
        if self._pipeline is not None:
            self._pipeline.settings = settings

    def _on_image(self, message: ImageMessage | CompressedImage) -> None:
        self._health.image_arrived()
        if self._enabled:
            self._worker.offer(self._reader.arrival(message))

    def _on_enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._enabled = request.data
        if not self._enabled:
            self._worker.run(self._end_tracks)
        response.success = True
        response.message = "detecting" if self._enabled else "images are ignored until enabled"
        self.get_logger().info(response.message)
        return response

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._worker.run(self._end_tracks)
        response.success = True
        response.message = "all tracks are deleted"
        return response

    def _check_silence(self) -> None:
        """End the tracks if no more frames come, or none that can be used."""
        limit = max(SILENCE_S, 2 * self._settings.tracker.lost_after)
        if time.monotonic() - self._tracked_at > limit:
            self._worker.run(self._end_tracks)

    def _diagnostic_status(self) -> DiagnosticStatus:
        details: dict[str, str] = {}
        if self._pipeline is not None:
            details = {name: model.label for name, model in self._pipeline.models.items()}
            details["runtime"] = self._pipeline.runtime
        details["faces"] = self._size_note or "no image yet"
        details["rotate"] = str(self._settings.rotate)
        details["ranging.calibration"] = self._settings.ranging.calibration
        warnings = self._configuration.warnings()
        if self._camera.active:
            warnings += self._camera.warnings()
        for part in (self._reader, self._calibration, self._depth):
            details.update(part.diagnostics())
            warnings += part.warnings() if self._camera.active else []
        status = self._health.status(
            self._settings.diagnostics, self._worker.dropped, self._enabled, warnings, details
        )
        if not self._camera.active:
            status.level, status.message = status.OK, "not active"
        return status

    # Processing (worker thread) -------------------------------------------------------

    def _process(self, arrival: Arrival) -> None:
        pipeline, outputs = self._pipeline, self._outputs
        assert pipeline is not None and outputs is not None
        message, settings = arrival.message, self._settings
        try:
            image = self._reader.pixels(arrival, settings.bit_depth)
        except ImageError as error:
            self._report(str(error))
            return
        decoded = time.perf_counter()
        stamp, to_match = self._reader.time(arrival), self._reader.to_match(arrival)
        height, width = image.shape[:2]
        self._note_size(pipeline.size_note(width, height))
        result = pipeline.process(
            image,
            stamp,
            self._calibration.model(message.header, width, height, settings.ranging.calibration),
            lambda: self._depth.match(
                message.header, width, height, settings.ranging.depth_tolerance, to_match
            ),
        )
        self._header, self._tracked_at = message.header, time.monotonic()
        processed = time.perf_counter()
        outputs.publish(image, message.header, result, settings, arrival.at)
        self._depth.record(result.faces, result.depth_problem)
        if result.jumped_back:
            self.get_logger().warning("image stamps jumped back; all tracks are deleted")
        milliseconds = {
            "wait": 1000 * (decoded - arrival.at),
            **result.milliseconds,
            "publish": 1000 * (time.perf_counter() - processed),
        }
        self._health.frame_processed(milliseconds, self._reader.age(arrival))
        self._reader.check_mounting(arrival, image, result, pipeline)

    def _note_size(self, note: str) -> None:
        if note != self._size_note:
            self._size_note = note
            self.get_logger().info(note)

    def _end_tracks(self) -> None:
        """Delete all tracks; each open violation is closed with LOST."""
        self._tracked_at = float("inf")
        if self._pipeline is None or self._outputs is None:
            return
        events = self._pipeline.reset()
        if self._header is not None:
            self._outputs.publish_events(events, self._header)

    def _on_error(self, error: Exception) -> None:
        if self.context.ok():  # a shutdown while a frame is processed is no error
            self._report(f"a frame failed: {type(error).__name__}: {error}")

    def _report(self, error: str) -> None:
        """Count a frame without a result; warn once per kind of error."""
        self._health.frame_failed(error)
        self._warn_once(error)


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(MaskDetectorNode, args)


if __name__ == "__main__":
    sys.exit(end_process(main()))
