# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Samples, targets, loss and forms of the face detector."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.perception.face_detector import grid_centers
from mask_detector_training.data.datasets import load_split
from mask_detector_training.data.pseudo_labels import PseudoLabels, load_pseudo_labels
from mask_detector_training.detector.detector_model import (
    STRIDES,
    DetectorSize,
    build_detector,
    cells,
    fold_input_scale,
)
from mask_detector_training.detector.mosaic import FACE, IGNORED, MosaicSampler, _targets
from support.drawn_data import write_data
from support.optional import optional

TINY = DetectorSize(stem=4, stages=((8, 0, 3), (8, 1, 3), (8, 0, 5), (8, 0, 3)), neck=8)


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> MosaicSampler:
    root = write_data(tmp_path_factory.mktemp("data"))
    records = load_split(root, "train")
    return MosaicSampler(records, load_pseudo_labels(records, None, root / "none.npz"), 160, seed=4)


def test_samples_depend_on_their_number_only(composer: MosaicSampler) -> None:
    image, targets = composer.sample(7)
    composer.sample(3)
    again, targets_again = composer.sample(7)
    assert np.array_equal(image, again)
    assert np.array_equal(targets, targets_again)
    assert not np.array_equal(image, composer.sample(8)[0])


def test_targets_lie_in_the_sample(composer: MosaicSampler) -> None:
    faces = 0
    for number in range(40):
        image, targets = composer.sample(number)
        assert image.shape == (160, 160, 3)
        used = targets[targets[:, 4] != 0]
        faces += int((used[:, 4] == FACE).sum())
        assert (used[:, :4] >= 0).all()
        assert (used[:, :4] <= 160).all()
        assert (used[:, 2:4] > used[:, :2]).all()
    assert faces > 40


def taught(box: list[float], points: np.ndarray, status: str = "no_mask") -> PseudoLabels:
    return PseudoLabels(np.float32([box]), points[None].astype(np.float32), np.array([False]), (status,))


def test_mirroring_swaps_left_and_right() -> None:
    points = np.array([[12, 14], [18, 14], [15, 17], [13, 21], [17, 21]], float)
    mirror = np.array([[-1.0, 0, 100], [0, 1, 0]])
    (row,) = _targets(taught([10, 10, 10, 15], points), mirror, np.zeros(2), np.full(2, 100))
    assert row[:4].tolist() == [80, 10, 90, 25]
    moved = row[5:15].reshape(5, 2)
    assert moved[0].tolist() == [82, 14]  # the person's right eye stays on the image's left
    assert moved[3].tolist() == [83, 21]


def test_cut_and_tiny_faces_are_ignored() -> None:
    points = np.full((5, 2), np.nan)
    same = np.array([[1.0, 0, 0], [0, 1, 0]])
    edge = np.full(2, 100)
    (cut,) = _targets(taught([-30, 10, 40, 40], points), same, np.zeros(2), edge)
    (tiny,) = _targets(taught([10, 10, 5, 6], points), same, np.zeros(2), edge)
    (whole,) = _targets(taught([10, 10, 20, 20], points), same, np.zeros(2), edge)
    assert (cut[4], tiny[4], whole[4]) == (IGNORED, IGNORED, FACE)
    assert _targets(taught([-60, 10, 40, 40], points), same, np.zeros(2), edge) == []


def test_targets_tell_the_wear_a_face_may_have() -> None:
    points = np.full((5, 2), np.nan)
    same = np.array([[1.0, 0, 0], [0, 1, 0]])
    for status, allowed in (
        ("no_mask", [1, 0, 0, 0]),
        ("correct", [0, 0, 0, 1]),
        ("incorrect", [0, 1, 1, 0]),
        ("ignore", [0, 0, 0, 0]),
    ):
        face = taught([10, 10, 20, 20], points, status)
        (row,) = _targets(face, same, np.zeros(2), np.full(2, 100))
        assert row[16:].tolist() == allowed


def test_masks_are_drawn_on_some_bare_faces(tmp_path: Path) -> None:
    root = write_data(tmp_path)
    records = [r for r in load_split(root, "train") if "no_mask" in r.statuses]
    pseudo_labels = load_pseudo_labels(records, None, root / "none.npz")
    for record in records:
        points = record.boxes[:, None, :2] + record.boxes[:, None, 2:] * np.float32(
            [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]]
        )
        pseudo_labels[record.key] = replace(pseudo_labels[record.key], landmarks=points)

    def label_counts(synthetic_masks: float) -> np.ndarray:
        composer = MosaicSampler(records, pseudo_labels, 160, 4, synthetic_masks)
        targets = np.concatenate([composer.sample(number)[1] for number in range(40)])
        return targets[targets[:, 4] == FACE][:, 16:].sum(0)

    bare, some = label_counts(0.0), label_counts(0.6)
    assert some[0] < bare[0]
    assert (some[1:] > bare[1:]).any()
    assert some.sum() == pytest.approx(bare.sum(), rel=0.1)


def test_cells_are_those_of_the_runtime() -> None:
    assert np.array_equal(cells(640, 480)[:, :2], grid_centers(640, 480, list(STRIDES)))


def perfect(targets: np.ndarray, side: int) -> np.ndarray:
    """Raw answers (1, N, 15) that place every face from every cell inside it."""
    grid = cells(side, side)
    answers = np.zeros((1, len(grid), 15), np.float32)
    answers[..., 0] = -8
    for row in targets[0][targets[0][:, 4] == FACE]:
        x, y, stride = grid.T
        inside = (x > row[0]) & (x < row[2]) & (y > row[1]) & (y < row[3])
        middle = (row[:2] + row[2:4]) / 2
        best = inside & (np.abs(grid[:, :2] - middle).max(1) <= 2.5 * stride)
        limits = {8: (0, 72), 16: (24, 180), 32: (64, 1e6)}
        size = max(row[2] - row[0], row[3] - row[1])
        fits = np.array([limits[int(s)][0] <= size <= limits[int(s)][1] for s in stride])
        chosen = np.flatnonzero(best & fits)[:10]
        part = grid[chosen]
        sides = np.stack(
            [part[:, 0] - row[0], part[:, 1] - row[1], row[2] - part[:, 0], row[3] - part[:, 1]], 1
        )
        answers[0, chosen, 0] = 8
        answers[0, chosen, 1:5] = np.log(sides / part[:, 2:])
        answers[0, chosen, 5:] = (row[5:15] - np.tile(part[:, :2], 5)) / part[:, 2:]
    return answers


def test_loss_knows_right_from_wrong_and_leaves_ignored_faces_alone() -> None:
    optional("keras")
    from mask_detector_training.detector.detector_loss import DetectorLoss

    loss = DetectorLoss(160)
    targets = np.zeros((1, 48, 20), np.float32)
    targets[0, 0, :5] = 20, 20, 60, 64, FACE
    targets[0, 0, 5:15] = np.tile([40, 42], 5)
    targets[0, 0, 15] = 1
    right = perfect(targets, 160)
    assert float(loss(targets, right)) < 0.35

    moved = right.copy()
    moved[..., 1:5] += 0.5
    blind = right.copy()
    blind[..., 0] = -8
    assert float(loss(targets, moved)) > float(loss(targets, right)) + 0.3
    assert float(loss(targets, blind)) > float(loss(targets, right)) + 0.3

    # A score on an unlabeled face costs; on an ignored one it does not.
    elsewhere = np.float32([[100, 100, 140, 140]])
    unlabeled = right.copy()
    grid = cells(160, 160)
    inside = ((grid[:, :2] > elsewhere[0, :2]) & (grid[:, :2] < elsewhere[0, 2:])).all(1)
    unlabeled[0, inside, 0] = 8
    assert float(loss(targets, unlabeled)) > float(loss(targets, right)) + 0.3
    ignored = targets.copy()
    ignored[0, 1, :4] = elsewhere
    ignored[0, 1, 4] = IGNORED
    assert float(loss(ignored, unlabeled)) == pytest.approx(float(loss(ignored, right)), abs=1e-3)


def test_wear_is_learned_where_it_is_labeled() -> None:
    optional("keras")
    from mask_detector_training.detector.detector_loss import DetectorLoss

    loss = DetectorLoss(160)
    targets = np.zeros((1, 48, 20), np.float32)
    targets[0, 0, :5] = 20, 20, 60, 64, FACE
    answers = np.concatenate([perfect(targets, 160), np.zeros((1, len(cells(160, 160)), 4))], -1)

    def of(allowed: list[int], said: list[float]) -> float:
        asked, given = targets.copy(), answers.astype(np.float32)
        asked[0, 0, 16:] = allowed
        given[..., 15:] = said
        return float(loss(asked, given))

    untold = of([0, 0, 0, 0], [0, 0, 9, 0])
    assert of([0, 0, 1, 0], [0, 0, 9, 0]) == pytest.approx(untold, abs=1e-2)
    assert of([0, 0, 0, 1], [0, 0, 9, 0]) > untold + 1
    # Wrong in some way, nobody knows which: either answer is right, none is better.
    assert of([0, 1, 1, 0], [0, 0, 9, 0]) == pytest.approx(untold, abs=1e-2)
    assert of([0, 1, 1, 0], [0, 9, 0, 0]) == pytest.approx(untold, abs=1e-2)
    assert of([0, 1, 1, 0], [9, 0, 0, 0]) > untold + 1


def test_loss_without_any_face_is_finite() -> None:
    optional("keras")
    from mask_detector_training.detector.detector_loss import DetectorLoss

    targets = np.zeros((2, 48, 20), np.float32)
    answers = np.random.default_rng(0).normal(size=(2, len(cells(64, 64)), 15))
    assert np.isfinite(float(DetectorLoss(64)(targets, answers.astype(np.float32))))


def test_the_exported_form_answers_in_pixels() -> None:
    optional("keras")
    trained = build_detector(96, 64, TINY)
    exported = build_detector(96, 64, TINY, deployed=True)
    fold_input_scale(trained, exported)
    picture = np.random.default_rng(0).integers(0, 256, (1, 64, 96, 3)).astype(np.float32)
    raw = np.asarray(trained(picture))[0]
    answer = np.asarray(exported(picture))[0]
    stride = cells(96, 64)[:, 2:]
    assert answer[:, 0] == pytest.approx(1 / (1 + np.exp(-raw[:, 0])), abs=1e-5)
    assert answer[:, 1:5] == pytest.approx(np.exp(raw[:, 1:5]) * stride, rel=1e-3)
    assert answer[:, 5:] == pytest.approx(raw[:, 5:] * stride, abs=1e-2)


def test_a_network_without_wear_takes_the_rest_of_one_with_it() -> None:
    optional("keras")
    trained = build_detector(96, 64, TINY, wear_status=True)
    both = build_detector(96, 64, TINY, deployed=True, wear_status=True)
    faces = build_detector(96, 64, TINY, deployed=True)
    for exported in (both, faces):
        fold_input_scale(trained, exported)
    picture = np.random.default_rng(0).integers(0, 256, (1, 64, 96, 3)).astype(np.float32)
    answer = np.asarray(both(picture))[0]
    assert answer[:, :15] == pytest.approx(np.asarray(faces(picture))[0], abs=1e-4)
    assert answer[:, 15:].sum(-1) == pytest.approx(1, abs=1e-5)
