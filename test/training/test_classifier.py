# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Samples, calibration and forms of the mask classifier."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.perception.geometry import face_crop
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.training.classifier_data import Cropper, Face, dress, labelled_faces, vary
from mask_detector_ros.training.classifier_model import (
    CONTEXT,
    INPUT_SCALE,
    build_classifier,
    fold,
    load_pretrained,
)
from mask_detector_ros.training.classifier_training import fit_calibration, log_loss, softmax
from mask_detector_ros.training.data import load_split
from test.optional import optional

from .drawn_data import write_data


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> list[Face]:
    root = write_data(tmp_path_factory.mktemp("data"))
    return labelled_faces(load_split(root, "train"), None, 12.0)


def test_only_faces_of_the_four_classes_that_are_large_enough(faces: list[Face]) -> None:
    assert len(faces) == 18
    assert {face.label for face in faces} == {0, 1, 2, 3}
    records = [face.record for face in faces[:1]]
    assert labelled_faces(records, None, 500.0) == []


def test_samples_depend_on_their_number_only(faces: list[Face]) -> None:
    cropper = Cropper(faces, 40, seed=1)
    crop, target = cropper.sample(5)
    cropper.sample(6)
    again, target_again = cropper.sample(5)
    assert crop.shape == (40, 40, 3)
    assert crop.dtype == np.uint8
    assert np.array_equal(crop, again)
    assert np.array_equal(target, target_again)
    assert target.sum() == pytest.approx(1.0)


def test_rare_classes_get_their_share(faces: list[Face]) -> None:
    cropper = Cropper([*faces, *[f for f in faces if f.label == 3] * 50], 24, seed=1)
    labels = [int(cropper.sample(n)[1].argmax()) for n in range(300)]
    assert np.bincount(labels)[1] > 25


def test_a_class_without_faces_is_refused(faces: list[Face]) -> None:
    with pytest.raises(ValueError, match="no training faces of nose_exposed"):
        Cropper([f for f in faces if f.label != 2], 40, seed=1)


def test_a_varied_crop_still_shows_the_face(faces: list[Face]) -> None:
    image = faces[0].record.load()
    plain = face_crop(image, faces[0].box, 40, CONTEXT).astype(float)
    likeness = []
    for number in range(30):
        crop = vary(image, faces[0].box, 40, np.random.default_rng(number)).astype(float)
        both = (crop, crop[:, ::-1])
        likeness.append(max(np.corrcoef(c.ravel(), plain.ravel())[0, 1] for c in both))
    assert np.median(likeness) > 0.5


def test_masks_are_drawn_on_bare_faces_for_masked_samples(faces: list[Face]) -> None:
    points = np.float32([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.75], [0.65, 0.75]])
    bare = [f for f in faces if f.label == 0]
    with_points = [Face(f.record, f.box, f.box[:2] + points * f.box[2:], 0) for f in bare]
    others = [f for f in faces if f.label != 0]
    seen: list[WearStatus] = []

    def dresser(image, box, landmarks, status, random):  # type: ignore[no-untyped-def]
        seen.append(status)
        return dress(image, box, landmarks, status, random)

    cropper = Cropper([*with_points, *others], 32, seed=1, dresser=dresser, dressed=1.0)
    for number in range(30):
        cropper.sample(number)
    assert set(seen) == {WearStatus.BELOW_MOUTH, WearStatus.NOSE_EXPOSED, WearStatus.CORRECT}


def test_the_calibration_is_found_again() -> None:
    random = np.random.default_rng(0)
    true = random.normal(0, 2, (4000, 4))
    truth = np.array([random.choice(4, p=p) for p in softmax(true)])
    shift = np.array([0.5, -2.0, -1.0, 0.8])
    said = (true - 0.6 * shift) * 1.7
    temperature, bias = fit_calibration(said, truth, shift)
    assert temperature == pytest.approx(1.7, rel=0.1)
    assert bias == pytest.approx(0.6 * shift, abs=0.25)
    calibrated = log_loss(softmax(said / temperature + bias), truth)
    assert calibrated < log_loss(softmax(said), truth)


def test_the_exported_form_gives_calibrated_probabilities() -> None:
    optional("keras")
    trained = build_classifier(48, alpha=0.35)
    exported = build_classifier(48, alpha=0.35, deployed=True)
    fold(trained, exported, temperature=2.0, bias=[1.0, 0, 0, -1])
    crops = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3)).astype(np.float32)
    logits = np.asarray(trained(crops))
    assert np.asarray(exported(crops)) == pytest.approx(
        softmax(logits / 2.0 + [1, 0, 0, -1]), abs=1e-4
    )


def test_pretrained_weights_see_bgr_as_they_saw_rgb(tmp_path: Path) -> None:
    keras = optional("keras")
    original = keras.applications.MobileNetV2(
        input_shape=(48, 48, 3), alpha=0.35, include_top=False, weights=None
    )
    stored = {
        f"{layer.name}/{i}": value
        for layer in original.layers
        for i, value in enumerate(layer.get_weights())
    }
    np.savez(tmp_path / "weights.npz", **stored)
    model = build_classifier(48, alpha=0.35)
    load_pretrained(model, tmp_path / "weights.npz")
    first = keras.Model(model.input, model.get_layer("bn_Conv1").output)
    expected = keras.Model(original.input, original.get_layer("bn_Conv1").output)
    bgr = np.random.default_rng(0).integers(0, 256, (1, 48, 48, 3)).astype(np.float32)
    rgb = bgr[..., ::-1] * INPUT_SCALE - 1
    # The last row and column touch the padding, which is black here and grey there.
    ours, theirs = np.asarray(first(bgr)), np.asarray(expected(rgb))
    assert ours[:, :-1, :-1] == pytest.approx(theirs[:, :-1, :-1], abs=1e-4)

    with pytest.raises(ValueError, match="give weights of MobileNetV2"):
        load_pretrained(build_classifier(48, alpha=0.5), tmp_path / "weights.npz")
    with pytest.raises(ValueError, match="check --weights"):
        load_pretrained(model, tmp_path / "missing.npz")
