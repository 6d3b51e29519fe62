# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Samples, calibration and export of the mask classifier."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception.face_detector import iom_matrix
from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_ros.perception.types import CLASS_LABELS, WearStatus
from mask_detector_training.classifier.background_boxes import background_boxes
from mask_detector_training.classifier.classifier_calibration import (
    fit_calibration,
    fit_covered_bias,
    log_loss,
)
from mask_detector_training.classifier.classifier_data import (
    Face,
    FaceWindow,
    face_classes,
    labeled_faces,
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
from mask_detector_training.classifier.crop_augmentation import augment_crop
from mask_detector_training.classifier.crop_sampler import CropSampler, draw_synthetic_mask
from mask_detector_training.classifier.drawn_covers import add_harmless_cover, hide_mouth
from mask_detector_training.classifier.pretrained import load_pretrained
from mask_detector_training.data.augmentation import Random
from mask_detector_training.data.blurred_lights import draw_blurred_lights
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS
from mask_detector_training.data.datasets import STATUSES, load_split
from mask_detector_training.data.pseudo_labels import load_pseudo_labels
from mask_detector_training.training_loop import BEST, CONFIG, save_weights
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
    sampler = CropSampler(faces, 40, seed=1)
    crop, target = sampler.sample(5)
    sampler.sample(6)
    again, target_again = sampler.sample(5)
    assert crop.shape == (40, 40, 3)
    assert crop.dtype == np.uint8
    assert np.array_equal(crop, again)
    assert np.array_equal(target, target_again)
    assert target.sum() == pytest.approx(1.0)


def test_rare_classes_are_sampled_often(faces: list[Face]) -> None:
    sampler = CropSampler([*faces, *[f for f in faces if f.label == 3] * 50], 24, seed=1)
    labels = [int(sampler.sample(n)[1].argmax()) for n in range(300)]
    assert np.bincount(labels)[1] > 25


def test_a_class_without_faces_is_refused(faces: list[Face]) -> None:
    with pytest.raises(ValueError, match="no training faces of nose_exposed"):
        CropSampler([f for f in faces if f.label != 2], 40, seed=1)


def bare_and_other(faces: list[Face]) -> tuple[list[Face], list[Face]]:
    """The faces without a mask, with landmarks; and the others."""
    points = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.75], [0.65, 0.75]], np.float32)
    bare = [f for f in faces if f.label == 0]
    with_points = [Face(f.record, f.box, f.box[:2] + points * f.box[2:], 0) for f in bare]
    return with_points, [f for f in faces if f.label != 0]


@pytest.mark.parametrize(
    ("classes", "statuses"),
    [
        (4, {WearStatus.BELOW_MOUTH, WearStatus.NOSE_EXPOSED, WearStatus.CORRECT}),
        (3, {WearStatus.BELOW_MOUTH, WearStatus.NOSE_EXPOSED, WearStatus.CORRECT}),
        (2, {WearStatus.NOSE_EXPOSED, WearStatus.CORRECT}),
    ],
)
def test_masks_are_drawn_on_bare_faces_for_masked_samples(
    faces: list[Face], classes: int, statuses: set[WearStatus]
) -> None:
    with_points, others = bare_and_other(faces)
    drawn: list[WearStatus] = []

    def draw(window: FaceWindow, status: WearStatus, random: Random) -> Image:
        drawn.append(status)
        return draw_synthetic_mask(window, status, random)

    mapping = CLASS_MAPPINGS[classes]
    sampler = CropSampler(
        [*with_points, *others], 32, seed=1, mask_drawer=draw, synthetic_masks=1.0, mapping=mapping
    )
    for number in range(30):
        assert sampler.sample(number)[1].shape == (classes,)
    assert set(drawn) == statuses


def test_faces_as_three_and_two_classes(faces: list[Face]) -> None:
    one = faces[0]
    every = [Face(one.record, one.box, one.landmarks, label) for label in range(5)]
    assert STATUSES[4] == "incorrect"
    three, two = CLASS_MAPPINGS[3], CLASS_MAPPINGS[2]
    names = [three.names[c] for c in face_classes(every, three)]
    assert names == ["no_mask", "incorrect", "incorrect", "correct", "incorrect"]
    names = [two.names[c] for c in face_classes(every[:4], two)]
    assert names == ["no_mask", "no_mask", "mask", "mask"]
    incorrect = dataclasses.replace(one.record, statuses=("incorrect",) * len(one.record.statuses))
    counts = {
        classes: len(labeled_faces([incorrect], None, 12.0, CLASS_MAPPINGS[classes]))
        for classes in CLASS_MAPPINGS
    }
    assert counts == {4: 0, 3: len(incorrect.statuses), 2: 0}


def test_an_augmented_crop_still_shows_the_face(faces: list[Face]) -> None:
    image = faces[0].record.load()
    plain = face_crop(image, faces[0].box, 40, CONTEXT, BELOW).astype(float)
    correlations = []
    for number in range(30):
        crop = augment_crop(image, faces[0].box, 40, np.random.default_rng(number)).astype(float)
        both = (crop, crop[:, ::-1])
        correlations.append(max(np.corrcoef(c.ravel(), plain.ravel())[0, 1] for c in both))
    assert np.median(correlations) > 0.5


def test_covers_that_hide_the_mouth_have_their_own_target(faces: list[Face]) -> None:
    with_points, others = bare_and_other(faces)
    targets = {}
    for own_output in (True, False):
        sampler = CropSampler(
            [*with_points, *others], 32, seed=1, covers=0.5, covered_output=own_output
        )
        targets[own_output] = np.array([sampler.sample(n)[1] for n in range(60)])
    own, merged = targets[True], targets[False]
    assert own.shape == (60, 5)
    assert own.sum(axis=1) == pytest.approx(np.ones(60))
    covered = own.argmax(axis=1) == 4
    assert 15 < covered.sum() < 45
    # Without a mask in sight, no_mask is the most probable of the four classes.
    assert set(own[covered, :4].argmax(axis=1)) == {0}
    assert merged.shape == (60, 4)
    assert set(merged[covered].argmax(axis=1)) == {0}


def test_background_boxes_show_no_face_and_teach_no_class(
    faces: list[Face], tmp_path: Path
) -> None:
    image = tmp_path / "hall.png"
    cv2.imwrite(str(image), np.zeros((450, 600, 3), np.uint8))
    record = dataclasses.replace(
        faces[0].record, path=image, size=(600, 450), statuses=("no_mask", "ignore"),
        boxes=np.array([[300, 150, 40, 48], [200, 150, 40, 48]], np.float32),
    )  # fmt: skip
    labels = load_pseudo_labels([record], None, tmp_path / "none.npz")
    people = labeled_faces([record], None, 12.0) * 20
    boxes = background_boxes(people, labels, seed=1)
    assert len(boxes) > 10
    for found in boxes:
        assert (found.box[:2] >= 0).all()
        assert (found.box[:2] + found.box[2:] <= record.size).all()
        assert iom_matrix(found.box[None], record.boxes).max() <= 0.2
    crowd = dataclasses.replace(record, complete=False)
    assert background_boxes(labeled_faces([crowd], None, 12.0) * 20, labels, seed=1) == []
    sampler = CropSampler(faces, 32, seed=1, background=boxes, background_fraction=0.5)
    targets = np.array([sampler.sample(number)[1] for number in range(60)])
    assert 15 < (targets == 0.25).all(axis=1).sum() < 45
    assert targets.sum(axis=1) == pytest.approx(np.ones(60))


def test_lights_out_of_focus_are_bright_blurred_and_in_the_box() -> None:
    sharp = np.random.default_rng(0).integers(60, 120, (160, 160, 3), np.uint8)
    box = np.array([50, 50, 60, 60], np.float32)
    brighter = 0
    for number in range(20):
        lit = draw_blurred_lights(sharp, box, np.random.default_rng(number))
        assert lit.shape == sharp.shape and lit.dtype == np.uint8
        assert np.abs(np.diff(lit.astype(int), axis=1)).mean() < 6  # 20 before
        inside = lit[50:110, 50:110].mean()
        brighter += inside > lit[:20].mean() and lit.max() > lit[:20].mean() + 40
    assert brighter >= 15


def test_covers_are_drawn_on_the_face(faces: list[Face]) -> None:
    window = bare_and_other(faces)[0][0].window()
    for number in range(4):
        hidden = hide_mouth(window, np.random.default_rng(number))
        harmless = add_harmless_cover(window, True, np.random.default_rng(number))
        for image in (hidden, harmless):
            assert image.shape == window.image.shape
            assert (image != window.image).any()


def test_few_labeled_faces_are_taken_for_covered() -> None:
    logits = np.random.default_rng(0).normal(0, 2, (2000, 5))
    logits[:, 4] += 3.0
    logits[:, 4] += fit_covered_bias(logits)
    assert (logits.argmax(axis=1) == 4).mean() == pytest.approx(0.005, abs=0.001)
    rare = logits - np.array([0, 0, 0, 0, 9.0])
    assert fit_covered_bias(rare) == 0.0


def test_a_window_shows_what_the_image_shows(faces: list[Face]) -> None:
    for face in faces[:4]:
        window = face.window()
        crops = (
            face_crop(face.record.load(), face.box, 40, CONTEXT, BELOW),
            face_crop(window.image, window.box, 40, CONTEXT, BELOW),
        )
        assert np.abs(crops[0].astype(int) - crops[1]).mean() < 4


def test_the_calibration_is_found_again() -> None:
    random = np.random.default_rng(0)
    calibrated = random.normal(0, 2, (4000, 4))
    truth = np.array([random.choice(4, p=p) for p in softmax(calibrated, axis=1)])
    shift = np.array([0.5, -2.0, -1.0, 0.8])
    logits = (calibrated - 0.6 * shift) * 1.7
    temperature, bias = fit_calibration(logits, truth, shift)
    assert temperature == pytest.approx(1.7, rel=0.1)
    assert bias == pytest.approx(0.6 * shift, abs=0.25)
    assert log_loss(logits / temperature + bias, truth) < log_loss(logits, truth)

    # The exhaustive search over the documented grid gives exactly the same values.
    weights = 1 / np.sqrt(np.bincount(truth))[truth]
    losses = {
        (fraction, t): -np.average(
            log_softmax(logits / t + fraction * shift, axis=1)[np.arange(len(truth)), truth],
            weights=weights,
        )
        for fraction in np.linspace(0, 1, 21)
        for t in np.exp(np.linspace(np.log(0.3), np.log(4.0), 105))
    }
    fraction, best = min(losses, key=lambda key: losses[key])
    assert (temperature, *bias) == pytest.approx((best, *(fraction * shift)), abs=1e-12)


@pytest.mark.parametrize(
    "config",
    [
        # Missing values have the defaults of the shipped model.
        {"model": "mask_classifier", "size": 48, "alpha": 0.35, "synthetic_masks": 0.45,
         "loop": {"epochs": 10, "steps_per_epoch": 20, "batch_size": 8, "learning_rate": 1e-3}},
        ClassifierRecipe(size=32, backbone="plain", input="centered", head="8,4", covers=0).config,
    ],
)  # fmt: skip
def test_the_exported_network_gives_calibrated_probabilities(config: dict[str, Any]) -> None:
    optional("keras")
    size = config["size"]
    trained = from_config(config)
    names = output_classes(config)
    bias = [1.0, 0, 0, -1, -2][: len(names)]
    calibration = {"temperature": 2.0, "bias": bias}
    exported = deploy(trained, config, calibration)
    crops = np.random.default_rng(0).integers(0, 256, (2, size, size, 3)).astype(np.float32)
    logits = np.asarray(trained(crops))
    assert np.asarray(exported(crops)) == pytest.approx(
        softmax(logits / 2.0 + bias, axis=1), abs=1e-4
    )
    assert names[:4] == CLASS_LABELS
    assert names[4:] == (() if config.get("covers") == 0 else ("covered",))


def test_the_shipped_network_has_the_layers_of_the_shipped_weights() -> None:
    """Runs store weights by layer order, so a changed order would mix them up."""
    optional("keras")
    model = build_classifier(ClassifierRecipe(size=48, alpha=0.35))
    names = [layer.name for layer in model.layers if layer.weights]
    assert names[:3] == ["Conv1", "bn_Conv1", "expanded_conv_depthwise"]
    assert names[-5:] == ["block_12_project_BN", "head_conv", "head_norm", "head_place", "logits"]
    assert len(names) == 82


def test_a_run_can_be_trained_further(tmp_path: Path) -> None:
    keras = optional("keras")
    recipe = ClassifierRecipe(size=16, backbone="plain", head="4")
    first = build_classifier(recipe)
    save_weights(tmp_path / BEST, first.get_weights())
    (tmp_path / CONFIG).write_text(json.dumps(recipe.config))
    keras.utils.set_random_seed(9)
    further = build_classifier(recipe)
    load_pretrained(further, dataclasses.replace(recipe, weights=str(tmp_path)))
    for value, expected in zip(further.get_weights(), first.get_weights(), strict=True):
        assert np.array_equal(value, expected)
    fewer = dataclasses.replace(recipe, classes=3, weights=str(tmp_path))
    with pytest.raises(ValueError, match="holds another network or other classes"):
        load_pretrained(build_classifier(fewer), fewer)
