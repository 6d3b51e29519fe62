# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an existing detector (YuNet, MIT) sees in the training pictures: boxes and landmarks.

Only its answers are used, as landmarks of labeled faces and as places where a face may be
that nobody labeled; none of its weights end up in a model.
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

from mask_detector_ros.perception.face_detector import iou_matrix, letterbox
from mask_detector_ros.perception.types import FloatArray, Image
from mask_detector_training.array_files import read_npz, save_npz
from mask_detector_training.data.datasets import Record, digest

LOG = logging.getLogger(__name__)
LESSONS = "lessons.npz"
"""Where the answers are kept in a run folder."""
SIDE = 640
STRIDES = (8, 16, 32)
OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES)


def read_yunet(path: Path, option: str) -> Any:
    """YuNet as a network of OpenCV, from ``yunet_2023mar_640.onnx``.

    Raises:
        ValueError: the file is missing, damaged or another network; ``option`` named it.
    """
    if not path.is_file():
        raise ValueError(f"YuNet's weights {path} do not exist; check {option}")
    try:
        net = cv2.dnn.readNetFromONNX(str(path))
        other = set(OUTPUTS) - set(net.getUnconnectedOutLayersNames())
    except cv2.error as error:
        raise ValueError(f"{path} is damaged or no ONNX file; check {option}") from error
    if other:
        raise ValueError(f"{path} is not YuNet: it does not answer {min(other)}; check {option}")
    return net


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces of one picture: boxes (N, 4) xywh, scores (N,), landmarks (N, 5, 2), pixels."""

    boxes: FloatArray
    scores: FloatArray
    landmarks: FloatArray


class Teacher:
    """YuNet on whole pictures and, enlarged, on their overlapping quarters."""

    def __init__(self, weights: Path, score_threshold: float = 0.4) -> None:
        """Load ``yunet_2023mar_640.onnx``.

        Raises:
            ValueError: the file is missing or is not YuNet.
        """
        self._net = read_yunet(weights, "--teacher")
        self._threshold = score_threshold

    def _look(self, image: Image) -> FloatArray:
        """One forward pass; rows of box, score, landmarks (N, 15) in pixels of ``image``."""
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

    def faces(self, image: Image) -> Faces:
        """Find the faces of one (H, W, 3) picture at two scales."""
        rows, columns = image.shape[:2]
        found = [self._look(image)]
        # Small pictures are enlarged enough as they are.
        tiled = max(rows, columns) >= SIDE // 3
        h, w = round(rows * 0.6), round(columns * 0.6)
        for top in (0, rows - h) if tiled else ():
            for left in (0, columns - w):
                part = self._look(np.ascontiguousarray(image[top : top + h, left : left + w]))
                part[:, 5::2] += left
                part[:, 6::2] += top
                part[:, :2] += (left, top)
                # A face cut by the tile's inner edge is seen whole elsewhere.
                cut = (
                    ((part[:, 0] < left + 2) & (left > 0))
                    | ((part[:, 1] < top + 2) & (top > 0))
                    | ((part[:, 0] + part[:, 2] > left + w - 2) & (left + w < columns))
                    | ((part[:, 1] + part[:, 3] > top + h - 2) & (top + h < rows))
                )
                found.append(part[~cut])
        all_faces = np.concatenate(found)
        kept = cv2.dnn.NMSBoxes(
            all_faces[:, :4].tolist(), all_faces[:, 4].tolist(), self._threshold, 0.45
        )
        all_faces = all_faces[np.asarray(kept, np.int64).reshape(-1)]
        return Faces(
            boxes=all_faces[:, :4],
            scores=all_faces[:, 4],
            landmarks=all_faces[:, 5:].reshape(-1, 5, 2),
        )


@dataclass(frozen=True, eq=False)
class Taught:
    """A record's faces as training uses them.

    Attributes:
        boxes: (N, 4) xywh pixels; the labeled boxes first, refitted where they took in
            the head, then what only the teacher saw.
        landmarks: (N, 5, 2) pixels, NaN where the teacher did not see the face.
        ignore: (N,) bool, neither a face nor background to the detector.
        statuses: N words; ``ignore`` for what only the teacher saw.
    """

    boxes: FloatArray
    landmarks: FloatArray
    ignore: np.ndarray
    statuses: tuple[str, ...]


def teach(record: Record, seen: Faces) -> Taught:
    """Match the teacher's faces of one record with its labels."""
    boxes = record.boxes.copy()
    count, extra = len(boxes), len(seen.boxes)
    landmarks = np.full((count, 5, 2), np.nan, np.float32)
    ignore = np.array([s == "ignore" for s in record.statuses], bool)
    used = np.zeros(extra, bool)
    if count and extra:
        overlap = iou_matrix(boxes, seen.boxes)
        if record.heads:
            overlap = np.maximum(overlap, _inside(seen.boxes, boxes).T * 0.5)
        while overlap.max() >= 0.35:
            row, column = np.unravel_index(np.argmax(overlap), overlap.shape)
            overlap[row, :] = overlap[:, column] = 0
            used[column] = True
            landmarks[row] = seen.landmarks[column]
            if record.heads:
                boxes[row] = seen.boxes[column]
    if record.heads:
        # A head whose face the teacher missed gives no trustworthy box.
        ignore |= np.isnan(landmarks[:, 0, 0])
    loose = ~used & (seen.scores >= 0.5)
    if count and extra:
        loose &= iou_matrix(seen.boxes, record.boxes).max(1) < 0.35
    return Taught(
        boxes=np.concatenate([boxes, seen.boxes[loose]]).astype(np.float32),
        landmarks=np.concatenate([landmarks, seen.landmarks[loose]]).astype(np.float32),
        ignore=np.concatenate([ignore, np.ones(int(loose.sum()), bool)]),
        statuses=(*record.statuses, *("ignore",) * int(loose.sum())),
    )


def _inside(inner: FloatArray, outer: FloatArray) -> FloatArray:
    """How much of each inner box lies in each outer box, (N, M) in [0, 1]."""
    a, b = inner[:, None], outer[None]
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    shared = np.prod(np.clip(high - low, 0, None), -1)
    return shared / np.maximum(np.prod(a[..., 2:], -1), 1e-6)


def described_sources(
    records: Sequence[Record], weights: Path | None, cache: Path
) -> dict[str, Any]:
    """What a run learns from, for its configuration: it must not be resumed with other things.

    Args:
        records: of train and val; the best weights are those for val.
        weights, cache: as for ``load_lessons``.
    """
    taught = weights is not None or cache.is_file()
    return {"teacher or lessons": taught, "labels": digest(records)}


def load_lessons(records: Sequence[Record], weights: Path | None, cache: Path) -> dict[str, Taught]:
    """What the teacher says of every record, read from or kept in ``cache`` (``.npz``).

    Without weights and without a cache the labels stand alone: no landmarks, and heads
    are ignored.
    """
    seen: dict[str, Faces] = {}
    if cache.is_file():
        stored = read_npz(cache, "rows", "starts", "keys")
        rows, starts, keys = stored["rows"], stored["starts"], stored["keys"]
        for key, start, stop in zip(keys, starts[:-1], starts[1:], strict=True):
            part = rows[start:stop]
            seen[str(key)] = Faces(part[:, :4], part[:, 4], part[:, 5:].reshape(-1, 5, 2))
    missing = [r for r in records if r.key not in seen]
    nothing = Faces(
        np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32)
    )
    if missing and weights is None:
        LOG.warning(
            "no teacher: %d pictures train without landmarks, and no masks are drawn on them, "
            "whatever --dressed says",
            len(missing),
        )
    elif missing and weights is not None:
        teacher = Teacher(weights)
        for record in tqdm(missing, desc="teacher", unit="picture"):
            seen[record.key] = teacher.faces(record.load())
        keys_out = sorted(seen)
        parts = [seen[k] for k in keys_out]
        flat = [
            np.concatenate([p.boxes, p.scores[:, None], p.landmarks.reshape(-1, 10)], 1)
            for p in parts
        ]
        save_npz(
            cache,
            rows=np.concatenate(flat).astype(np.float32),
            starts=np.cumsum([0, *(len(p.boxes) for p in parts)]),
            keys=np.array(keys_out),
        )
    return {r.key: teach(r, seen.get(r.key, nothing)) for r in records}
