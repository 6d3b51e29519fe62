# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is suspicious about a whole input of ``mask_detector detect``."""

from __future__ import annotations

from mask_detector_ros.perception.camera_condition import SharedProblem
from mask_detector_ros.perception.mounting import MountingCheck
from mask_detector_ros.perception.pipeline import FrameResult, MaskPipeline
from mask_detector_ros.sources import Frame


class InputChecks:
    """Looks for images that show nothing, and in a sequence for a camera mounted sideways."""

    def __init__(self, pipeline: MaskPipeline, timed: bool) -> None:
        """Start an input.

        Args:
            pipeline: that processes it.
            timed: whether it is a sequence.
        """
        self._pipeline = pipeline
        self._timed = timed
        self._shared = SharedProblem()
        self._mounting = MountingCheck()

    def add(self, frame: Frame, result: FrameResult) -> None:
        """Look at a processed frame."""
        self._shared.add(frame.image, frame.stamp if self._timed else None)
        if self._timed:
            self._mounting.update(frame.image, result, self._pipeline.face_score, frame.stamp)

    def problems(self) -> list[str]:
        """In words; empty if there are none."""
        return [text for text in (self._shared.problem, self._mounting.problem) if text]
