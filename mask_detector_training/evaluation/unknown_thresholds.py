# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When the product should say that it cannot tell: its thresholds, chosen on labeled faces.

The labeled pictures show few faces that are really too poor. Every face is therefore seen
as it is and made smaller, blurred and darker, and the product's own measures are taken of
each. A gate is set where the faces just behind it are still told well enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from tqdm import tqdm

from mask_detector_ros.perception import frame_status
from mask_detector_ros.perception.face_detector import FaceDetector, iou_matrix
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_ros.perception.types import FloatArray, Image, IntArray
from mask_detector_training.classifier.classifier_data import Face, labeled_faces
from mask_detector_training.data.datasets import Record
from mask_detector_training.figures import figure

LARGE = 24.0
"""Pixels: faces at least this wide are made poorer, and decide about the confidence."""
WIDTHS = (8, 10, 12, 14, 16, 18, 20, 24, 28)
BLURS = (0.03, 0.05, 0.08, 0.12, 0.18)
"""Standard deviation of the blur in face widths."""
LIGHTS = (0.4, 0.2, 0.12, 0.08, 0.05, 0.03, 0.02)
"""Part of the light that is left; the sensor's noise stays what it was."""
NOISE = 2.5
"""Standard deviation of that noise, in gray values."""


class Gate(NamedTuple):
    """One quality setting: what it measures, on which faces it is chosen, its name in plots.

    ``sign`` is +1 where less is worse and -1 where more is.
    """

    measure: str
    sign: int
    faces: str
    title: str


NATURAL = "as they are"
GATES = {
    "min_width": Gate("width", +1, "smaller", "face width, pixels"),
    "min_sharpness": Gate("sharpness", +1, "blurred", "sharpness"),
    "min_brightness": Gate("brightness", +1, "darker", "mean gray value"),
    # Nothing turns a picture's faces aside; those that are have to do.
    "max_turn": Gate("turn", -1, NATURAL, "turn, eye distances"),
}


@dataclass(frozen=True, eq=False)
class Seen:
    """Faces as the product judges them; one row per face, all (N,).

    Attributes:
        width: of the face in pixels.
        sharpness, brightness, turn: as ``perception.quality`` measures them; NaN where the
            landmarks were not seen.
        confidence: probability of the likeliest class.
        right: 1 where that class is the labeled one, else 0.
        label: the labeled class.
        weight: what each face counts.
    """

    width: FloatArray
    sharpness: FloatArray
    brightness: FloatArray
    turn: FloatArray
    confidence: FloatArray
    right: FloatArray
    label: IntArray
    weight: FloatArray

    def where(self, chosen: np.ndarray) -> Seen:
        """The chosen rows; what they count stays."""
        return Seen(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def balanced(self) -> Seen:
        """The same rows, each counting one over the number of faces of its class.

        Most faces belong to two easy classes, which must not hide how the rare two are told.
        """
        return replace(self, weight=1 / np.bincount(self.label)[self.label])

    @property
    def precision(self) -> float:
        """Part told rightly, every face counted by its weight."""
        return float((self.right * self.weight).sum() / self.weight.sum())


def look(
    detector: FaceDetector, classifier: MaskClassifier, records: Sequence[Record]
) -> dict[str, Seen]:
    """Judge all labeled faces as they are, and made poorer in one way each.

    Returns:
        Faces under ``NATURAL``, ``smaller``, ``blurred`` and ``darker``.
    """
    rows: dict[str, list[list[float]]] = {gate.faces: [] for gate in GATES.values()}
    for record in tqdm(records, desc="faces made poorer", unit="picture"):
        faces = labeled_faces([record], None, 12.0)
        if not faces:
            continue
        image = record.load()
        for face, turned in zip(faces, _turns(detector, image, faces), strict=True):
            rows[NATURAL].append(_judge(classifier, image, face.box, face.label, turned))
            if face.box[2] >= LARGE:
                for way, poorer, box in _made_poorer(image, face.box):
                    rows[way].append(_judge(classifier, poorer, box, face.label, turned))
    seen = {}
    for way, part in rows.items():
        width, sharpness, brightness, turn, confidence, right, label = (
            np.array(part).reshape(-1, 7).T
        )
        seen[way] = Seen(
            width, sharpness, brightness, turn, confidence, right, label.astype(np.int64),
            np.ones(len(label)),
        ).balanced()  # fmt: skip
    return seen


def _turns(detector: FaceDetector, image: Image, faces: Sequence[Face]) -> FloatArray:
    """How far each labeled face is turned, by the landmarks of the detected one."""
    found = detector.detect(image, DetectorSettings(score_threshold=0.3))
    turns = np.full(len(faces), np.nan)
    if len(found):
        overlap = iou_matrix(np.stack([face.box for face in faces]), found.boxes)
        seen = overlap.max(1) >= 0.4
        turns[seen] = frame_status.turn(found.landmarks)[overlap.argmax(1)][seen]
    return turns


def _judge(
    classifier: MaskClassifier, image: Image, box: FloatArray, label: int, turn: float
) -> list[float]:
    crops = classifier.crop(image, box[np.newaxis])
    told = classifier.classify(crops)[0]
    gray = frame_status.inner_gray(crops[0], classifier.context, classifier.below)
    return [
        box[2], frame_status.sharpness(gray), gray.mean(), turn, told.max(), told.argmax() == label,
        label,
    ]  # fmt: skip


def _made_poorer(image: Image, box: FloatArray) -> Iterator[tuple[str, Image, FloatArray]]:
    """The face's surroundings, smaller, blurred or darker (said which), and its box there."""
    x, y, w, h = box
    margin = max(w, h)
    x0, y0 = max(0, int(x - margin)), max(0, int(y - margin))
    part = image[y0 : int(y + h + margin), x0 : int(x + w + margin)]
    inner = np.array([x - x0, y - y0, w, h])
    for width in WIDTHS:
        if width < w:
            size = [max(1, round(side * width / w)) for side in part.shape[1::-1]]
            small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
            yield "smaller", small, inner * np.tile(np.array(size) / part.shape[1::-1], 2)
    for blur in BLURS:
        yield "blurred", cv2.GaussianBlur(part, (0, 0), blur * w), inner
    random = np.random.default_rng(int(1000 * w))
    for light in LIGHTS:
        dark = part * light + random.normal(0, NOISE, part.shape)
        yield "darker", np.clip(dark + 0.5, 0, 255).astype(np.uint8), inner


def rising(values: FloatArray, weights: FloatArray) -> FloatArray:
    """The never falling sequence (N,) that fits weighted values best in squares.

    Pool adjacent violators (Ayer et al. 1955): neighbors in the wrong order share their mean.
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, members
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            (low, one, few), (high, other, more) = pools[-2:]
            pools[-2:] = [((low * one + high * other) / (one + other), one + other, few + more)]
    return np.repeat([mean for mean, _, _ in pools], [members for _, _, members in pools])


def precision_by(seen: Seen, gate: Gate) -> tuple[FloatArray, FloatArray]:
    """How well faces are told by what a gate measures, taking for granted: better is no worse.

    Returns:
        The measure, from the worst faces to the best, and the part of such faces that is told
        rightly, every class counted alike.
    """
    values = getattr(seen, gate.measure)
    known = ~np.isnan(values)
    order = np.argsort(gate.sign * values[known], kind="stable")
    right, weight = seen.right[known][order], seen.weight[known][order]
    return values[known][order], rising(right, weight)


def choose_confidence(seen: Seen, precision: float) -> float:
    """The least confidence from which on the told faces are right in that part of cases.

    Raises:
        ValueError: no confidence reaches it.
    """
    for confidence in np.arange(30, 100) / 100:
        told = seen.where(seen.confidence >= confidence)
        if len(told.right) and told.precision >= precision:
            return float(confidence)
    raise ValueError(
        f"no confidence makes {precision:.1%} of the told faces right; ask for less precision"
    )


def choose_gate(seen: Seen, gate: Gate, edge: float) -> float | None:
    """The loosest gate whose worst faces are right in that part of cases.

    None where even the worst faces of all are told that well, or where none are.
    """
    places, precision = precision_by(seen, gate)
    enough = np.flatnonzero(precision >= edge)
    if not len(enough) or enough[0] == 0:
        return None
    return float(places[enough[0]])


def choose(seen: dict[str, Seen], precision: float, edge: float) -> dict[str, float | None]:
    """All thresholds: the confidence on faces as they are, the gates on those it lets pass."""
    # Narrow faces have no say here, nor in how much a class counts.
    large = seen[NATURAL].where(seen[NATURAL].width >= LARGE).balanced()
    confidence = choose_confidence(large, precision)
    chosen: dict[str, float | None] = {"min_confidence": confidence}
    for name, gate in GATES.items():
        faces = seen[gate.faces]
        chosen[name] = choose_gate(faces.where(faces.confidence >= confidence), gate, edge)
    return chosen


def draw(path: Path, seen: dict[str, Seen], chosen: dict[str, float | None]) -> None:
    """Plot how well faces are told at every place a gate could have."""
    confidence = chosen["min_confidence"] or 0.0
    with figure(path, 9, 6, nrows=2, ncols=2, sharey=True) as axes:
        for panel, (name, gate) in zip(axes.flat, GATES.items(), strict=True):
            faces = seen[gate.faces]
            for least, label in ((0.0, "all"), (confidence, f"confidence ≥ {confidence:g}")):
                panel.step(*precision_by(faces.where(faces.confidence >= least), gate), label=label)
            place = chosen[name]
            if place is not None:
                panel.axvline(place, color="black", linestyle=":", label=f"{name} {place:.3g}")
            panel.set(xlabel=f"{gate.title} (faces {gate.faces})", ylabel="told rightly")
            panel.legend(loc="lower left" if gate.sign < 0 else "lower right")
