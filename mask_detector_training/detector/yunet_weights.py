# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Initial weights of the face detector from YuNet.

YuNet: Wu et al. (2023), "YuNet: A Tiny Millisecond-level Face Detector"; its weights
``yunet_2023mar_640.onnx`` have the MIT license and were trained on WIDER FACE (Yang et al., 2016).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.detector.detector_model import INPUT_SCALE
from mask_detector_training.detector.detector_recipe import STRIDES

KINDS = ("cls", "bbox", "obj", "kps")
"""YuNet's predictions, in the order of its file."""
CLASS_CHANNEL, BOX, OBJECT_CHANNEL, POINTS = 0, slice(1, 5), 5, slice(6, 16)
"""Their channels in the hidden layer of a head, side by side in this order."""


def find_weights(name: str, data: Path) -> Path:
    """The file of initial weights, also relative to the data folder; it may not exist."""
    return Path(name) if Path(name).is_file() else data / name


def load_yunet(model: Any, file: Path) -> None:
    """Set the weights of a detector for training of the default size to YuNet's.

    The network then detects what YuNet detects: the logit of a face is the mean of YuNet's two
    logits, where YuNet takes the geometric mean of two probabilities. Columns of the wear status
    keep their initial weights.

    Args:
        model: the network from ``build_detector``.
        file: ``yunet_2023mar_640.onnx``.

    Raises:
        ValueError: the file is missing, damaged or another network, or the model has another size.
    """
    convolutions = _convolutions(file)
    kernel, bias = next(convolutions)
    # The file's kernels are for pixel values of 0 to 255.
    _set(model, "stem", kernel / INPUT_SCALE, bias)
    units = [
        layer.name.removesuffix("_pointwise")
        for layer in model.layers
        if layer.name.startswith("stage") and layer.name.endswith("_pointwise")
    ]
    for unit in [*units, *(f"neck_{stride}" for stride in reversed(STRIDES))]:
        for part in ("pointwise", "depthwise"):
            _set(model, f"{unit}_{part}", *next(convolutions))
    heads: dict[tuple[int, str], list[tuple[FloatArray, FloatArray]]] = {}
    for _ in KINDS:
        for stride in STRIDES:
            for part in ("pointwise", "depthwise"):
                heads.setdefault((stride, part), []).append(next(convolutions))
    for (stride, part), kinds in heads.items():
        axis = -1 if part == "pointwise" else -2
        kernel = np.concatenate([kernel for kernel, _ in kinds], axis)
        _set(model, f"head_{stride}_{part}", kernel, np.concatenate([bias for _, bias in kinds]))
    for stride in STRIDES:
        _set_outputs(model, stride)


def _set_outputs(model: Any, stride: int) -> None:
    """Set the last layers of a head so that they pass YuNet's predictions on."""
    identity = np.eye(POINTS.stop)
    logit = (identity[:, CLASS_CHANNEL] + identity[:, OBJECT_CHANNEL])[:, np.newaxis] / 2
    # YuNet's offsets are from a cell's corner, and its first convolution starts a pixel earlier.
    shift = 1 / stride - 0.5
    box = identity[:, BOX]
    for name, matrix, offset in (
        ("face", logit, 0.0),
        ("center", box[:, :2], shift),
        ("size", box[:, 2:], 0.0),
        ("points", identity[:, POINTS], shift),
    ):
        kernel = matrix[np.newaxis, np.newaxis]
        _set(model, f"{name}_{stride}", kernel, np.full(matrix.shape[1], offset))


def _set(model: Any, name: str, kernel: FloatArray, bias: FloatArray) -> None:
    layer = model.get_layer(name)
    expected = [tuple(weight.shape) for weight in layer.weights]
    if expected != [kernel.shape, bias.shape]:
        raise ValueError(
            f"layer {name} has weights of shape {expected[0]} and YuNet {kernel.shape}; its "
            "weights fit a detector of the default size only"
        )
    layer.set_weights([kernel, bias])


def _convolutions(file: Path) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Kernels in the order of Keras, and biases, of all convolutions of an ONNX file.

    Raises:
        ValueError: the file is missing, damaged or not YuNet.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load(str(file)).graph
    except FileNotFoundError as error:
        raise ValueError(f"YuNet's weights {file} do not exist; check --weights") from error
    except OSError as error:
        raise ValueError(f"{file} cannot be read ({error.strerror}); check --weights") from error
    except DecodeError as error:
        raise ValueError(f"{file} is damaged or not an ONNX file; check --weights") from error
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    if len(nodes) != 53:
        raise ValueError(
            f"{file} has {len(nodes)} convolutions and YuNet (2023mar) has 53; check --weights"
        )
    for node in nodes:
        kernel, bias = stored[node.input[1]], stored[node.input[2]]
        groups = next(a.i for a in node.attribute if a.name == "group")
        # ONNX: output, input per group, rows, columns. Keras: rows, columns, input, output; a
        # depthwise convolution has one output per input.
        depthwise = groups == len(kernel) and kernel.shape[2] > 1
        yield kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(2, 3, 1, 0), bias
