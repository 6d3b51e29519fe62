# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training the entries of a comparison, and what they answer afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.perception.runtimes.litert import LiteRtRuntime
from mask_detector_ros.perception.types import FloatArray, IntArray
from mask_detector_training.array_files import read_json, read_npz, save_npz
from mask_detector_training.classifier.classifier_data import truth_of
from mask_detector_training.classifier.classifier_training import (
    answers_of,
    face_crops,
    scored_faces,
    train_classifier,
)
from mask_detector_training.comparison.comparison_plan import Entry
from mask_detector_training.data.class_mapping import VIEWS, View
from mask_detector_training.data.datasets import Record, digest
from mask_detector_training.evaluation.calibration import CALIBRATION
from mask_detector_training.evaluation.inference_time import by_turns
from mask_detector_training.export.networks import load_network
from mask_detector_training.export.tflite import FLOAT16, as_float
from mask_detector_training.training_loop import CONFIG, HISTORY, SOURCES, changed_settings

TFLITE = "model.tflite"
BATCH = 4
ROUNDS = 100
CROPS = 64
"""How many faces are held at a time while they are told."""


@dataclass(frozen=True, eq=False)
class Trained:
    """One entry after its training.

    Attributes:
        entry: what was trained.
        history: one row of figures per epoch.
        truth: (N,) classes of the judged faces.
        probabilities: (N, classes), calibrated.
        parameters: numbers in the network.
        kilobytes: of the ``.tflite`` file with float16 weights.
        milliseconds: per face in a batch of four on one thread, NaN without LiteRT.
    """

    entry: Entry
    history: list[dict[str, Any]]
    truth: IntArray
    probabilities: FloatArray
    parameters: int
    kilobytes: float
    milliseconds: float = float("nan")

    @property
    def view(self) -> View:
        """The classes."""
        return VIEWS[self.entry.recipe.classes]


def train_entry(entry: Entry, data: Path, run: Path, **given: Any) -> None:
    """Train an entry in its run folder, go on with it, or leave it if it has ended.

    Args:
        entry: what to train.
        data: the data folder.
        run: the run folder.
        given: on to ``train_classifier``.

    Raises:
        ValueError: the folder holds a run of another recipe.
    """
    import keras

    config = run / CONFIG
    if config.is_file():
        kept = {k: v for k, v in read_json(config).items() if k != SOURCES}
        other = changed_settings(kept, entry.recipe.config)
        if other:
            raise ValueError(
                f"{run} holds {entry.name!r} with other settings ({', '.join(other)}); give the "
                "configuration another name, or remove that folder"
            )
        if (run / CALIBRATION).is_file():
            tqdm.write(f"{run} has ended")
            return
    keras.utils.clear_session()
    train_classifier(data, run, entry.recipe, resume=config.is_file(), **given)


def judge(
    runs: Sequence[tuple[Entry, Path]], records: Sequence[Record], split: str
) -> list[Trained]:
    """What every trained entry answers to the faces of some records, and what it costs.

    Args:
        runs: the entries and their run folders.
        records: of the faces.
        split: what they are called; answers are kept in the run folder under that name.
    """
    trained = [
        _answers(entry, run, records, split) for entry, run in tqdm(runs, "judging", unit="run")
    ]
    if LiteRtRuntime.missing() is not None:
        return trained
    works = {}
    for entry, run in runs:
        runtime = LiteRtRuntime(run / TFLITE, threads=1)
        size = entry.recipe.size
        crops = np.random.default_rng(0).integers(0, 256, (BATCH, size, size, 3), np.uint8)
        works[entry.name] = partial(runtime.run, crops)
    spent = by_turns(works, ROUNDS)
    return [replace(one, milliseconds=spent[one.entry.name] / BATCH) for one in trained]


def _answers(entry: Entry, run: Path, records: Sequence[Record], split: str) -> Trained:
    import keras

    path, asked = run / f"answers_{split}.npz", digest(records)
    stored = read_npz(path) if path.is_file() else {}
    # Answers to other pictures or labels are none. Earlier versions did not keep what was asked.
    if not stored or str(stored.get("asked", asked)) != asked:
        keras.utils.clear_session()
        model, view = load_network(run).model, VIEWS[entry.recipe.classes]
        faces = scored_faces(records, view)
        write_whole(run / TFLITE, as_float(model, FLOAT16))
        told = [
            answers_of(model, face_crops(faces[i : i + CROPS], entry.recipe.size))
            for i in range(0, len(faces), CROPS)
        ]
        stored = {
            "truth": truth_of(faces, view),
            "parameters": model.count_params(),
            "probabilities": np.concatenate(told),
            "asked": asked,
        }
        save_npz(path, **stored)
    lines = (run / HISTORY).read_text().splitlines()
    return Trained(
        entry=entry,
        history=[json.loads(line) for line in lines],
        truth=stored["truth"],
        probabilities=stored["probabilities"],
        parameters=int(stored["parameters"]),
        kilobytes=(run / TFLITE).stat().st_size / 1000,
    )
