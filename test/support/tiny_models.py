# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny models with known predictions for the tests of the commands.

The face detector reports cells of 32x32 pixels with red in them as faces; the score rises with
the red. The classifier predicts CORRECT for faces with blue in them, else NO_MASK. ``paint``
draws such faces. The models are ONNX files, encoded here byte by byte.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import yaml

WIDTH, HEIGHT, CELL, HALF = 640, 480, 32, 24
RANDOM = np.random.default_rng(5)


def paint(*faces: tuple[int, int, bool, int]) -> np.ndarray:
    """An image, (480, 640, 3) uint8 BGR, with a face for each (column, row, masked, red)."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for column, row, masked, red in faces:
        face = np.full((CELL, CELL, 3), (200 if masked else 0, 0, red), np.int16)
        face += RANDOM.integers(-25, 26, (CELL, CELL, 1))  # noise: blurred faces are not classified
        y, x = row * CELL, column * CELL
        image[y : y + CELL, x : x + CELL] = face.clip(0, 255)
    return image


def face_box(column: int, row: int) -> list[float]:
    """The detected box of a painted face: x, y, w, h in pixels."""
    return [CELL * (column + 0.5) - HALF, CELL * (row + 0.5) - HALF, 2.0 * HALF, 2.0 * HALF]


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    value = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _node(kind: str, inputs: list[str], output: str, **lists: list[int] | int) -> bytes:
    node = b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, kind)
    for name, value in lists.items():
        if isinstance(value, int):
            attribute = _field(1, name) + _field(3, value) + _field(20, 2)
        else:
            packed = b"".join(_field(8, item) for item in value)
            attribute = _field(1, name) + packed + _field(20, 7)
        node += _field(5, attribute)
    return _field(1, node)


def _tensor(name: str, values: np.ndarray) -> bytes:
    kind = {"float32": 1, "int64": 7}[values.dtype.name]
    dims = b"".join(_field(1, size) for size in values.shape)
    tensor = dims + _field(2, kind) + _field(8, name) + _field(9, values.tobytes())
    return _field(5, tensor)


def _value(number: int, name: str, shape: list[int | str]) -> bytes:
    dims = b"".join(
        _field(1, _field(1, size) if isinstance(size, int) else _field(2, size)) for size in shape
    )
    tensor_type = _field(1, 1) + _field(2, dims)
    return _field(number, _field(1, name) + _field(2, _field(1, tensor_type)))


def _model(*parts: bytes) -> bytes:
    graph = b"".join(parts) + _field(2, "tiny")
    return _field(1, 8) + _field(8, _field(2, 13)) + _field(7, graph)


def _detector() -> bytes:
    cells = (WIDTH // CELL) * (HEIGHT // CELL)
    weights = np.zeros((15, 3, 1, 1), np.float32)
    weights[0, :, 0, 0] = 0.0, -1 / 200, 1 / 200
    bias = np.array([0.0, *[HALF] * 4, -6, -4, 6, -4, 0, 2, -5, 8, 5, 8], np.float32)
    return _model(
        _node("AveragePool", ["in"], "cells", kernel_shape=[CELL] * 2, strides=[CELL] * 2),
        _node("Conv", ["cells", "w", "b"], "grid", kernel_shape=[1, 1]),
        _node("Reshape", ["grid", "shape"], "flat"),
        _node("Transpose", ["flat"], "out", perm=[0, 2, 1]),
        _tensor("w", weights),
        _tensor("b", bias),
        _tensor("shape", np.array([-1, 15, cells], np.int64)),
        _value(11, "in", [1, 3, HEIGHT, WIDTH]),
        _value(12, "out", [1, cells, 15]),
    )


def _classifier() -> bytes:
    weights = np.zeros((4, 3, 1, 1), np.float32)
    weights[0, 0], weights[3, 0] = -0.1, 0.1
    bias = np.array([4.0, -4.0, -4.0, -4.0], np.float32)
    return _model(
        _node("AveragePool", ["in"], "mean", kernel_shape=[32, 32], strides=[32, 32]),
        _node("Conv", ["mean", "w", "b"], "logits", kernel_shape=[1, 1]),
        _node("Flatten", ["logits"], "flat", axis=1),
        _node("Softmax", ["flat"], "out", axis=1),
        _tensor("w", weights),
        _tensor("b", bias),
        _value(11, "in", ["N", 3, 32, 32]),
        _value(12, "out", ["N", 4]),
    )


def write_models(folder: Path) -> Path:
    """Write both models and their manifest; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    models: dict[str, dict[str, Any]] = {
        "face_detector": {
            "version": "test",
            "input": {"width": WIDTH, "height": HEIGHT},
            "strides": [CELL],
        },
        "mask_classifier": {
            "version": "test",
            "input": {"width": 32, "height": 32, "context": 1.2},
            "classes": ["no_mask", "below_mouth", "nose_exposed", "correct"],
        },
    }
    for name, data in (("face_detector", _detector()), ("mask_classifier", _classifier())):
        (folder / f"{name}.onnx").write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        models[name]["files"] = {"onnx": {"path": f"{name}.onnx", "sha256": digest}}
    (folder / "manifest.yaml").write_text(yaml.safe_dump({"models": models}))
    return folder
