# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Samples, calibration and forms of the mask classifier."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_ros.perception.types import CLASS_LABELS, WearStatus
from mask_detector_training.classifier.classifier_data import (
    CropSampler,
    Face,
    augment_crop,
    dress,
    labeled_faces,
    face_classes,
)
from mask_detector_training.classifier.classifier_model import (
    BELOW,
    CONTEXT,
    build_classifier,
    deploy,
    from_config,
    output_classes,
)
from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.classifier.classifier_training import fit_calibration, log_loss, softmax
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS
from mask_detector_training.data.datasets import STATUSES, load_split
from support.drawn_data import write_data
from support.optional import optional


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> list[Face]:
    root = write_data(tmp_path_factory.mktemp("data"))
    return labeled_faces(load_split(root, "train"), None, 12.0)


def test_only_faces_of_the_four_classes_that_are_large_enough(faces: list[Face]) -> None:
    assert len(faces) == 18
    assert {face.label for face in faces} == {0, 1, 2, 3}
    records = [face.record for face in faces[:1]]
    assert labeled_faces(records, None, 500.0) == []


def test_samples_depend_on_their_number_only(faces: list[Face]) -> None:
    cropper = CropSampler(faces, 40, seed=1)
    crop, target = cropper.sample(5)
    cropper.sample(6)
    again, target_again = cropper.sample(5)
    assert crop.shape == (40, 40, 3)
    assert crop.dtype == np.uint8
    assert np.array_equal(crop, again)
    assert np.array_equal(target, target_again)
    assert target.sum() == pytest.approx(1.0)


def test_rare_classes_get_their_share(faces: list[Face]) -> None:
    cropper = CropSampler([*faces, *[f for f in faces if f.label == 3] * 50], 24, seed=1)
    labels = [int(cropper.sample(n)[1].argmax()) for n in range(300)]
    assert np.bincount(labels)[1] > 25


def test_a_class_without_faces_is_refused(faces: list[Face]) -> None:
    with pytest.raises(ValueError, match="no training faces of nose_exposed"):
        CropSampler([f for f in faces if f.label != 2], 40, seed=1)


@pytest.mark.parametrize(
    ("classes", "worn"),
    [
        (4, {WearStatus.BELOW_MOUTH, WearStatus.NOSE_EXPOSED, WearStatus.CORRECT}),
        (3, {WearStatus.BELOW_MOUTH, WearStatus.NOSE_EXPOSED, WearStatus.CORRECT}),
        (2, {WearStatus.NOSE_EXPOSED, WearStatus.CORRECT}),
    ],
)
def test_masks_are_drawn_on_bare_faces_for_masked_samples(
    faces: list[Face], classes: int, worn: set[WearStatus]
) -> None:
    points = np.float32([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.75], [0.65, 0.75]])
    bare = [f for f in faces if f.label == 0]
    with_points = [Face(f.record, f.box, f.box[:2] + points * f.box[2:], 0) for f in bare]
    others = [f for f in faces if f.label != 0]
    seen: list[WearStatus] = []

    def mask_drawer(image, box, landmarks, status, random):  # type: ignore[no-untyped-def]
        seen.append(status)
        return dress(image, box, landmarks, status, random)

    shown, view = [*with_points, *others], CLASS_MAPPINGS[classes]
    cropper = CropSampler(shown, 32, seed=1, mask_drawer=mask_drawer, synthetic_masks=1.0, view=view)
    for number in range(30):
        assert cropper.sample(number)[1].shape == (classes,)
    assert set(seen) == worn


def test_faces_as_three_and_two_classes(faces: list[Face]) -> None:
    one = faces[0]
    every = [Face(one.record, one.box, one.landmarks, label) for label in range(5)]
    assert STATUSES[4] == "incorrect"
    three, two = CLASS_MAPPINGS[3], CLASS_MAPPINGS[2]
    said = [three.names[c] for c in face_classes(every, three)]
    assert said == ["no_mask", "incorrect", "incorrect", "correct", "incorrect"]
    said = [two.names[c] for c in face_classes(every[:4], two)]
    assert said == ["no_mask", "no_mask", "mask", "mask"]
    unsure = dataclasses.replace(one.record, statuses=("incorrect",) * len(one.record.statuses))
    taken = {classes: len(labeled_faces([unsure], None, 12.0, CLASS_MAPPINGS[classes])) for classes in CLASS_MAPPINGS}
    assert taken == {4: 0, 3: len(unsure.statuses), 2: 0}


def test_a_varied_crop_still_shows_the_face(faces: list[Face]) -> None:
    image = faces[0].record.load()
    plain = face_crop(image, faces[0].box, 40, CONTEXT, BELOW).astype(float)
    likeness = []
    for number in range(30):
        crop = augment_crop(image, faces[0].box, 40, np.random.default_rng(number)).astype(float)
        both = (crop, crop[:, ::-1])
        likeness.append(max(np.corrcoef(c.ravel(), plain.ravel())[0, 1] for c in both))
    assert np.median(likeness) > 0.5


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


@pytest.mark.parametrize(
    "described",
    [
        # As runs were described before there were recipes; the missing is as shipped.
        {"model": "mask_classifier", "size": 48, "alpha": 0.35, "synthetic_masks": 0.45,
         "loop": {"steps": 200, "minutes": 1.0, "steps_per_epoch": 20, "batch_size": 8, "learning_rate": 1e-3}},
        ClassifierRecipe(size=32, backbone="plain", input="centered", head="8,4", classes=4).config,
    ],
)  # fmt: skip
def test_the_exported_form_gives_calibrated_probabilities(described: dict[str, Any]) -> None:
    optional("keras")
    size = described["size"]
    trained = from_config(described)
    calibration = {"temperature": 2.0, "bias": [1.0, 0, 0, -1]}
    exported = deploy(trained, described, calibration)
    crops = np.random.default_rng(0).integers(0, 256, (2, size, size, 3)).astype(np.float32)
    logits = np.asarray(trained(crops))
    assert np.asarray(exported(crops)) == pytest.approx(
        softmax(logits / 2.0 + [1, 0, 0, -1]), abs=1e-4
    )
    assert output_classes(described) == CLASS_LABELS


def test_the_shipped_network_has_the_layers_of_the_shipped_weights() -> None:
    """Runs keep weights by place: an order that changed would not find its weights again."""
    optional("keras")
    model = build_classifier(ClassifierRecipe(size=48, alpha=0.35))
    names = [layer.name for layer in model.layers if layer.weights]
    assert names[:3] == ["Conv1", "bn_Conv1", "expanded_conv_depthwise"]
    assert names[-5:] == ["block_12_project_BN", "head_conv", "head_norm", "head_place", "logits"]
    assert len(names) == 82
