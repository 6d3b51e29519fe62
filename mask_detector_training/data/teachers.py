# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Teachers: existing face detectors whose detections complete the labels.

* YuNet (Wu et al., 2023, "YuNet: A Tiny Millisecond-level Face Detector"; MIT license), with
  landmarks.
* CenterFace (Xu et al., 2019, "CenterFace: Joint Face Detection and Alignment Using Face as Point";
  MIT license), stronger for small faces.

YuNet's weights are also the initial ones of the face detector (``detector.yunet_weights``);
CenterFace's are part of no model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, Image, IntArray
from mask_detector_ros.perception.face_detector import iou_matrix, letterbox

SIDE = 640
STRIDES = (8, 16, 32)
OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES)
NMS_IOU = 0.45
TILE_FRACTION = 0.6
"""Size of the tiles on which small faces are searched, as a fraction of the image."""
CENTERFACE_OUTPUTS = ("537", "538", "539", "540")
"""Heatmap, log size, offset and landmarks, each with one row and column per four pixels."""
CENTERFACE_STRIDE = 4
CENTERFACE_SIDES = (640, 1280)
"""Longer sides to which an image is scaled; the second only where faces may be missing."""
CENTERFACE_THRESHOLD = 0.3


def _read_network(path: Path, name: str, outputs: tuple[str, ...], option: str) -> Any:
    """A teacher as an OpenCV network.

    Raises:
        ValueError: the file is missing, damaged or another network; names ``option``.
    """
    if not path.is_file():
        raise ValueError(f"{name}'s weights {path} do not exist; check {option}")
    try:
        net = cv2.dnn.readNetFromONNX(str(path))
        missing = set(outputs) - set(net.getUnconnectedOutLayersNames())
    except cv2.error as error:
        raise ValueError(f"{path} is damaged or not an ONNX file; check {option}") from error
    if missing:
        raise ValueError(f"{path} is not {name}: it has no output {min(missing)}; check {option}")
    return net


def read_yunet(path: Path, option: str) -> Any:
    """YuNet as an OpenCV network, from ``yunet_2023mar_640.onnx``.

    Raises:
        ValueError: the file is missing, damaged or another network; names ``option``.
    """
    return _read_network(path, "YuNet", OUTPUTS, option)


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

    @classmethod
    def nothing(cls) -> DetectedFaces:
        """No detections."""
        return cls.from_rows(np.zeros((0, 15), np.float32))

    def __getitem__(self, chosen: BoolArray | IntArray) -> DetectedFaces:
        """Some of the detections: those for which a mask (N,) is true, or those of rows."""
        return DetectedFaces(self.boxes[chosen], self.scores[chosen], self.landmarks[chosen])

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
        return _without_overlapping(np.concatenate(found), self._threshold)


class CenterFace:
    """CenterFace on whole images, and enlarged where small faces may be missing."""

    def __init__(self, weights: Path, option: str = "--second-teacher") -> None:
        """Load ``centerface.onnx``.

        Raises:
            ValueError: the file is missing or is not CenterFace; names ``option``.
        """
        self._net = _read_network(weights, "CenterFace", CENTERFACE_OUTPUTS, option)

    def detect(self, image: Image, expected: FloatArray) -> DetectedFaces:
        """Detect the faces of an image (H, W, 3) uint8 BGR.

        Args:
            image: the image.
            expected: (N, 4) faces that another teacher found. If one of them is not found, the
                image is enlarged.
        """
        rows = self._run(image, CENTERFACE_SIDES[0])
        if len(expected) and (
            not len(rows) or (iou_matrix(expected, rows[:, :4]).max(1) < NMS_IOU).any()
        ):
            rows = np.concatenate([rows, self._run(image, CENTERFACE_SIDES[1])])
        return _without_overlapping(rows, CENTERFACE_THRESHOLD)

    def _run(self, image: Image, longer: int) -> FloatArray:
        """One forward pass; rows of box, score and landmarks (N, 15) in pixels of ``image``."""
        sides = np.array(image.shape[1::-1])
        width, height = (int(v) for v in np.ceil(sides * longer / sides.max() / 32) * 32)
        self._net.setInput(cv2.dnn.blobFromImage(image, size=(width, height), swapRB=True))
        outputs = self._net.forward(CENTERFACE_OUTPUTS)
        heat, log_size, offset, points = (output[0] for output in outputs)
        row, column = np.nonzero(heat[0] >= CENTERFACE_THRESHOLD)
        # Each pair is row, column: height before width.
        size = np.exp(log_size[:, row, column])[::-1].T * CENTERFACE_STRIDE
        cell = np.stack([column, row], 1) + 0.5 + offset[:, row, column][::-1].T
        corner = cell * CENTERFACE_STRIDE - size / 2
        relative = points[:, row, column].T.reshape(-1, 5, 2)[..., ::-1]
        landmarks = corner[:, None] + relative * size[:, None]
        scale = sides / (width, height)
        return np.concatenate(
            [
                corner * scale,
                size * scale,
                heat[0][row, column][:, None],
                (landmarks * scale).reshape(-1, 10),
            ],
            1,
        ).astype(np.float32)


def _without_overlapping(rows: FloatArray, threshold: float) -> DetectedFaces:
    """The detections with the highest scores of those that overlap, from rows (N, 15)."""
    kept = cv2.dnn.NMSBoxes(rows[:, :4].tolist(), rows[:, 4].tolist(), threshold, NMS_IOU)
    return DetectedFaces.from_rows(rows[np.asarray(kept, np.int64).reshape(-1)])
