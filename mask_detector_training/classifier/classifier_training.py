# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the mask classifier, from label files to calibrated weights."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from mask_detector_training.classifier.backbones import freeze
from mask_detector_training.classifier.background_boxes import background_boxes
from mask_detector_training.classifier.classifier_data import face_classes, labeled_faces
from mask_detector_training.classifier.classifier_losses import build_loss
from mask_detector_training.classifier.classifier_model import build_classifier
from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.classifier.classifier_validation import (
    ValidationSet,
    predict,
    scored_faces,
)
from mask_detector_training.classifier.crop_sampler import (
    MIN_TRAINED_WIDTH_PX,
    CropSampler,
    draw_synthetic_mask,
)
from mask_detector_training.classifier.pretrained import load_pretrained, starts_from_run
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.data.datasets import Record
from mask_detector_training.data.pseudo_labels import (
    PSEUDO_LABELS,
    describe_sources,
    load_pseudo_labels,
)
from mask_detector_training.data.sample_stream import stream_batches
from mask_detector_training.data.training_data import check_classes, load_training_data
from mask_detector_training.distribution import Distribution
from mask_detector_training.evaluation.calibration import calibrate_classifier
from mask_detector_training.synthesis.mesh_cache import FACE_MESHES, load_face_meshes
from mask_detector_training.training_loop import (
    CHECKPOINT,
    SOURCES,
    EpochScore,
    TrainingLoop,
)
from mask_detector_training.weight_blending import blend, blended_weights, keep_earlier


def train_classifier(
    data: Path,
    run: Path,
    recipe: ClassifierRecipe,
    *,
    teacher: Path | None = None,
    pseudo_labels: Path | None = None,
    resume: bool = False,
    workers: int = 2,
    tensorboard: bool = False,
    skip_faulty: bool = False,
    corrections: bool = True,
    face_mesh: Path | None = None,
    distribution: Distribution | None = None,
) -> None:
    """Train on ``faces``, ``crops`` and what is for training only; choose and calibrate on val.

    Args:
        data: the data folder.
        run: the run folder, for checkpoints, history, best weights and calibration.
        recipe: the network and its training.
        teacher: YuNet's ONNX file, for pseudo-labels: landmarks, and face boxes of heads.
        pseudo_labels: file of the pseudo-labels; in the run folder if None.
        resume: continue an earlier run with the same settings.
        workers: number of threads that prepare samples.
        tensorboard: also write the history for TensorBoard.
        skip_faulty: leave out images whose labels or files have faults, instead of refusing.
        corrections: correct the labels for which there is a correction.
        face_mesh: model of face meshes, along which half of the masks and covers are drawn;
            without it all are placed by landmarks. Its results are stored beside the
            pseudo-labels.
        distribution: the devices and processes that train together; one device if None.

    Raises:
        ValueError: the data, the weights or the run folder cannot be used.
    """
    import keras

    mapping, size = CLASS_MAPPINGS[recipe.classes], recipe.size
    distribution = distribution or Distribution()
    train, val = load_training_data(data, skip_faulty=skip_faulty, corrections=corrections)
    val_faces, pseudo_labels = scored_faces(val, mapping), pseudo_labels or run / PSEUDO_LABELS
    train_faces = labeled_faces(train, None, MIN_TRAINED_WIDTH_PX, mapping)
    for split, found in (("training", train_faces), ("val", val_faces)):
        names = (mapping.names[index] for index in face_classes(found, mapping))
        check_classes(split, names, mapping, train)
    keras.utils.set_random_seed(recipe.loop.seed)
    with distribution.scope():
        model = build_classifier(recipe)
    if recipe.blend < 1 and not starts_from_run(recipe.weights):
        raise ValueError(
            f"blend is {recipe.blend:g}, which needs the weights of a whole network; give the run "
            "folder of an earlier training as --weights"
        )
    if not (run / CHECKPOINT).is_file():
        load_pretrained(model, recipe, data)
    freeze(model, recipe.trainable)
    loss = build_loss(recipe.loss)
    with distribution.scope():
        accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
    sources = describe_sources([*train, *val], teacher, pseudo_labels, run)
    loop = TrainingLoop(
        run, model, loss, recipe.loop,
        {**recipe.config, SOURCES: {**sources, "face_mesh": face_mesh is not None}},
        metrics=[accuracy], tensorboard=tensorboard, distribution=distribution,
    )  # fmt: skip
    loop.start(resume)
    if recipe.blend < 1:
        distribution.on_chief(lambda: keep_earlier(run, model.get_weights()))
    train, val = (_with_classes(records, mapping) for records in (train, val))
    refined = distribution.chief_first(
        lambda: load_pseudo_labels([*train, *val], teacher, pseudo_labels)
    )
    meshes = None
    if face_mesh is not None:
        file, mesh_model = pseudo_labels.parent / FACE_MESHES, face_mesh
        meshes = distribution.chief_first(
            lambda: load_face_meshes(train, refined, file, mesh_model)
        )
    train_faces = labeled_faces(train, refined, MIN_TRAINED_WIDTH_PX, mapping, meshes)
    val_faces = scored_faces(val, mapping, refined)
    mask_drawer = draw_synthetic_mask if recipe.synthetic_masks > 0 else None
    sampler = CropSampler(
        train_faces, size, recipe.loop.seed, mask_drawer, recipe.synthetic_masks, mapping,
        recipe.covers, recipe.has_covered,
        background_boxes(train_faces, refined, recipe.loop.seed), recipe.background,
    )  # fmt: skip
    validation = ValidationSet.load(val_faces, train_faces, mapping, size)
    batches = stream_batches(
        sampler.sample, loop.step, recipe.loop.batch_size,
        (size, size, 3), (len(recipe.outputs),), workers, distribution.shard,
    )  # fmt: skip

    def evaluate() -> EpochScore:
        loop.scored.set_weights(blend(run, recipe.config, loop.scored.get_weights()))
        return validation.score(loop.scored, loss)

    loop.train(batches, evaluate)

    def calibrate() -> None:
        loop.scored.set_weights(blended_weights(run, recipe.config))
        temperature, bias = validation.fit_calibration(predict(loop.scored, validation.crops))
        tqdm.write(f"calibrated on val: {calibrate_classifier(run, temperature, bias)}")

    distribution.on_chief(calibrate)


def _with_classes(records: list[Record], mapping: ClassMapping) -> list[Record]:
    """The images in which some face has a class."""
    return [r for r in records if any(status in mapping.class_of for status in r.statuses)]
