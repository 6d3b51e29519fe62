# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Suspects a camera that is mounted upside down or sideways: faces are found in turned images only.

Of the demo clip turned by 90, 180 or 270 degrees, 51 to 93 % of the frames have no face, and
at most one in a hundred has one with a score of 0.7 or more. Turned back, 97 % have a face
with a score of 0.65 or more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception.image_rotation import ImageRotation
from mask_detector_ros.perception.pipeline import FrameResult

PERIOD_S = 3.0
"""Time between two frames that are turned; each costs one more detection."""
TRIED = (180, 90, 270)
TURNED_SCORE, UPRIGHT_SCORE = 0.65, 0.7
"""Scores of a face from which it counts against, and for, the present rotation."""
VOTES = 3
"""Turned frames in a row with a face before the mounting is suspected."""
MOUNTED = {90: "on its side", 180: "upside down", 270: "on its side"}

FaceScore = Callable[[Image], float]
"""Highest score of a face in an image, such as ``MaskPipeline.face_score``."""


def mounting_problem(degrees: int, rotate: int = 0) -> str:
    """The suspicion in words, with the remedy; empty for none.

    Args:
        degrees: clockwise, by which images must be turned further; 0 for no suspicion.
        rotate: degrees by which they are turned now.
    """
    if not degrees:
        return ""
    remedy = (rotate + degrees) % 360
    return (
        f"faces are found only when images are turned by {degrees} degrees: the camera seems to be "
        f"mounted {MOUNTED[degrees]}; set rotate: {remedy} (mask_detector detect --rotate {remedy})"
    )


def suspected_rotation(images: Iterable[Image], face_score: FaceScore) -> int:
    """Degrees clockwise by which the images of a camera must be turned.

    Returns:
        0 unless most of the images have a face only when they are turned.
    """
    votes = dict.fromkeys(TRIED, 0)
    count = 0
    for image in images:
        count += 1
        if face_score(image) >= TURNED_SCORE:
            continue
        scores = {degrees: face_score(_turned(image, degrees)) for degrees in TRIED}
        best = max(TRIED, key=lambda degrees: scores[degrees])
        votes[best] += scores[best] >= TURNED_SCORE
    best = max(TRIED, key=lambda degrees: votes[degrees])
    return best if 2 * votes[best] > count else 0


class MountingCheck:
    """Follows the frames of a camera and says whether it seems to be mounted wrongly.

    Attributes:
        problem: the suspicion in words, with the remedy; empty for none.
    """

    def __init__(self) -> None:
        self.problem = ""
        self._next_at = 0.0
        self._votes = 0
        self._tried = 0

    def update(
        self, image: Image, result: FrameResult, face_score: FaceScore, seconds: float
    ) -> None:
        """Turn a frame without faces and look for faces, if it is time to.

        Args:
            image: (H, W, 3) uint8 BGR, as the camera gives it.
            result: of this image.
            face_score: called at most once.
            seconds: of a clock that never goes back.
        """
        if seconds < self._next_at:
            return
        if result.faces.scores.max(initial=0.0) >= UPRIGHT_SCORE:
            self._next_at, self._votes, self.problem = seconds + PERIOD_S, 0, ""
        elif not len(result.faces):
            self._next_at = seconds + PERIOD_S
            rotate, degrees = result.rotation.degrees, TRIED[self._tried]
            if face_score(_turned(image, (rotate + degrees) % 360)) >= TURNED_SCORE:
                self._votes += 1
            else:
                self._votes, self._tried = 0, (self._tried + 1) % len(TRIED)
            if self._votes >= VOTES:
                self.problem = mounting_problem(degrees, rotate)


def _turned(image: Image, degrees: int) -> Image:
    return ImageRotation(degrees, image.shape[1], image.shape[0]).image(image)
