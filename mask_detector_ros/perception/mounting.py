# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Suspects a camera that is mounted upside down or sideways: faces are clearer in turned images.

The detector also finds faces in turned images, with lower scores: in the demo clip turned by 90,
180 or 270 degrees the best face of a frame has a median score of 0.51 to 0.61, turned back 0.87.
In it and in four other videos no turned frame had a better face than the upright one, and with the
limits below 64 to 100 % of the frames turned by 180 degrees vote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception.image_rotation import ImageRotation
from mask_detector_ros.perception.pipeline import FrameResult

PERIOD_S, VOTE_PERIOD_S = 2.0, 0.7
"""Time between two frames that are turned, without and with a vote in the last one; each costs one
more detection."""
MAX_PERIOD_S, QUICK_TRIES = 60.0, 9
"""After this many turned frames without a vote, ``PERIOD_S`` doubles with each further one, up to
``MAX_PERIOD_S``."""
TRIED = (180, 90, 270)
TURNED_SCORE, UPRIGHT_SCORE, MARGIN = 0.65, 0.8, 0.05
"""Scores of a face from which it counts against, and for, the present rotation; and by how much
a face in the turned image must exceed those in the upright one."""
VOTES = 4
"""Turned frames in a row with such a face before the mounting is suspected."""
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
        f"faces are clearer when images are turned by {degrees} degrees: the camera seems to be "
        f"mounted {MOUNTED[degrees]}; set rotate: {remedy} (mask_detector detect --rotate {remedy})"
    )


def suspected_rotation(images: Iterable[Image], face_score: FaceScore) -> int:
    """Degrees clockwise by which the images of a camera must be turned.

    Returns:
        0 unless most of the images have a clearer face when they are turned.
    """
    votes = dict.fromkeys(TRIED, 0)
    count = 0
    for image in images:
        count += 1
        upright = face_score(image)
        if upright >= UPRIGHT_SCORE:
            continue
        scores = {degrees: face_score(_turned(image, degrees)) for degrees in TRIED}
        best = max(TRIED, key=lambda degrees: scores[degrees])
        votes[best] += scores[best] >= _needed(upright)
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
        self._period_s, self._tries = PERIOD_S, 0
        self._votes = 0
        self._tried = 0

    def update(
        self, image: Image, result: FrameResult, face_score: FaceScore, seconds: float
    ) -> None:
        """Turn a frame without a clear face and look for one, if it is time to.

        Args:
            image: (H, W, 3) uint8 BGR, as the camera gives it.
            result: of this image.
            face_score: called at most once, but when a suspicion arises.
            seconds: of a clock that never goes back.
        """
        if seconds < self._next_at:
            return
        self._next_at = seconds + PERIOD_S
        upright = float(result.faces.scores.max(initial=0.0))
        if upright >= UPRIGHT_SCORE:
            self._votes, self.problem = 0, ""
            return
        rotate, degrees = result.rotation.degrees, TRIED[self._tried]
        if face_score(_turned(image, (rotate + degrees) % 360)) >= _needed(upright):
            self._votes, self._period_s, self._tries = self._votes + 1, PERIOD_S, 0
            self._next_at = seconds + VOTE_PERIOD_S
        else:
            self._votes, self._tried = 0, (self._tried + 1) % len(TRIED)
            self._next_at = seconds + self._period_s
            self._tries += 1
            if self._tries >= QUICK_TRIES:
                self._period_s = min(2.0 * self._period_s, MAX_PERIOD_S)
        if self._votes == VOTES:  # a face may be found upside down; upright it has the best score
            scores = [face_score(_turned(image, (rotate + other) % 360)) for other in TRIED]
            self._tried = scores.index(max(scores))
            self.problem = mounting_problem(TRIED[self._tried], rotate)
        if self._votes >= VOTES:
            self._next_at = seconds + PERIOD_S


def _needed(upright: float) -> float:
    """Score that a face in a turned image needs, beside this score in the upright one."""
    return max(TURNED_SCORE, upright + MARGIN)


def _turned(image: Image, degrees: int) -> Image:
    return ImageRotation(degrees, image.shape[1], image.shape[0]).image(image)
