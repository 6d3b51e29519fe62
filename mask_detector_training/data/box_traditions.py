# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the boxes of each source differ from the teachers', and labels refitted to theirs.

Sources differ in what a face box contains: chin, hair, ears. A detector that learns from several
learns a mean of them, which fits none. Boxes on which both teachers agree follow one rule, so the
median difference to them is that of the source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import yaml

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_training.data.datasets import Record
from mask_detector_training.data.pseudo_labels import PseudoLabels, agreement
from mask_detector_training.data.teacher_files import TeacherFile
from mask_detector_training.markdown_text import table

TRADITIONS = Path(__file__).with_name("box_traditions.yaml")
"""The traditions of the data with which the shipped models were trained."""
MIN_WIDTH_PX = 14.0
"""Narrower labels are not measured: a pixel is too large a part of them."""
MIN_IOU = 0.3
"""IoU from which a labeled box and the teachers' one are of the same face."""
MIN_FACES = 30
"""Sources with fewer faces are not refitted."""


@dataclass(frozen=True)
class Tradition:
    """Medians of the teachers' boxes relative to the labeled ones of a source.

    Attributes:
        faces: number of faces measured.
        x, y: offset of the center, in units of the labeled width and height.
        width, height: factors of the sides.
    """

    faces: int
    x: float
    y: float
    width: float
    height: float

    def refit(self, boxes: FloatArray) -> FloatArray:
        """Labeled boxes (N, 4) xywh as the teachers would draw them."""
        sides = boxes[:, 2:]
        centers = boxes[:, :2] + sides / 2 + sides * (self.x, self.y)
        fitted = sides * (self.width, self.height)
        return np.concatenate([centers - fitted / 2, fitted], 1).astype(np.float32)


Pairs = Mapping[str, FloatArray]
"""By source: labeled boxes and the teachers' ones of the same faces, (N, 8)."""


def sample_sources(records: Iterable[Record], count: int) -> list[Record]:
    """Up to ``count`` images of each source that were labeled by eye, without whole heads."""
    of_source: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if not record.heads and record.scores is None:
            of_source[record.source].append(record)
    random = np.random.default_rng(1)
    return [
        found[row]
        for found in of_source.values()
        for row in np.sort(random.permutation(len(found))[:count])
    ]


def pair_boxes(records: Iterable[Record], detections: TeacherFile) -> Pairs:
    """The labeled boxes and those on which both teachers agree.

    Args:
        records: images labeled by eye, without whole heads.
        detections: of both teachers.
    """
    pairs: dict[str, list[FloatArray]] = defaultdict(list)
    for record in records:
        first, second = detections.detections(record.key)
        if second is None:
            continue
        agreed = agreement(first, second)
        wide = record.boxes[:, 2] >= MIN_WIDTH_PX
        labeled = record.boxes[wide & np.array([s != "ignore" for s in record.statuses], bool)]
        if not len(labeled) or not len(agreed.boxes):
            continue
        overlap = iou_matrix(labeled, agreed.boxes)
        for row, column in enumerate(overlap.argmax(1)):
            # Each is the best match of the other.
            if overlap[row, column] >= MIN_IOU and overlap[:, column].argmax() == row:
                pairs[record.source].append(np.concatenate([labeled[row], agreed.boxes[column]]))
    return {source: np.stack(found) for source, found in sorted(pairs.items())}


def measure_traditions(pairs: Pairs) -> dict[str, Tradition]:
    """The tradition of each source with at least ``MIN_FACES`` faces."""
    return {s: _measure(found) for s, found in pairs.items() if len(found) >= MIN_FACES}


def _measure(pairs: FloatArray) -> Tradition:
    labeled, found = pairs[:, :4], pairs[:, 4:]
    sides = labeled[:, 2:]
    offset = (found[:, :2] + found[:, 2:] / 2 - labeled[:, :2] - sides / 2) / sides
    factor = found[:, 2:] / sides
    medians = np.median(np.concatenate([offset, factor], 1), 0)
    return Tradition(len(pairs), *(round(float(value), 3) for value in medians))


def traditions_table(pairs: Pairs, traditions: Mapping[str, Tradition]) -> str:
    """The traditions as Markdown, with the median IoU before and after refitting."""
    rows: list[tuple[object, ...]] = []
    for source, boxes in pairs.items():
        labeled, found = boxes[:, :4], boxes[:, 4:]
        rule = traditions.get(source)
        before = _median_iou(labeled, found)
        if rule is None:
            rows.append((source, len(boxes), "", "", "", "", f"{before:.3f}", "too few faces"))
            continue
        values = (f"{value:.2f}" for value in (rule.x, rule.y, rule.width, rule.height))
        after = f"{_median_iou(rule.refit(labeled), found):.3f}"
        rows.append((source, len(boxes), *values, f"{before:.3f}", after))
    return table(
        ("source", "faces", "center x", "center y", "width", "height", "IoU", "IoU refitted"), rows
    )


def _median_iou(one: FloatArray, other: FloatArray) -> float:
    overlaps = [iou_matrix(a[None], b[None])[0, 0] for a, b in zip(one, other, strict=True)]
    return float(np.median(overlaps))


def write_traditions(file: Path, traditions: Mapping[str, Tradition]) -> None:
    """Write traditions as YAML."""
    rows = {source: asdict(rule) for source, rule in traditions.items()}
    write_atomically(file, yaml.safe_dump(rows, sort_keys=True))


def load_traditions(file: Path) -> dict[str, Tradition]:
    """Read traditions.

    Raises:
        ValueError: the file is missing or malformed.
    """
    if not file.is_file():
        raise ValueError(f"file of box traditions {file} does not exist")
    try:
        rows = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        return {str(source): Tradition(**row) for source, row in rows.items()}
    except (AttributeError, TypeError, yaml.YAMLError) as error:
        raise ValueError(f"file of box traditions {file} is malformed: {error}") from error


def refit_labels(
    labels: Mapping[str, PseudoLabels],
    records: Iterable[Record],
    traditions: Mapping[str, Tradition],
) -> dict[str, PseudoLabels]:
    """Pseudo-labels with the boxes that were labeled by eye refitted to the teachers' rule.

    Boxes of whole heads are the teachers' already; sources without a tradition stay as they are.
    """
    refitted = dict(labels)
    for record in records:
        rule = traditions.get(record.source)
        if rule is None or record.heads or record.scores is not None:
            continue
        before, count = refitted[record.key], len(record.boxes)
        boxes = np.concatenate([rule.refit(before.boxes[:count]), before.boxes[count:]])
        refitted[record.key] = replace(before, boxes=boxes)
    return refitted
