# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mask_detector node: camera in, detections, events, pictures and diagnostics out.

Concurrency: callbacks run in the executor's one thread and only take messages in or change
settings; the worker thread runs the models and publishes what they found. The two share the
worker's slot, the immutable settings, the newest camera calibration, the newest few depth images
and the health counters.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_srvs.srv import SetBool, Trigger

from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.frame_worker import FrameWorker
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import ParameterError, Parameters
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.nodes.conversions import (
    ImageError,
    camera_model,
    compressed_to_bgr,
    image_to_bgr,
)
from mask_detector_ros.nodes.detector.depth_input import TOPIC as DEPTH_TOPIC
from mask_detector_ros.nodes.detector.depth_input import DepthInput
from mask_detector_ros.nodes.detector.detector_health import Health
from mask_detector_ros.nodes.detector.detector_outputs import Outputs
from mask_detector_ros.nodes.detector.mask_detector_settings import MaskDetectorSettings
from mask_detector_ros.perception.models import ModelError
from mask_detector_ros.perception.pipeline import Pipeline
from mask_detector_ros.perception.types import Image
from mask_detector_ros.resources import find_resource

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


@dataclass(frozen=True)
class Arrival:
    """An image message and when it came (``time.perf_counter()``)."""

    message: ImageMessage | CompressedImage
    at: float


class MaskDetectorNode(LifecycleNode):
    """See the module's docstring; topics, services and parameters are listed in the docs."""

    def __init__(self) -> None:
        super().__init__("mask_detector")
        try:
            self._configuration = Parameters(self, MaskDetectorSettings, self._take_settings)
        except ParameterError as error:
            raise StartError(str(error)) from error
        self._pipeline: Pipeline | None = None
        self._outputs: Outputs | None = None
        self._worker = FrameWorker(self._work, self._work_failed)
        self._health = Health()
        self._camera_info: CameraInfo | None = None
        self._depth = DepthInput(self._settings.ranging.depth, self._complain)
        self._enabled = True
        self._reset_wanted = False
        self._complaints: set[str] = set()
        self._inputs: list = []
        self.create_service(SetBool, "~/enable", self._on_enable)
        self.create_service(Trigger, "~/reset", self._on_reset)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        steady_timer(self, 1.0, self._publish_diagnostics)
        if self._settings.autostart:
            self._start()

    @property
    def _settings(self) -> MaskDetectorSettings:
        return self._configuration.settings

    def _start(self) -> None:
        for transition in (self.trigger_configure, self.trigger_activate):
            if transition() != SUCCESS:
                raise StartError("the node could not start by itself; its log says why")

    # Lifecycle ------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models and announce the topics."""
        settings = self._settings
        try:
            own = settings.models
            models = Path(own).expanduser() if own else find_resource("models")
            pipeline = Pipeline(
                models, settings, settings.runtime, settings.threads, self.get_logger().info
            )
            pipeline.warm_up()
        except (ModelError, FileNotFoundError) as error:
            self.get_logger().error(f"cannot configure: {error}")
            return FAILURE
        self._pipeline = pipeline
        self._outputs = Outputs(self)
        names = ", ".join(model.label for model in pipeline.models.values())
        self.get_logger().info(f"models: {names}; runtime: {pipeline.runtime}")
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the camera."""
        result = super().on_activate(state)
        assert self._pipeline is not None
        self._pipeline.reset()
        self._health = Health()
        self._worker = FrameWorker(self._work, self._work_failed)
        self._worker.start()
        compressed = self._settings.image_transport == "compressed"
        topic = "image_raw/compressed" if compressed else "image_raw"
        kind = CompressedImage if compressed else ImageMessage
        inputs = [
            (kind, topic, self._on_image),
            (CameraInfo, "camera_info", self._on_camera_info),
        ]
        if self._settings.ranging.depth:
            inputs.append((ImageMessage, DEPTH_TOPIC, self._depth.take))
        for message, name, callback in inputs:
            subscription = self.create_subscription(
                message,
                name,
                callback,
                qos.newest_image(),
                event_callbacks=qos.subscription_events(self, name),
                qos_overriding_options=qos.overridable(),
            )
            self._inputs.append(subscription)
        self.get_logger().info(f"waiting for images on {self.resolve_topic_name(topic)}")
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening and let the frame at work finish."""
        self._stop_work()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of the models and the topics."""
        self._release()
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop from any state."""
        self.close()
        return SUCCESS

    def close(self) -> None:
        """End the worker and take everything down; safe to call twice."""
        self._stop_work()
        self._release()

    def _stop_work(self) -> None:
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        self._inputs.clear()
        if not self._worker.stop():
            self.get_logger().error("the frame at work did not finish within 5 s")

    def _release(self) -> None:
        if self._outputs is not None:
            self._outputs.destroy(self)
        self._outputs = None
        self._pipeline = None

    # Callbacks (executor thread) ------------------------------------------------------

    def _take_settings(self, settings: MaskDetectorSettings) -> None:
        if self._pipeline is not None:
            self._pipeline.settings = settings

    def _on_image(self, message: ImageMessage | CompressedImage) -> None:
        self._health.arrived()
        if self._enabled:
            self._worker.offer(Arrival(message, time.perf_counter()))

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._camera_info = message

    def _on_enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._enabled = request.data
        response.success = True
        response.message = "detecting" if self._enabled else "images are ignored until enabled"
        self.get_logger().info(response.message)
        return response

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._reset_wanted = True
        response.success = True
        response.message = "everyone is forgotten with the next image"
        return response

    def _publish_diagnostics(self) -> None:
        facts = {}
        if self._pipeline is not None:
            facts = {name: model.label for name, model in self._pipeline.models.items()}
            facts["runtime"] = self._pipeline.runtime
            facts.update(self._depth.facts())
        status = self._health.status(
            self._settings.diagnostics, self._worker.dropped, self._enabled, facts
        )
        if not self._inputs:
            status.level, status.message = status.OK, "not active"
        status.name = f"{self.get_fully_qualified_name().lstrip('/')}: detection"
        array = DiagnosticArray(status=[status])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)

    # Work (worker thread) -------------------------------------------------------------

    def _work(self, arrival: Arrival) -> None:
        pipeline, outputs = self._pipeline, self._outputs
        assert pipeline is not None and outputs is not None
        message, settings = arrival.message, self._settings
        compressed = isinstance(message, CompressedImage)
        try:
            image = compressed_to_bgr(message) if compressed else image_to_bgr(message)
        except ImageError as error:
            self._health.unusable(str(error))
            self._complain(str(error))
            return
        decoded = time.perf_counter()
        if self._reset_wanted:
            self._reset_wanted = False
            pipeline.reset()
        stamp = self._stamp(message)
        height, width = image.shape[:2]
        result = pipeline.process(
            image,
            stamp,
            self._camera(image),
            lambda: self._depth.match(
                message.header, width, height, settings.ranging.depth_tolerance
            ),
        )
        self._depth.placed(result.faces, result.depth_problem)
        if result.jumped_back:
            self.get_logger().warning("image stamps jumped back; everyone is forgotten")
        processed = time.perf_counter()
        outputs.publish(image, message.header, result, settings, arrival.at)
        milliseconds = {
            "wait": 1000 * (decoded - arrival.at),
            **result.milliseconds,
            "publish": 1000 * (time.perf_counter() - processed),
        }
        self._health.processed(milliseconds, self.get_clock().now().nanoseconds * 1e-9 - stamp)

    def _stamp(self, message: ImageMessage | CompressedImage) -> float:
        stamp = Time.from_msg(message.header.stamp).nanoseconds
        if stamp == 0:
            self._complain("images carry no stamp; people are followed by arrival time")
            stamp = self.get_clock().now().nanoseconds
        return stamp * 1e-9

    def _camera(self, image: Image):  # type: ignore[no-untyped-def]
        info = self._camera_info
        if info is None:
            return None
        camera = camera_model(info, image.shape[1], image.shape[0])
        if camera is None:
            self._complain(
                "CameraInfo gives no calibration for these images (K is zero, or it is for "
                "another aspect ratio); faces have no position"
            )
        return camera

    def _work_failed(self, error: Exception) -> None:
        if self.context.ok():  # a shutdown in the middle of a frame is not a failure
            problem = f"a frame failed: {type(error).__name__}: {error}"
            self._health.unusable(problem)
            self._complain(problem)

    def _complain(self, problem: str) -> None:
        """Warn once per kind of problem; the counts are in the diagnostics."""
        # Numbers differ from frame to frame, the kind of problem does not.
        kind = "".join(c for c in problem if not c.isdigit())
        if kind not in self._complaints:
            self._complaints.add(kind)
            self.get_logger().warning(problem)


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(MaskDetectorNode, args)


if __name__ == "__main__":
    sys.exit(main())
