# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training and evaluation of the entries of a comparison."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mask_detector_ros.arrays import FloatArray, IntArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_ros.perception.mask_classifier import split_covered
from mask_detector_ros.perception.runtimes.litert import LiteRtRuntime
from mask_detector_training.array_files import read_json, read_npz, save_npz
from mask_detector_training.classifier.classifier_data import crop_faces, face_classes
from mask_detector_training.classifier.classifier_training import train_classifier
from mask_detector_training.classifier.classifier_validation import predict, scored_faces
from mask_detector_training.comparison.comparison_plan import Entry
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.data.datasets import Record, digest
from mask_detector_training.evaluation.calibration import CALIBRATION
from mask_detector_training.evaluation.inference_time import time_interleaved
from mask_detector_training.export.networks import load_network
from mask_detector_training.export.tflite import FLOAT16, as_float
from mask_detector_training.training_loop import CONFIG, HISTORY, SOURCES, changed_settings

TFLITE = "model.tflite"
BATCH = 4
ROUNDS = 100
FACES_PER_BATCH = 64
"""Face crops held in memory at a time."""


@dataclass(frozen=True, eq=False)
class TrainedEntry:
    """A trained entry with its predictions and costs.

    Attributes:
        entry: the entry.
        history: training history, one row per epoch.
        truth: (N,) true classes of the faces in the evaluation.
        probabilities: (N, classes), calibrated.
        parameters: number of parameters of the network.
        kilobytes: size of the ``.tflite`` file with float16 weights.
        milliseconds: per face in a batch of four on one thread; NaN without LiteRT.
    """

    entry: Entry
    history: list[dict[str, Any]]
    truth: IntArray
    probabilities: FloatArray
    parameters: int
    kilobytes: float
    milliseconds: float = float("nan")

    @property
    def mapping(self) -> ClassMapping:
        """The classes of the entry."""
        return CLASS_MAPPINGS[self.entry.recipe.classes]

    @property
    def predicted(self) -> IntArray:
        """(N,) predicted classes."""
        return np.asarray(self.probabilities.argmax(1))


def train_entry(entry: Entry, data: Path, run: Path, **options: Any) -> None:
    """Train an entry in its run folder, or resume its training; do nothing if it is finished.

    Args:
        entry: the entry.
        data: the data folder.
        run: the run folder.
        options: passed to ``train_classifier``.

    Raises:
        ValueError: the folder holds a run with other settings.
    """
    import keras

    config = run / CONFIG
    if config.is_file():
        stored = {k: v for k, v in read_json(config).items() if k != SOURCES}
        changed = changed_settings(stored, entry.recipe.config)
        if changed:
            raise ValueError(
                f"{run} holds {entry.name!r} with other settings ({', '.join(changed)}); give the "
                "configuration another name, or remove that folder"
            )
        if (run / CALIBRATION).is_file():
            tqdm.write(f"{run} is finished")
            return
    keras.utils.clear_session()
    train_classifier(data, run, entry.recipe, resume=config.is_file(), **options)


def evaluate_entries(
    runs: Sequence[tuple[Entry, Path]], records: Sequence[Record], split: str
) -> list[TrainedEntry]:
    """Predictions of all trained entries, and their inference times.

    Args:
        runs: the entries and their run folders.
        records: labeled images.
        split: name of the images; the run folders keep the predictions under it.
    """
    trained = [
        _evaluate(entry, run, records, split) for entry, run in tqdm(runs, "evaluating", unit="run")
    ]
    if LiteRtRuntime.missing_dependency() is not None:
        return trained
    calls = {}
    for entry, run in runs:
        runtime = LiteRtRuntime(run / TFLITE, threads=1)
        size = entry.recipe.size
        crops = np.random.default_rng(0).integers(0, 256, (BATCH, size, size, 3), np.uint8)
        calls[entry.name] = partial(runtime.run, crops)
    times = time_interleaved(calls, ROUNDS)
    return [replace(one, milliseconds=times[one.entry.name] / BATCH) for one in trained]


def _evaluate(entry: Entry, run: Path, records: Sequence[Record], split: str) -> TrainedEntry:
    import keras

    path, labels = run / f"predictions_{split}.npz", digest(records)
    stored = read_npz(path) if path.is_file() else {}
    # Stored predictions are valid for the same images and labels only.
    if str(stored.get("labels", "")) != labels:
        keras.utils.clear_session()
        model, mapping = load_network(run).model, CLASS_MAPPINGS[entry.recipe.classes]
        faces = scored_faces(records, mapping)
        write_atomically(run / TFLITE, as_float(model, FLOAT16))
        probabilities = [
            predict(model, crop_faces(faces[i : i + FACES_PER_BATCH], entry.recipe.size))
            for i in range(0, len(faces), FACES_PER_BATCH)
        ]
        stored = {
            "truth": face_classes(faces, mapping),
            "parameters": model.count_params(),
            "probabilities": split_covered(np.concatenate(probabilities), len(mapping.names))[0],
            "labels": labels,
        }
        save_npz(path, **stored)
    lines = (run / HISTORY).read_text().splitlines()
    return TrainedEntry(
        entry=entry,
        history=[json.loads(line) for line in lines],
        truth=stored["truth"],
        probabilities=stored["probabilities"],
        parameters=int(stored["parameters"]),
        kilobytes=(run / TFLITE).stat().st_size / 1000,
    )
