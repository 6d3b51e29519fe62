# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""People in annotated images are not recognizable by default."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception.pipeline_settings import AnnotateSettings
from mask_detector_ros.perception.types import WearStatus
from mask_detector_training.data.datasets import Record, load_split
from mask_detector_training.evaluation.anonymization import (
    KINDS,
    Embed,
    Face,
    Mode,
    identification_rates,
    measure_anonymization,
    pixel_embedding,
    rank_1,
    select_faces,
)
from support.optional import optional

DEFAULT = AnnotateSettings().blur
COVERED = (Mode(DEFAULT), Mode(DEFAULT, low_confidence=True))
PEOPLE = 40


def drawn_people(count: int) -> list[Face]:
    """Faces of random colors, each on another background."""
    random = np.random.default_rng(3)
    people = []
    for _ in range(count):
        cells = random.integers(30, 226, (9, 9, 3)).astype(np.uint8)
        image = np.asarray(cv2.resize(cells, (180, 180), interpolation=cv2.INTER_CUBIC), np.uint8)
        people.append(Face(image, np.array([50, 50, 80, 96], np.float32), WearStatus.NO_MASK))
    return people


def test_rank_1_counts_the_probes_whose_nearest_photo_is_their_own() -> None:
    gallery = np.array([[0.0, 0], [10, 0], [0, 10]])
    assert rank_1(gallery + 1, gallery) == 1.0
    assert rank_1(np.array([[9.0, 0], [9, 0], [0, 9]]), gallery) == pytest.approx(2 / 3)


def test_pixels_find_a_person_unless_the_face_is_covered() -> None:
    people = drawn_people(PEOPLE)
    modes = [*COVERED, Mode("eyes"), Mode("off")]
    rates = identification_rates(people, (24, 112), modes, {"pixels": pixel_embedding})
    for width in (24, 112):
        for mode in COVERED:
            assert rates[f"{mode}, {width} px"]["pixels, photos"] <= 0.05
            # The cover is the same for everybody.
            assert rates[f"{mode}, {width} px"]["pixels, photos hidden the same way"] <= 0.1
        for seen in ("eyes", "off"):
            assert rates[f"{seen}, {width} px"]["pixels, photos"] >= 0.9


def test_people_are_selected_once_and_alone(tmp_path: Path) -> None:
    def record(group: str, boxes: list[list[float]], status: str = "no_mask") -> Record:
        path = tmp_path / "face.png"
        cv2.imwrite(str(path), np.zeros((200, 200, 3), np.uint8))
        statuses = (status,) * len(boxes)
        placed = np.array(boxes, np.float32)
        return Record(path, "crops", False, "drawn", group, (200, 200), placed, statuses)

    box = [40.0, 40, 80, 90]
    records = [
        record("a", [box]), record("a", [box]), record("b", [box, [5, 5, 60, 60]]),
        record("c", [[40, 40, 30, 40]]), record("d", [box], "correct"),
        record("e", [[-5, 40, 80, 90]]), record("f", [box]), record("g", [box]),
    ]  # fmt: skip
    assert len(select_faces(records, WearStatus.NO_MASK, 10)) == 3  # a, f, g
    assert len(select_faces(records, WearStatus.NO_MASK, 2)) == 2
    with pytest.raises(ValueError, match="1 images of one correct face"):
        measure_anonymization(records, {"pixels": pixel_embedding})


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", KINDS)
def test_a_face_recognizer_does_not_find_people(training_data: Path, kind: str) -> None:
    optional("dlib")
    from mask_detector_training.evaluation.recognizer import FaceRecognizer

    attackers: dict[str, Embed] = {"recognizer": FaceRecognizer()}
    faces = select_faces(load_split(training_data, "val"), KINDS[kind], PEOPLE)
    assert len(faces) == PEOPLE
    covered = identification_rates(faces, (24, 200), COVERED, attackers)
    for case, rates in covered.items():
        # Of 40 people guessing finds one; two are 5 %.
        assert rates["recognizer, photos"] <= 0.05, case
        assert rates["recognizer, photos hidden the same way"] <= 0.1, case
    # The attacker is a good one: without a cover it finds nearly everybody, and the option
    # eyes leaves people recognizable, as its description says.
    seen = identification_rates(faces, (64,), [Mode("off"), Mode("eyes")], attackers)
    assert seen["off, 64 px"]["recognizer, photos"] >= 0.9
    assert seen["eyes, 64 px"]["recognizer, photos hidden the same way"] >= 0.7
