# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The publishers of the mask_detector node: detections, events, annotated images, markers."""

from __future__ import annotations

import time
from contextlib import ExitStack

import numpy as np
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from sensor_msgs.msg import CompressedImage, RegionOfInterest
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from mask_detector_ros.arrays import Image
from mask_detector_ros.msg import MaskDetection, MaskDetectionArray, MaskEvent
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.conversions import (
    image_message,
    jpeg_message,
)
from mask_detector_ros.nodes.detector.detections_2d import detection_2d_array, vision_msgs
from mask_detector_ros.nodes.detector.face_markers import marker_array
from mask_detector_ros.nodes.detector.mask_detector_settings import MaskDetectorSettings
from mask_detector_ros.perception.annotator import annotate
from mask_detector_ros.perception.pipeline import FrameResult
from mask_detector_ros.perception.types import Detections, Event, person_id

FLUSH_TIMEOUT = Duration(seconds=4.0)
"""Time that subscribers have to receive the last events before the publishers are destroyed: Fast
DDS resends lost messages after up to 3 s."""


class DetectorOutputs:
    """The node's publishers. Images and markers are made only while subscribed."""

    def __init__(self, node: LifecycleNode) -> None:
        def publisher(kind: type, topic: str, profile: qos.QoSProfile):  # type: ignore[no-untyped-def]
            return node.create_lifecycle_publisher(
                kind,
                topic,
                profile,
                event_callbacks=qos.publisher_callbacks(node, topic),
                qos_overriding_options=qos.overridable(),
            )

        self._detections = publisher(MaskDetectionArray, "~/detections", qos.results())
        self._events = publisher(MaskEvent, "~/events", qos.latched())
        self._markers = publisher(MarkerArray, "~/markers", qos.visualization())
        self._annotated = publisher(ImageMessage, "~/image_annotated", qos.visualization())
        self._compressed = publisher(
            CompressedImage, "~/image_annotated/compressed", qos.visualization()
        )
        self._vision_msgs = vision_msgs()
        if self._vision_msgs is not None:
            kind = self._vision_msgs.Detection2DArray
            self._detections_2d = publisher(kind, "~/detections_2d", qos.results())
        self._annotated_at = float("-inf")

    def destroy(self, node: LifecycleNode) -> None:
        """Destroy all publishers."""
        for publisher in vars(self).values():
            if isinstance(publisher, LifecyclePublisher):
                node.destroy_lifecycle_publisher(publisher)

    def publish(
        self,
        image: Image,
        header: Header,
        result: FrameResult,
        settings: MaskDetectorSettings,
        arrived: float,
    ) -> None:
        """Publish the result of one frame: events and detections first, visualization last.

        Each part is published, whatever another one raises.

        Args:
            image: (H, W, 3) uint8 BGR.
            header: of the image message; every message gets it unchanged.
            result: of the pipeline.
            settings: the present settings.
            arrived: ``time.perf_counter()`` at the image's arrival.

        Raises:
            Exception: what the last part that failed has raised.
        """
        with ExitStack() as parts:  # the last one is called first
            parts.callback(self._publish_annotated, image, header, result, settings)
            parts.callback(self._publish_markers, header, result, settings)
            parts.callback(self._publish_detections, image, header, result.faces, arrived)
            parts.callback(self.publish_events, result.events, header)

    def publish_events(self, events: list[Event], header: Header) -> None:
        """Publish events with the header of an image."""
        with ExitStack() as parts:
            for event in reversed(events):
                parts.callback(self._publish_event, event, header)

    def flush(self) -> None:
        """Wait until the subscribers have received all events, but not long."""
        self._events.wait_for_all_acked(FLUSH_TIMEOUT)

    def _publish_event(self, event: Event, header: Header) -> None:
        self._events.publish(event_message(event, header))

    def _publish_detections(
        self, image: Image, header: Header, faces: Detections, arrived: float
    ) -> None:
        height, width = image.shape[:2]
        elapsed = 1000 * (time.perf_counter() - arrived)
        self._detections.publish(array_message(faces, header, width, height, elapsed))
        if self._vision_msgs is not None:
            self._detections_2d.publish(detection_2d_array(self._vision_msgs, faces, header))

    def _publish_markers(
        self, header: Header, result: FrameResult, settings: MaskDetectorSettings
    ) -> None:
        if self._markers.get_subscription_count():
            lifetime, up = settings.markers.lifetime, result.rotation.up
            self._markers.publish(marker_array(result.faces, header, lifetime, up))

    def _publish_annotated(
        self, image: Image, header: Header, result: FrameResult, settings: MaskDetectorSettings
    ) -> None:
        raw = self._annotated.get_subscription_count()
        compressed = self._compressed.get_subscription_count()
        if not (raw or compressed):
            return
        rate, now = settings.annotate.max_rate, time.monotonic()
        # 10 % tolerance: jitter must not make every second frame of a 30 Hz camera too early.
        if rate and now - self._annotated_at < 0.9 / rate:
            return
        self._annotated_at = now
        image, faces, low_confidence = result.upright(image)
        annotated = annotate(image, faces, settings.annotate, low_confidence)
        if raw:
            self._annotated.publish(image_message(annotated, header))
        if compressed:
            self._compressed.publish(jpeg_message(annotated, header, settings.jpeg_quality))


def array_message(
    faces: Detections, header: Header, width: int, height: int, processing_ms: float
) -> MaskDetectionArray:
    """The detections of one frame, with the header of its image."""
    return MaskDetectionArray(
        header=header,
        image_width=width,
        image_height=height,
        detections=[_detection(faces, row, header, width, height) for row in range(len(faces))],
        processing_ms=processing_ms,
    )


def _detection(
    faces: Detections, row: int, header: Header, width: int, height: int
) -> MaskDetection:
    message = MaskDetection(
        header=header,
        person_id=person_id(int(faces.ids[row])),
        status=int(faces.status[row]),
        unknown_reason=int(faces.reason[row]),
        confidence=float(faces.confidence[row]),
        frame_status=int(faces.frame_status[row]),
        frame_unknown_reason=int(faces.frame_reason[row]),
        probabilities=faces.probabilities[row],
        face_score=float(faces.scores[row]),
        roi=_region(faces.boxes[row], width, height),
        has_landmarks=bool(np.isfinite(faces.landmarks[row]).all()),
        landmarks=faces.landmarks[row].reshape(-1),
        track_age=Duration(seconds=float(faces.track_age[row])).to_msg(),
    )
    _set_position(message, faces, row)
    return message


def event_message(event: Event, header: Header) -> MaskEvent:
    """One event, with the header of the image that raised it."""
    message = MaskEvent(
        header=header,
        kind=int(event.kind),
        person_id=person_id(event.person),
        status=int(event.status),
        previous_status=int(event.previous),
        confidence=event.confidence,
        evidence_duration=Duration(seconds=event.evidence_seconds).to_msg(),
    )
    _set_position(message, event.face, 0)
    return message


def _set_position(message: MaskDetection | MaskEvent, faces: Detections, row: int) -> None:
    x, y, z = (float(v) for v in faces.positions[row])
    message.position.x, message.position.y, message.position.z = x, y, z
    message.position_covariance = faces.covariances[row].astype(np.float64).reshape(-1)
    message.range_source = int(faces.range_source[row])


def _region(box: np.ndarray, width: int, height: int) -> RegionOfInterest:
    """A box (x, y, w, h) in pixels, clipped to the image."""
    left, right = np.clip([box[0], box[0] + box[2]], 0, width).round().astype(int)
    top, bottom = np.clip([box[1], box[1] + box[3]], 0, height).round().astype(int)
    return RegionOfInterest(
        x_offset=int(left),
        y_offset=int(top),
        width=int(right - left),
        height=int(bottom - top),
    )
