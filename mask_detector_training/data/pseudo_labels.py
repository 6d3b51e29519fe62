# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pseudo-labels: face boxes and landmarks that a teacher detector finds in the training images.

The teacher is YuNet (Wu et al., 2023, "YuNet: A Tiny Millisecond-level Face Detector"; MIT
license). Its landmarks complete the labeled faces, its boxes replace boxes around whole heads,
and faces that only it finds are ignored in training. None of its weights are part of a model.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from mask_detector_ros.arrays import BoolArray, FloatArray, Image
from mask_detector_ros.perception.face_detector import iou_matrix, letterbox
from mask_detector_training.array_files import read_npz, save_npz
from mask_detector_training.data.datasets import Record
from mask_detector_training.data.run_labels import labels_of_run

LOG = logging.getLogger(__name__)
PSEUDO_LABELS = "pseudo_labels.npz"
"""File of the teacher's detections in a run folder."""
SIDE = 640
STRIDES = (8, 16, 32)
OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES)
NMS_IOU = 0.45
TILE_FRACTION = 0.6
"""Size of the tiles on which small faces are searched, as a fraction of the image."""
MIN_IOU = 0.35
"""IoU from which a detection is matched with a labeled face."""
MIN_IGNORED_SCORE = 0.5
"""Score from which an unmatched detection is kept as an ignored face."""


def read_yunet(path: Path, option: str) -> Any:
    """YuNet as an OpenCV network, from ``yunet_2023mar_640.onnx``.

    Raises:
        ValueError: the file is missing, damaged or another network; names ``option``.
    """
    if not path.is_file():
        raise ValueError(f"YuNet's weights {path} do not exist; check {option}")
    try:
        net = cv2.dnn.readNetFromONNX(str(path))
        missing = set(OUTPUTS) - set(net.getUnconnectedOutLayersNames())
    except cv2.error as error:
        raise ValueError(f"{path} is damaged or not an ONNX file; check {option}") from error
    if missing:
        raise ValueError(f"{path} is not YuNet: it has no output {min(missing)}; check {option}")
    return net


@dataclass(frozen=True, eq=False)
class DetectedFaces:
    """Detections in one image.

    Attributes:
        boxes: (N, 4) xywh in pixels.
        scores: (N,).
        landmarks: (N, 5, 2) in pixels.
    """

    boxes: FloatArray
    scores: FloatArray
    landmarks: FloatArray

    @classmethod
    def from_rows(cls, rows: FloatArray) -> DetectedFaces:
        """Detections from rows of box, score and landmarks, (N, 15)."""
        return cls(rows[:, :4], rows[:, 4], rows[:, 5:].reshape(-1, 5, 2))

    @property
    def rows(self) -> FloatArray:
        """Rows of box, score and landmarks, (N, 15)."""
        landmarks = self.landmarks.reshape(-1, 10)
        return np.concatenate([self.boxes, self.scores[:, None], landmarks], 1)


class YuNet:
    """YuNet on whole images and, enlarged, on four overlapping tiles of them."""

    def __init__(
        self, weights: Path, score_threshold: float = 0.4, option: str = "--teacher"
    ) -> None:
        """Load ``yunet_2023mar_640.onnx``.

        Raises:
            ValueError: the file is missing or is not YuNet; names ``option``.
        """
        self._net = read_yunet(weights, option)
        self._threshold = score_threshold

    def _run(self, image: Image) -> FloatArray:
        """One forward pass; rows of box, score and landmarks (N, 15) in pixels of ``image``."""
        canvas, scale = letterbox(image, SIDE, SIDE)
        self._net.setInput(cv2.dnn.blobFromImage(canvas))
        outputs = dict(zip(OUTPUTS, self._net.forward(OUTPUTS), strict=True))
        rows = []
        for stride in STRIDES:
            cells = SIDE // stride
            row, column = np.divmod(np.arange(cells * cells), cells)
            cell = np.stack([column, row], 1).astype(np.float32)
            score = np.sqrt(
                np.clip(outputs[f"cls_{stride}"][0, :, 0], 0, 1)
                * np.clip(outputs[f"obj_{stride}"][0, :, 0], 0, 1)
            )
            box = outputs[f"bbox_{stride}"][0]
            center = (cell + box[:, :2]) * stride
            size = np.exp(box[:, 2:]) * stride
            points = (outputs[f"kps_{stride}"][0].reshape(-1, 5, 2) + cell[:, None]) * stride
            found = np.concatenate(
                [center - size / 2, size, score[:, None], points.reshape(-1, 10)], 1
            )
            rows.append(found[score >= self._threshold])
        faces = np.concatenate(rows)
        faces[:, :4] /= scale
        faces[:, 5:] /= scale
        return faces

    def detect(self, image: Image, *, tiles: bool = True) -> DetectedFaces:
        """Detect the faces of an image (H, W, 3) uint8 BGR at two scales; whole without tiles."""
        rows, columns = image.shape[:2]
        found = [self._run(image)]
        # Smaller images are enlarged enough without tiles.
        tiled = tiles and max(rows, columns) >= SIDE // 3
        h, w = round(rows * TILE_FRACTION), round(columns * TILE_FRACTION)
        for top in (0, rows - h) if tiled else ():
            for left in (0, columns - w):
                part = self._run(np.ascontiguousarray(image[top : top + h, left : left + w]))
                part[:, 5::2] += left
                part[:, 6::2] += top
                part[:, :2] += (left, top)
                # A face cut by an inner edge of the tile is whole in another tile or the image.
                cut = (
                    ((part[:, 0] < left + 2) & (left > 0))
                    | ((part[:, 1] < top + 2) & (top > 0))
                    | ((part[:, 0] + part[:, 2] > left + w - 2) & (left + w < columns))
                    | ((part[:, 1] + part[:, 3] > top + h - 2) & (top + h < rows))
                )
                found.append(part[~cut])
        faces = np.concatenate(found)
        kept = cv2.dnn.NMSBoxes(
            faces[:, :4].tolist(), faces[:, 4].tolist(), self._threshold, NMS_IOU
        )
        return DetectedFaces.from_rows(faces[np.asarray(kept, np.int64).reshape(-1)])


@dataclass(frozen=True, eq=False)
class PseudoLabels:
    """The faces of a labeled image, completed with the teacher's detections.

    Attributes:
        boxes: (N, 4) xywh in pixels; the labeled faces first, then those that only the teacher
            found. Boxes of whole heads are replaced by the teacher's box of the face.
        landmarks: (N, 5, 2) in pixels, NaN where the teacher did not find the face.
        ignored: (N,) bool, neither a face nor background for the detector.
        statuses: N statuses; ``ignore`` for the faces that only the teacher found.
        scores: (N,) in [0, 1], how certain it is that each is a face: 1 where it was labeled by
            eye, the teachers' score elsewhere.
    """

    boxes: FloatArray
    landmarks: FloatArray
    ignored: BoolArray
    statuses: tuple[str, ...]
    scores: FloatArray


def match_detections(record: Record, found: DetectedFaces) -> PseudoLabels:
    """Match the teacher's detections in an image with its labels, greedily by IoU."""
    boxes = record.boxes.copy()
    labeled, detected = len(boxes), len(found.boxes)
    landmarks = np.full((labeled, 5, 2), np.nan, np.float32)
    ignored = np.array([s == "ignore" for s in record.statuses], bool)
    used = np.zeros(detected, bool)
    if labeled and detected:
        overlap = iou_matrix(boxes, found.boxes)
        if record.heads:
            overlap = np.maximum(overlap, _fraction_inside(found.boxes, boxes).T * 0.5)
        while overlap.max() >= MIN_IOU:
            row, column = np.unravel_index(np.argmax(overlap), overlap.shape)
            overlap[row, :] = overlap[:, column] = 0
            used[column] = True
            landmarks[row] = found.landmarks[column]
            if record.heads:
                boxes[row] = found.boxes[column]
    if record.heads:
        # Without a detection the box of the face inside the head is unknown.
        ignored |= np.isnan(landmarks[:, 0, 0])
    extra = ~used & (found.scores >= MIN_IGNORED_SCORE)
    if labeled and detected:
        extra &= iou_matrix(found.boxes, record.boxes).max(1) < MIN_IOU
    count = int(extra.sum())
    scores = np.ones(labeled, np.float32) if record.scores is None else record.scores
    return PseudoLabels(
        boxes=np.concatenate([boxes, found.boxes[extra]]).astype(np.float32),
        landmarks=np.concatenate([landmarks, found.landmarks[extra]]).astype(np.float32),
        ignored=np.concatenate([ignored, np.ones(count, bool)]),
        statuses=(*record.statuses, *("ignore",) * count),
        scores=np.concatenate([scores, found.scores[extra]]).astype(np.float32),
    )


def _fraction_inside(inner: FloatArray, outer: FloatArray) -> FloatArray:
    """Fraction of each inner box inside each outer box, (N, M) in [0, 1]."""
    a, b = inner[:, None], outer[None]
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    shared = np.prod(np.clip(high - low, 0, None), -1)
    return shared / np.maximum(np.prod(a[..., 2:], -1), 1e-6)


def describe_sources(
    records: Sequence[Record], weights: Path | None, file: Path, run: Path
) -> dict[str, Any]:
    """What identifies the training data, for ``config.json``: a run resumes with the same only.

    Args:
        records: of train and val; the best weights are chosen on val.
        weights, file: as for ``load_pseudo_labels``.
        run: the run folder; see ``labels_of_run``.

    Raises:
        ValueError: labels are new or changed since the start of the run.
    """
    has_pseudo_labels = weights is not None or file.is_file()
    return {"pseudo_labels": has_pseudo_labels, "labels": labels_of_run(run, records)}


def load_pseudo_labels(
    records: Sequence[Record], weights: Path | None, file: Path
) -> dict[str, PseudoLabels]:
    """The pseudo-labels of every record, by ``Record.key``.

    The teacher runs on the records that ``file`` lacks, and its detections are added to it.
    With neither weights nor file there are no landmarks, and whole heads are ignored.

    Args:
        records: the labeled images.
        weights: YuNet's ONNX file.
        file: ``.npz`` file of the teacher's detections.

    Raises:
        ValueError: a file cannot be used.
    """
    found: dict[str, DetectedFaces] = {}
    if file.is_file():
        stored = read_npz(file, "rows", "starts", "keys")
        starts = stored["starts"]
        for key, start, stop in zip(stored["keys"], starts[:-1], starts[1:], strict=True):
            found[str(key)] = DetectedFaces.from_rows(stored["rows"][start:stop])
    missing = [r for r in records if r.key not in found]
    if missing and weights is None:
        LOG.warning(
            "no --teacher: %d images train without landmarks and without synthetic masks, "
            "whatever --synthetic-masks is",
            len(missing),
        )
    elif missing and weights is not None:
        teacher = YuNet(weights)
        for record in tqdm(missing, desc="pseudo-labels", unit="image"):
            found[record.key] = teacher.detect(record.load())
        keys = sorted(found)
        parts = [found[key].rows for key in keys]
        save_npz(
            file,
            rows=np.concatenate(parts).astype(np.float32),
            starts=np.cumsum([0, *map(len, parts)]),
            keys=np.array(keys),
        )
    nothing = DetectedFaces.from_rows(np.zeros((0, 15), np.float32))
    return {r.key: match_detections(r, found.get(r.key, nothing)) for r in records}
