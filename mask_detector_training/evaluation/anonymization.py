# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether people are recognizable in annotated images, for each ``annotate.blur``.

A closed-set identification: an attacker has one photo of each of N people, the gallery, and
looks for the most similar one to a face in an annotated image. The photo is the same one that
was annotated, but for a change as between two frames of a video: no other photo of a person is
as easy to match. The result is the rank-1 identification rate, the fraction of faces for which the
most similar photo is that of the right person; guessing finds 1/N.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.annotator import annotate
from mask_detector_ros.perception.pipeline_settings import AnnotateSettings
from mask_detector_ros.perception.types import Detections, WearStatus
from mask_detector_training.data.datasets import Record

WIDTHS_PX = (24, 64, 112, 200)
KINDS = {"bare": WearStatus.NO_MASK, "masked": WearStatus.CORRECT}
PEOPLE = 150
MIN_WIDTH_PX = 48.0
"""Narrower labeled faces are left out: enlarged, they would show nothing."""
PIXEL_CELLS = 24
"""Side of the images that pixels are compared in."""
GALLERY_SCALE = 1.07
GALLERY_NOISE = 3.0
GALLERY_SHIFT = 0.03
"""Standard deviation of the boxes of two frames, in face widths."""

Embed = Callable[[Sequence[Image]], FloatArray]
"""Faces, each (H, W, 3) uint8 BGR -> (N, D) embeddings; similar ones are of one person."""


@dataclass(frozen=True)
class Mode:
    """One way to hide a face: ``annotate.blur``, and whether it is a low-confidence detection."""

    blur: str
    low_confidence: bool = False

    def __str__(self) -> str:
        return f"{self.blur}, low confidence" if self.low_confidence else self.blur


MODES = (Mode("face"), Mode("face", low_confidence=True), Mode("eyes"), Mode("off"))


@dataclass(frozen=True, eq=False)
class Face:
    """One person: an image (H, W, 3) uint8 BGR, the face box (4,) xywh and its status."""

    image: Image
    box: FloatArray
    status: WearStatus

    @property
    def inside(self) -> bool:
        """Whether the whole box lies in the image."""
        height, width = self.image.shape[:2]
        x, y, w, h = self.box
        return bool(x >= 0 and y >= 0 and x + w <= width and y + h <= height)

    def scaled(self, width: float) -> Face:
        """The image in which the face is ``width`` pixels wide."""
        scale = width / float(self.box[2])
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        image = cv2.resize(self.image, None, fx=scale, fy=scale, interpolation=interpolation)
        return Face(np.asarray(image, np.uint8), self.box * np.float32(scale), self.status)

    def another_frame(self, random: np.random.Generator) -> Face:
        """The same face a moment later: other noise, a slightly different scale and box."""
        face = self.scaled(float(self.box[2]) * GALLERY_SCALE)
        noise = random.normal(0, GALLERY_NOISE, face.image.shape)
        image = np.clip(face.image + noise, 0, 255).astype(np.uint8)
        shift = random.normal(0, GALLERY_SHIFT, 4) * face.box[2]
        return Face(image, (face.box + shift).astype(np.float32), face.status)

    def hidden(self, mode: Mode) -> Face:
        """As in an annotated image, without labels."""
        face = Detections.of_boxes(self.box[np.newaxis], np.ones(1, np.float32))
        face = face.with_(status=np.array([self.status], np.int8))
        settings = AnnotateSettings(mode.blur, labels=False)
        if mode.low_confidence:
            return replace(self, image=annotate(self.image, Detections.empty(), settings, face))
        return replace(self, image=annotate(self.image, face, settings))

    def crop(self) -> Image:
        """What an attacker compares: the face box."""
        x, y, w, h = (float(v) for v in self.box)
        size = (max(1, round(w)), max(1, round(h)))
        return np.asarray(cv2.getRectSubPix(self.image, size, (x + w / 2, y + h / 2)), np.uint8)


def select_faces(records: Iterable[Record], status: WearStatus, people: int) -> list[Face]:
    """Up to ``people`` faces of a status, alone in their image, one of each duplicate group."""
    faces: dict[str, Face] = {}
    for record in records:
        if len(faces) == people:
            break
        alone = len(record.boxes) == 1 and record.statuses[0] == status.label
        if alone and record.boxes[0, 2] >= MIN_WIDTH_PX and record.group not in faces:
            face = Face(record.load(), record.boxes[0], status)
            if face.inside:
                faces[record.group] = face
    return list(faces.values())


def pixel_embedding(crops: Sequence[Image]) -> FloatArray:
    """The attacker without a recognizer: small color images, compared by their correlation."""
    size = (PIXEL_CELLS, PIXEL_CELLS)
    small = [cv2.resize(crop, size, interpolation=cv2.INTER_AREA).reshape(-1) for crop in crops]
    flat = np.array(small, np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6))


def rank_1(probes: FloatArray, gallery: FloatArray) -> float:
    """Fraction of the probes (N, D) whose nearest row of the gallery (N, D) is their own."""
    distances = np.linalg.norm(probes[:, np.newaxis] - gallery[np.newaxis], axis=-1)
    return float((distances.argmin(axis=1) == np.arange(len(probes))).mean())


def identification_rates(
    faces: Sequence[Face],
    widths: Sequence[int],
    modes: Sequence[Mode],
    attackers: dict[str, Embed],
) -> dict[str, dict[str, float]]:
    """Rank-1 identification rates.

    Args:
        faces: one of each person.
        widths: face widths in the annotated images, pixels.
        modes: ways to hide the faces.
        attackers: embeddings by name.

    Returns:
        By mode and width: the rate of each attacker, with a gallery of photos as they are, and
        with a gallery to which the attacker did the same as the annotated image.
    """
    table: dict[str, dict[str, float]] = {}
    photos = [face.another_frame(np.random.default_rng(n)) for n, face in enumerate(faces)]
    plain = [photo.crop() for photo in photos]
    galleries = {name: embed(plain) for name, embed in attackers.items()}
    for mode in modes:
        for width in widths:
            probes = [face.scaled(width).hidden(mode).crop() for face in faces]
            hidden = [photo.scaled(width).hidden(mode).crop() for photo in photos]
            rates = table[f"{mode}, {width} px"] = {}
            for name, embed in attackers.items():
                embedded = embed(probes)
                rates[f"{name}, photos"] = rank_1(embedded, galleries[name])
                rates[f"{name}, photos hidden the same way"] = rank_1(embedded, embed(hidden))
    return table


def measure_anonymization(
    records: Sequence[Record], attackers: dict[str, Embed], people: int = PEOPLE
) -> dict[str, dict[str, dict[str, Any]]]:
    """``identification_rates`` by kind of face, bare or masked, with the number of people.

    Raises:
        ValueError: there are fewer than two people of a kind.
    """
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for kind, status in KINDS.items():
        faces = select_faces(records, status, people)
        if len(faces) < 2:
            raise ValueError(
                f"{len(faces)} images of one {status.label} face of at least {MIN_WIDTH_PX:g} "
                "pixels; at least 2 people are needed"
            )
        rates = identification_rates(faces, WIDTHS_PX, MODES, attackers)
        tables[f"{kind} faces, {len(faces)} people"] = dict(rates)
    return tables
