# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Synthetic tracking sequences: their ground truth and the observation model."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.perception.types import WearStatus
from support.optional import optional
from tracking_sequences.observation_model import ObservationModel
from tracking_sequences.scene_families import FAMILIES, scenes
from tracking_sequences.sequences import FOCAL_PX, Drive, Scene, Walker, ground_truth

CORRECT, NO_MASK = WearStatus.CORRECT, WearStatus.NO_MASK
STILL = Drive(speed=0.0)


def standing(x: float, z: float, status: WearStatus = CORRECT) -> Walker:
    return Walker(((0.0, x, z), (100.0, x, z)), ((0.0, status),))


def test_face_width_follows_from_the_distance() -> None:
    near, far = (ground_truth(Scene("", (standing(0, z),), STILL))[0] for z in (1.5, 6.0))
    assert near.boxes[0, 2] == pytest.approx(FOCAL_PX * 0.15 / 1.5)
    assert far.boxes[0, 2] == pytest.approx(near.boxes[0, 2] / 4)
    assert near.boxes[0, 0] + near.boxes[0, 2] / 2 == pytest.approx(320)


def test_nearer_people_occlude_those_behind() -> None:
    walkers = (standing(0, 2), standing(0.02, 4), standing(1.5, 4))
    frame = ground_truth(Scene("", walkers, STILL))[0]
    assert frame.people.tolist() == [0, 2]
    assert frame.required.tolist() == [True, True]


def test_rotation_of_the_robot_shifts_and_blurs_all_faces() -> None:
    drive = Drive(0.0, ((1.0, 0.0), (2.0, 0.4)))
    frames = ground_truth(Scene("", (standing(-0.3, 4), standing(0.3, 4)), drive, duration=3))
    before, after = frames[0], frames[-1]
    shift = after.boxes[:, 0] - before.boxes[:, 0]
    assert shift == pytest.approx(-FOCAL_PX * np.tan(0.4) * np.ones(2), rel=0.1)
    assert before.blur == 0.0
    assert max(frame.blur for frame in frames) > 2.0


def test_status_changes_on_time_while_the_person_walks() -> None:
    walker = Walker(((0.0, -1.0, 4.0), (4.0, 1.0, 4.0)), ((0.0, CORRECT), (2.0, NO_MASK)))
    frames = ground_truth(Scene("", (walker,), STILL, duration=4))
    assert len(frames) == 80
    changed = [b.stamp for a, b in pairwise(frames) if a.status[0] != b.status[0]]
    assert changed == [pytest.approx(2.0, abs=0.051)]
    assert all(b.boxes[0, 0] > a.boxes[0, 0] for a, b in pairwise(frames))


def test_dropped_frames_are_missing_and_a_seed_is_reproducible() -> None:
    scene = Scene("", (standing(0, 3),), dropped=0.3)
    stamps = [frame.stamp for frame in ground_truth(scene, 3)]
    assert stamps == [frame.stamp for frame in ground_truth(scene, 3)]
    assert 0.6 * 400 <= len(stamps) <= 0.71 * 400
    assert 0.1 < max(np.diff(stamps)) <= 1.5


def test_families_contain_every_status() -> None:
    required: dict[str, set[int]] = {}
    for scene in scenes(4):
        frames = ground_truth(replace(scene, rate=2.0))
        statuses = {int(s) for f in frames for s in f.status[f.required]}
        required.setdefault(scene.name.split("-")[0], set()).update(statuses)
    assert set(required) == set(FAMILIES)
    assert set.union(*required.values()) == {1, 2, 3, 4}
    assert all(CORRECT in statuses for statuses in required.values())


def test_near_faces_are_detected_and_classified_better_than_far_ones() -> None:
    optional("scipy")
    from tracking_sequences.tracking_scores import match_boxes

    def rates(z: float) -> tuple[float, float]:
        """Fractions of frames with a confident detection, and with the true frame status."""
        model = ObservationModel(1, PipelineSettings())
        frames = ground_truth(Scene("", (standing(0, z, NO_MASK),), STILL, 8.0))
        detected = correct = 0
        for truth in frames:
            faces = model.detect(truth)
            for _, row in match_boxes(truth.boxes, faces.boxes):
                detected += faces.scores[row] >= PipelineSettings().detector.score_threshold
                correct += faces.frame_status[row] == NO_MASK
        return detected / len(frames), correct / len(frames)

    near, far = rates(2.0), rates(5.0)
    assert near[0] > 0.97 and near[1] > 0.9
    assert 0.2 < far[0] < 0.8 and far[1] < near[1]
