# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The classifier looks twice where it is in doubt, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.perception.geometry import face_crop
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.models import Model
from mask_detector_ros.perception.types import CLASS_LABELS, FloatArray, Image

SURE = np.array([0.94, 0.02, 0.02, 0.02], np.float32)
DOUBTFUL = np.array([0.5, 0.0, 0.3, 0.2], np.float32)
ON_SECOND_SIGHT = np.array([0.1, 0.0, 0.8, 0.1], np.float32)


class Answers:
    """A network that says what it is told to, and remembers what it was shown."""

    name = "answers"

    def __init__(self, *answers: list[FloatArray]) -> None:
        self._answers = list(answers)
        self.shown: list[Image] = []

    def run(self, batch: Image) -> FloatArray:
        self.shown.append(batch)
        return np.array(self._answers.pop(0), np.float32)


def classifier(network: Answers, **given: object) -> MaskClassifier:
    spec = {"classes": list(CLASS_LABELS), "input": {"context": 1.5, **given}}
    return MaskClassifier(Model("tiny", "0", 32, 32, {}, spec), network)


@pytest.fixture
def picture() -> Image:
    return np.random.default_rng(0).integers(0, 256, (120, 160, 3)).astype(np.uint8)


BOXES = np.array([[20, 30, 40, 40], [90, 30, 40, 40]], np.float32)
LOOK = {"doubt": 0.9, "context": 1.65}


def test_a_second_look_at_the_doubtful_face_only(picture: Image) -> None:
    network = Answers([SURE, DOUBTFUL], [ON_SECOND_SIGHT])
    tiny = classifier(network, second_look=LOOK)
    told = tiny.tell(picture, BOXES, tiny.crop(picture, BOXES))
    assert told[0] == pytest.approx(SURE)
    # sqrt(.5 * .1) : sqrt(.3 * .8) : sqrt(.2 * .1), one in all; what neither sees is nothing.
    assert told[1] == pytest.approx([0.2616, 0.0, 0.5730, 0.1654], abs=1e-3)
    assert told.sum(1) == pytest.approx([1.0, 1.0])
    wider = face_crop(picture, BOXES[1], 32, 1.65)
    assert np.array_equal(network.shown[1], wider[np.newaxis, :, ::-1])


@pytest.mark.parametrize("answers", [[SURE, SURE], [SURE, DOUBTFUL]])
def test_one_look_where_all_is_clear_or_no_second_is_wanted(
    picture: Image, answers: list[FloatArray]
) -> None:
    network = Answers(answers)
    clear = answers[1] is SURE
    tiny = classifier(network, **({"second_look": LOOK} if clear else {}))
    assert tiny.tell(picture, BOXES, tiny.crop(picture, BOXES)) == pytest.approx(np.array(answers))
    assert len(network.shown) == 1


def test_nobody_there(picture: Image) -> None:
    tiny = classifier(Answers(), second_look=LOOK)
    nobody = np.zeros((0, 4), np.float32)
    assert tiny.tell(picture, nobody, tiny.crop(picture, nobody)).shape == (0, 4)
