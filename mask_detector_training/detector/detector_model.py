# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The face detector network: anchor-free, with predictions on three grids of cells."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.detector.detector_recipe import STRIDES

WIDTH, HEIGHT = 640, 480
INPUT_SCALE = 1 / 128


@dataclass(frozen=True)
class DetectorSize:
    """Channels and depth of the network; the defaults are the shipped network's.

    Attributes:
        stem: channels after the first convolution (stride 2).
        stages: (channels, blocks after the first, kernel) at strides 4, 8, 16, 32.
        neck: channels of the feature pyramid and heads.
    """

    stem: int = 16
    stages: tuple[tuple[int, int, int], ...] = ((32, 1, 3), (64, 2, 3), (96, 3, 5), (128, 2, 5))
    neck: int = 48


def grid_cells(width: int, height: int) -> FloatArray:
    """Centers and strides of all grid cells, (N, 3) float32 ``x, y, stride`` in pixels."""
    grids = []
    for stride in STRIDES:
        rows, columns = np.mgrid[0 : height // stride, 0 : width // stride]
        centers = (np.stack([columns, rows], -1).reshape(-1, 2) + 0.5) * stride
        grids.append(np.concatenate([centers, np.full((len(centers), 1), stride)], 1))
    return np.concatenate(grids).astype(np.float32)


def build_detector(
    width: int = WIDTH,
    height: int = HEIGHT,
    size: DetectorSize | None = None,
    *,
    deployed: bool = False,
    wear_status: bool = False,
) -> Any:
    """The network as a Keras model of BGR images (B, height, width, 3) with values of 0 to 255.

    It returns one row per cell: (B, cells, 15), or (B, cells, 19) with ``wear_status``.

    Args:
        width, height: size of the images, pixels.
        size: channels and depth; the shipped network's if None.
        deployed: build the network for export. Its rows hold the face score, the distances to
            the four sides of the box and the offsets of five landmarks, in pixels. The input
            scale is left to the first convolution (see ``fold_input_scale``). Otherwise build
            the network for training: face logit, log distances and offsets in strides. Layers
            with weights have the same names in both.
        wear_status: also predict the wear status, in four more columns: probabilities if
            ``deployed``, else logits. No other layer depends on these, so that a network
            without them can take the weights of one that has them.
    """
    from keras import Model, layers

    size = size or DetectorSize()

    numbers = count()

    def name(kind: str) -> str:
        # The names connect both networks; see ``copy_weights``.
        return f"{kind}_{next(numbers)}"

    def norm(x: Any) -> Any:
        return layers.BatchNormalization(momentum=0.97, epsilon=1e-3, name=name("norm"))(x)

    def pointwise(x: Any, channels: int) -> Any:
        return norm(layers.Conv2D(channels, 1, use_bias=False, name=name("pointwise"))(x))

    def depthwise(x: Any, kernel: int, stride: int = 1) -> Any:
        conv = layers.DepthwiseConv2D(
            kernel, stride, padding="same", use_bias=False, name=name("depthwise")
        )
        return layers.ReLU()(norm(conv(x)))

    def block(x: Any, channels: int, kernel: int = 3, stride: int = 1) -> Any:
        y = pointwise(depthwise(x, kernel, stride), channels)
        if stride == 1 and x.shape[-1] == channels:
            y = layers.Add()([y, x])
        return layers.ReLU()(y)

    inputs = layers.Input((height, width, 3), name="image")
    x = inputs if deployed else layers.Rescaling(INPUT_SCALE)(inputs)
    x = layers.Conv2D(size.stem, 3, 2, padding="same", use_bias=False, name="stem")(x)
    x = layers.ReLU()(norm(x))
    features = []
    for channels, depth, kernel in size.stages:
        x = block(x, channels, stride=2)
        for _ in range(depth):
            x = block(x, channels, kernel)
        features.append(x)
    levels = [layers.ReLU()(pointwise(f, size.neck)) for f in features[1:]]
    for upper in (1, 0):
        above = layers.UpSampling2D(2, interpolation="nearest")(levels[upper + 1])
        levels[upper] = block(layers.Add()([levels[upper], above]), size.neck)
    heads: list[list[Any]] = []
    # Low initial scores, so that the many background cells do not dominate the first steps
    # (Lin et al., 2017, "Focal Loss for Dense Object Detection").
    prior = "zeros" if deployed else _constant(-4.0)
    for level, stride in zip(levels, STRIDES, strict=True):
        shared = block(level, size.neck)
        face = layers.Conv2D(1, 1, bias_initializer=prior, name=f"face_{stride}")(
            depthwise(shared, 3)
        )
        geometry = depthwise(shared, 3)
        box = layers.Conv2D(4, 1, name=f"box_{stride}")(geometry)
        points = layers.Conv2D(10, 1, name=f"points_{stride}")(geometry)
        if deployed:
            face = layers.Activation("sigmoid")(face)
            box = layers.Rescaling(float(stride))(layers.Activation("exponential")(box))
            points = layers.Rescaling(float(stride))(points)
        heads.append([shared, face, box, points])
    outputs = []
    for (shared, *columns), stride in zip(heads, STRIDES, strict=True):
        if wear_status:
            status = layers.Conv2D(len(CLASS_LABELS), 1, name=f"status_{stride}")(
                depthwise(shared, 5)
            )
            columns.append(layers.Softmax()(status) if deployed else status)
        row = layers.Concatenate()(columns)
        outputs.append(layers.Reshape((row.shape[1] * row.shape[2], row.shape[3]))(row))
    return Model(inputs, layers.Concatenate(axis=1)(outputs), name="face_detector")


def copy_weights(source: Any, target: Any) -> None:
    """Copy to every layer of ``target`` the weights of the layer of the same name."""
    for layer in target.layers:
        if layer.weights:
            layer.set_weights(source.get_layer(layer.name).get_weights())


def _constant(value: float) -> Any:
    from keras import initializers

    return initializers.Constant(value)


def fold_input_scale(trained: Any, deployed: Any) -> None:
    """Copy trained weights into a network for export and fold the input scale into them.

    Exact, because the first convolution has no bias and pads with zeros.
    """
    copy_weights(trained, deployed)
    stem = deployed.get_layer("stem")
    stem.set_weights([stem.get_weights()[0] * INPUT_SCALE])
