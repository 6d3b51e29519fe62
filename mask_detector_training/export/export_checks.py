# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a network's exported forms are asked: labeled pictures, prepared as the runtime does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from tqdm import tqdm

from mask_detector_ros.perception.face_detector import COLUMNS, FaceDetector, letterbox
from mask_detector_ros.perception.models import Model
from mask_detector_ros.perception.runtimes import Runtime
from mask_detector_ros.perception.types import FloatArray, Image
from mask_detector_training.classifier.classifier_data import Face, labeled_faces, truth_of
from mask_detector_training.classifier.classifier_model import classes_of
from mask_detector_training.classifier.classifier_training import SCORED_WIDTH, face_crops
from mask_detector_training.data.class_mapping import VIEWS, View
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.metrics import (
    Answers,
    average_precision,
    confusion,
    macro_f1,
    match,
)
from mask_detector_training.evaluation.predictions import Scene, scenes_of, scoring
from mask_detector_training.export.networks import Network

Item = TypeVar("Item")
EXAMPLES = 300
"""Pictures of train from which the scales of whole numbers are chosen."""
AT_ONCE = 4
"""Faces in one run, when a classifier is timed."""


@dataclass(frozen=True, eq=False)
class Said:
    """What a form of a network said of all pictures.

    Attributes:
        probabilities: all it answered, for the largest difference.
        faces: the faces found in each picture; of a classifier none.
    """

    probabilities: FloatArray
    faces: list[Answers]


class Check(Protocol):
    """How the forms of one network are compared."""

    figure: str
    """What ``accuracy`` is."""
    unit: str
    """One of what ``timed`` holds."""
    timed: Image
    """Pictures of one run."""

    def ask(self, runtime: Runtime, words: str) -> Said:
        """Show all pictures to a form, with a progress bar of these words."""
        ...

    def agreement(self, a: Said, b: Said) -> float:
        """Part of the answers that two forms have in common, 0..1."""
        ...

    def accuracy(self, said: Said) -> float:
        """How good answers are on the labels, 0..1."""
        ...

    def examples(self, records: Sequence[Record]) -> Iterator[Image]:
        """Some pictures of other records, as the network sees them, (H, W, 3) uint8."""
        ...


class ClassifierCheck:
    """Labeled faces, cut by their labeled boxes."""

    figure, unit = "macro F1", "face"

    def __init__(self, network: Network, records: Sequence[Record]) -> None:
        self._size = network.width
        names = classes_of(network.described)
        self._view: View = VIEWS[len(names)]
        faces = labeled_faces(records, None, SCORED_WIDTH, self._view)
        if not faces:
            raise ValueError(
                f"the pictures hold no labeled face of at least {SCORED_WIDTH:g} pixels to "
                "compare the files on; give more --pictures"
            )
        self._crops = face_crops(faces, self._size)
        self._truth = truth_of(faces, self._view)
        self.timed = self._crops[np.arange(AT_ONCE) % len(self._crops)]

    def ask(self, runtime: Runtime, words: str) -> Said:
        """See ``Check.ask``."""
        starts = range(0, len(self._crops), 8)
        rows = [runtime.run(self._crops[i : i + 8]) for i in tqdm(starts, words, leave=False)]
        return Said(np.concatenate(rows), [])

    def agreement(self, a: Said, b: Said) -> float:
        """Part of the faces for which both name the same class."""
        return float((a.probabilities.argmax(1) == b.probabilities.argmax(1)).mean())

    def accuracy(self, said: Said) -> float:
        """Macro F1."""
        answers = said.probabilities.argmax(1)
        return macro_f1(confusion(self._truth, answers, len(self._view.names)))

    def examples(self, records: Sequence[Record]) -> Iterator[Image]:
        """Faces of all classes alike: rare ones must not fall out of the range."""
        faces = labeled_faces(records, None, SCORED_WIDTH, self._view)
        chosen: list[Face] = []
        for label in range(len(self._view.names)):
            mine = [
                f for f, c in zip(faces, truth_of(faces, self._view), strict=True) if c == label
            ]
            chosen += spread(mine, EXAMPLES // len(self._view.names))
        for face in tqdm(chosen, "pictures for int8", leave=False):
            yield face_crops([face], self._size)[0]


class DetectorCheck:
    """Scenes with labeled faces."""

    figure, unit = "AP50", "frame"

    def __init__(self, network: Network, records: Sequence[Record]) -> None:
        self._records = scenes_of(records)
        self._threshold = float(network.entry["score_threshold"])
        entry = {k: v for k, v in network.entry.items() if k != "classes"}
        self._model = Model(network.name, "trial", network.width, network.height, {}, entry)
        self.timed = self._canvas(self._records[0])[np.newaxis]

    def _canvas(self, record: Record) -> Image:
        return letterbox(record.load(), self._model.width, self._model.height)[0]

    def ask(self, runtime: Runtime, words: str) -> Said:
        """See ``Check.ask``."""
        listening = _Listening(runtime)
        detector = FaceDetector(self._model, listening)
        settings = scoring(self._model)
        faces = [
            Scene(record, detector.detect(record.load(), settings)).answers
            for record in tqdm(self._records, words, leave=False)
        ]
        return Said(np.concatenate(listening.heard), faces)

    def agreement(self, a: Said, b: Said) -> float:
        """Part of the faces, at the chosen threshold, that both find (IoU >= 0.5)."""
        both, all_faces = 0, 0
        for one, other in zip(a.faces, b.faces, strict=True):
            one, other = one.above(self._threshold), other.above(self._threshold)
            nothing = np.zeros(len(one.boxes), bool)
            _, hits, _ = match([Answers(other.boxes, other.scores, one.boxes, nothing)])
            both += 2 * int(hits.sum())
            all_faces += len(one.boxes) + len(other.boxes)
        return both / all_faces if all_faces else 1.0

    def accuracy(self, said: Said) -> float:
        """Average precision at an overlap of 0.5."""
        return average_precision(said.faces)

    def examples(self, records: Sequence[Record]) -> Iterator[Image]:
        """Scenes in the frame the network sees."""
        for record in tqdm(spread(scenes_of(records), EXAMPLES), "pictures for int8", leave=False):
            yield self._canvas(record)


class _Listening:
    """A runtime that keeps the probabilities it answered, and answers as a face detector.

    How masks are worn is kept times the probability of a face: elsewhere it means nothing.
    """

    name = form = "listening"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.heard: list[FloatArray] = []

    def run(self, images: Image) -> FloatArray:
        """See ``Runtime.run``."""
        answer = self._runtime.run(images)
        face = answer[..., :1]
        self.heard.append(np.concatenate([face, face * answer[..., COLUMNS:]], axis=-1))
        return answer[..., :COLUMNS]


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """At most ``count`` items, evenly over all of them."""
    places = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[place] for place in places]


def check_of(network: Network, records: Sequence[Record]) -> Check:
    """How the forms of this network are compared."""
    detector = network.name == "face_detector"
    return DetectorCheck(network, records) if detector else ClassifierCheck(network, records)
