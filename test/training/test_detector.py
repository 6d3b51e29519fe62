# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Samples, targets, loss and export of the face detector."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.perception.face_detector import grid_centers
from mask_detector_training.data.datasets import load_split
from mask_detector_training.data.pseudo_labels import PseudoLabels, load_pseudo_labels
from mask_detector_training.detector import mosaic
from mask_detector_training.detector.detector_model import (
    DetectorSize,
    build_detector,
    fold_input_scale,
    grid_cells,
)
from mask_detector_training.detector.detector_recipe import STRIDES
from mask_detector_training.detector.mosaic import (
    FACE,
    IGNORED,
    TARGET_COLUMNS,
    MosaicSampler,
    make_targets,
)
from support.drawn_data import write_data
from support.optional import optional

TINY = DetectorSize(stem=4, stages=((4,), (8, 8), (8,), (8,), (8,)), neck=8, head=6)


@pytest.fixture(scope="module")
def sampler(tmp_path_factory: pytest.TempPathFactory) -> MosaicSampler:
    root = write_data(tmp_path_factory.mktemp("data"))
    records = load_split(root, "train")
    return MosaicSampler(records, load_pseudo_labels(records, None, root / "none.npz"), 160, seed=4)


def test_samples_depend_on_their_number_only(sampler: MosaicSampler) -> None:
    image, targets = sampler.sample(7)
    sampler.sample(3)
    again, targets_again = sampler.sample(7)
    assert np.array_equal(image, again)
    assert np.array_equal(targets, targets_again)
    assert not np.array_equal(image, sampler.sample(8)[0])


def test_targets_are_inside_the_sample(sampler: MosaicSampler) -> None:
    faces = 0
    for number in range(40):
        image, targets = sampler.sample(number)
        assert image.shape == (160, 160, 3)
        used = targets[targets[:, 4] != 0]
        faces += int((used[:, 4] == FACE).sum())
        assert (used[:, :4] >= 0).all()
        assert (used[:, :4] <= 160).all()
        assert (used[:, 2:4] > used[:, :2]).all()
    assert faces > 40


def one_face(box: list[float], points: np.ndarray, status: str = "no_mask") -> PseudoLabels:
    boxes, landmarks = np.array([box], np.float32), points[None].astype(np.float32)
    return PseudoLabels(boxes, landmarks, np.array([False]), (status,), np.ones(1))


def test_mirroring_swaps_left_and_right() -> None:
    points = np.array([[12, 14], [18, 14], [15, 17], [13, 21], [17, 21]], float)
    mirror = np.array([[-1.0, 0, 100], [0, 1, 0]])
    (row,) = make_targets(one_face([10, 10, 10, 15], points), mirror, np.zeros(2), np.full(2, 100))
    assert row[:4].tolist() == [80, 10, 90, 25]
    moved = row[5:15].reshape(5, 2)
    assert moved[0].tolist() == [82, 14]  # the person's right eye stays on the image's left
    assert moved[3].tolist() == [83, 21]


@pytest.mark.parametrize("degrees", [0, 20, 45, 90])
def test_a_tilted_face_gets_the_bounding_box_of_its_ellipse(degrees: float) -> None:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    tilt = np.array([[cos, -sin, 50], [sin, cos, 50]])
    points = np.full((5, 2), np.nan)
    (row,) = make_targets(one_face([-10, -15, 20, 30], points), tilt, np.zeros(2), np.full(2, 100))
    angle = np.linspace(0, 2 * np.pi, 2000)
    outline = tilt[:, :2] @ np.stack([10 * np.cos(angle), 15 * np.sin(angle)]) + 50
    assert row[:4] == pytest.approx([*outline.min(1), *outline.max(1)], abs=0.01)


def test_a_face_that_only_teachers_found_counts_less() -> None:
    optional("keras")
    from mask_detector_training.detector.detector_loss import DetectorLoss

    points = np.full((5, 2), np.nan)
    same = np.array([[1.0, 0, 0], [0, 1, 0]])
    labeled = one_face([10, 10, 40, 44], points, "face")
    loss, rows = DetectorLoss(160), []
    for score in (1.0, 0.6):
        faces = replace(labeled, scores=np.array([score]))
        (row,) = make_targets(faces, same, np.zeros(2), np.full(2, 160))
        rows.append(row[None, None])
    sure, doubtful = rows
    outputs = perfect_outputs(sure, 160)
    # A score near 1 is too high for a doubtful face, and an error of its box costs less.
    assert float(loss(doubtful, outputs)) > float(loss(sure, outputs))
    moved = outputs.copy()
    moved[..., 3:5] += 0.5
    costs = [float(loss(row, moved)) - float(loss(row, outputs)) for row in rows]
    assert 0 < costs[1] < costs[0]


def test_cut_and_tiny_faces_are_ignored() -> None:
    points = np.full((5, 2), np.nan)
    same = np.array([[1.0, 0, 0], [0, 1, 0]])
    edge = np.full(2, 100)
    (cut,) = make_targets(one_face([-30, 10, 40, 40], points), same, np.zeros(2), edge)
    (tiny,) = make_targets(one_face([10, 10, 5, 6], points), same, np.zeros(2), edge)
    (whole,) = make_targets(one_face([10, 10, 20, 20], points), same, np.zeros(2), edge)
    assert (cut[4], tiny[4], whole[4]) == (IGNORED, IGNORED, FACE)
    assert make_targets(one_face([-60, 10, 40, 40], points), same, np.zeros(2), edge) == []


def test_targets_contain_the_classes_a_face_may_have() -> None:
    points = np.full((5, 2), np.nan)
    same = np.array([[1.0, 0, 0], [0, 1, 0]])
    for status, allowed in (
        ("no_mask", [1, 0, 0, 0]),
        ("correct", [0, 0, 0, 1]),
        ("incorrect", [0, 1, 1, 0]),
        ("ignore", [0, 0, 0, 0]),
    ):
        face = one_face([10, 10, 20, 20], points, status)
        (row,) = make_targets(face, same, np.zeros(2), np.full(2, 100))
        assert row[16:20].tolist() == allowed


def test_masks_are_drawn_on_some_bare_faces(tmp_path: Path) -> None:
    root = write_data(tmp_path)
    records = [r for r in load_split(root, "train") if "no_mask" in r.statuses]
    pseudo_labels = load_pseudo_labels(records, None, root / "none.npz")
    for record in records:
        fractions = np.array(
            [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32
        )
        points = record.boxes[:, None, :2] + record.boxes[:, None, 2:] * fractions
        pseudo_labels[record.key] = replace(pseudo_labels[record.key], landmarks=points)

    def label_counts(synthetic_masks: float) -> np.ndarray:
        sampler = MosaicSampler(records, pseudo_labels, 160, 4, synthetic_masks)
        targets = np.concatenate([sampler.sample(number)[1] for number in range(40)])
        return targets[targets[:, 4] == FACE][:, 16:20].sum(0)

    without, with_masks = label_counts(0.0), label_counts(0.6)
    assert with_masks[0] < without[0]
    assert (with_masks[1:] > without[1:]).any()
    assert with_masks.sum() == pytest.approx(without.sum(), rel=0.1)


def test_lights_out_of_focus_are_no_faces(
    sampler: MosaicSampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [sampler.sample(number) for number in range(10)]
    monkeypatch.setattr(mosaic, "BLURRED_LIGHTS", 1.0)
    lit = [sampler.sample(number) for number in range(10)]
    assert any((targets[:, 4] == FACE).any() for _, targets in plain)
    for image, targets in lit:
        assert image.shape == (160, 160, 3)
        assert not targets.any()
    assert np.mean([np.ptp(image.mean(2)) for image, _ in lit]) > 100


def test_grid_cells_are_those_of_the_runtime() -> None:
    assert np.array_equal(grid_cells(640, 480)[:, :2], grid_centers(640, 480, list(STRIDES)))


def perfect_outputs(targets: np.ndarray, side: int) -> np.ndarray:
    """Raw network outputs (1, N, 15) that predict every face from the cells near its center."""
    grid = grid_cells(side, side)
    outputs = np.zeros((1, len(grid), 15), np.float32)
    outputs[..., 0] = -8
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
        outputs[0, chosen, 0] = 8
        outputs[0, chosen, 1:3] = (middle - part[:, :2]) / part[:, 2:]
        outputs[0, chosen, 3:5] = np.log((row[2:4] - row[:2]) / part[:, 2:])
        outputs[0, chosen, 5:] = (row[5:15] - np.tile(part[:, :2], 5)) / part[:, 2:]
    return outputs


def test_the_loss_rises_with_errors_but_not_on_ignored_faces() -> None:
    optional("keras")
    from mask_detector_training.detector.detector_loss import DetectorLoss

    loss = DetectorLoss(160)
    targets = np.zeros((1, 48, TARGET_COLUMNS), np.float32)
    targets[..., 20:] = 1
    targets[0, 0, :5] = 20, 20, 60, 64, FACE
    targets[0, 0, 5:15] = np.tile([40, 42], 5)
    targets[0, 0, 15] = 1
    right = perfect_outputs(targets, 160)
    assert float(loss(targets, right)) < 0.35

    moved = right.copy()
    moved[..., 1:5] += 0.5
    missed = right.copy()
    missed[..., 0] = -8
    assert float(loss(targets, moved)) > float(loss(targets, right)) + 0.3
    assert float(loss(targets, missed)) > float(loss(targets, right)) + 0.3

    # A high score is an error on background, but not on an ignored face.
    elsewhere = np.array([[100, 100, 140, 140]], np.float32)
    unlabeled = right.copy()
    grid = grid_cells(160, 160)
    inside = ((grid[:, :2] > elsewhere[0, :2]) & (grid[:, :2] < elsewhere[0, 2:])).all(1)
    unlabeled[0, inside, 0] = 8
    assert float(loss(targets, unlabeled)) > float(loss(targets, right)) + 0.3
    ignored = targets.copy()
    ignored[0, 1, :4] = elsewhere
    ignored[0, 1, 4] = IGNORED
    assert float(loss(ignored, unlabeled)) == pytest.approx(float(loss(ignored, right)), abs=1e-3)


def test_the_wear_status_is_learned_where_it_is_labeled() -> None:
    optional("keras")
    from mask_detector_training.detector.detector_loss import DetectorLoss

    loss = DetectorLoss(160)
    targets = np.zeros((1, 48, TARGET_COLUMNS), np.float32)
    targets[..., 20:] = 1
    targets[0, 0, :5] = 20, 20, 60, 64, FACE
    outputs = np.concatenate(
        [perfect_outputs(targets, 160), np.zeros((1, len(grid_cells(160, 160)), 4))], -1
    )

    def loss_of(allowed: list[int], logits: list[float]) -> float:
        labeled, predicted = targets.copy(), outputs.astype(np.float32)
        labeled[0, 0, 16:20] = allowed
        predicted[..., 15:] = logits
        return float(loss(labeled, predicted))

    unlabeled = loss_of([0, 0, 0, 0], [0, 0, 9, 0])
    assert loss_of([0, 0, 1, 0], [0, 0, 9, 0]) == pytest.approx(unlabeled, abs=1e-2)
    assert loss_of([0, 0, 0, 1], [0, 0, 9, 0]) > unlabeled + 1
    # Labeled ``incorrect``: below_mouth and nose_exposed are equally right.
    assert loss_of([0, 1, 1, 0], [0, 0, 9, 0]) == pytest.approx(unlabeled, abs=1e-2)
    assert loss_of([0, 1, 1, 0], [0, 9, 0, 0]) == pytest.approx(unlabeled, abs=1e-2)
    assert loss_of([0, 1, 1, 0], [9, 0, 0, 0]) > unlabeled + 1


def test_loss_without_any_face_is_finite() -> None:
    optional("keras")
    from mask_detector_training.detector.detector_loss import DetectorLoss

    targets = np.zeros((2, 48, TARGET_COLUMNS), np.float32)
    outputs = np.random.default_rng(0).normal(size=(2, len(grid_cells(64, 64)), 15))
    assert np.isfinite(float(DetectorLoss(64)(targets, outputs.astype(np.float32))))


def test_the_exported_network_predicts_in_pixels() -> None:
    optional("keras")
    trained = build_detector(96, 64, TINY)
    exported = build_detector(96, 64, TINY, deployed=True)
    fold_input_scale(trained, exported)
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 96, 3)).astype(np.float32)
    raw = np.asarray(trained(image))[0]
    output = np.asarray(exported(image))[0]
    stride = grid_cells(96, 64)[:, 2:]
    assert output[:, 0] == pytest.approx(1 / (1 + np.exp(-raw[:, 0])), abs=1e-5)
    half = np.exp(raw[:, 3:5]) / 2
    sides = np.concatenate([half - raw[:, 1:3], half + raw[:, 1:3]], 1)
    assert output[:, 1:5] == pytest.approx(sides * stride, rel=1e-3, abs=1e-2)
    assert output[:, 5:] == pytest.approx(raw[:, 5:] * stride, abs=1e-2)


def test_a_network_without_wear_status_takes_the_other_weights_of_one_with_it() -> None:
    optional("keras")
    trained = build_detector(96, 64, TINY, wear_status=True)
    both = build_detector(96, 64, TINY, deployed=True, wear_status=True)
    faces = build_detector(96, 64, TINY, deployed=True)
    for exported in (both, faces):
        fold_input_scale(trained, exported)
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 96, 3)).astype(np.float32)
    output = np.asarray(both(image))[0]
    assert output[:, :15] == pytest.approx(np.asarray(faces(image))[0], abs=1e-4)
    assert output[:, 15:].sum(-1) == pytest.approx(1, abs=1e-5)
