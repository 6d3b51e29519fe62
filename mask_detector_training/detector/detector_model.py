# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The face detector network: anchor-free, with predictions on three grids of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.detector.detector_recipe import STRIDES

WIDTH, HEIGHT = 640, 480
INPUT_SCALE = 1 / 128


@dataclass(frozen=True)
class DetectorSize:
    """Channels of the network; the defaults are the shipped network's.

    Attributes:
        stem: channels after the first convolution (stride 2).
        stages: output channels of the units at strides 2, 4, 8, 16 and 32; the units at stride 2
            follow the stem, each further stage begins with a max pooling.
        neck: channels of the feature pyramid; those of the last three stages too, as they are
            added.
        head: channels of the hidden layer of the predictions.
    """

    stem: int = 16
    stages: tuple[tuple[int, ...], ...] = ((16,), (16, 32, 32, 64), (64, 64), (64, 64), (64, 64))
    neck: int = 64
    head: int = 16


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

    The layers are those of YuNet (Wu et al., 2023, "YuNet: A Tiny Millisecond-level Face
    Detector"), whose weights can be its initial ones (see ``yunet_weights``).

    It returns one row per cell: (B, cells, 15), or (B, cells, 19) with ``wear_status``.

    Args:
        width, height: size of the images, pixels.
        size: channels; the shipped network's if None.
        deployed: build the network for export. Its rows hold the face score, the distances to
            the four sides of the box and the offsets of five landmarks, in pixels. The input
            scale is left to the first convolution (see ``fold_input_scale``). Otherwise build
            the network for training: face logit; offset of the box's center and log of its width
            and height; offsets of the landmarks, all in strides. Layers with weights have the
            same names in both.
        wear_status: also predict the wear status, in four more columns: probabilities if
            ``deployed``, else logits. No other layer depends on these, so that a network
            without them can take the weights of one that has them.
    """
    from keras import Model, layers

    size = size or DetectorSize()

    def unit(x: Any, channels: int, name: str) -> Any:
        x = layers.Conv2D(channels, 1, name=f"{name}_pointwise")(x)
        x = layers.DepthwiseConv2D(3, padding="same", name=f"{name}_depthwise")(x)
        return layers.ReLU()(x)

    inputs = layers.Input((height, width, 3), name="image")
    x = inputs if deployed else layers.Rescaling(INPUT_SCALE)(inputs)
    x = layers.Conv2D(size.stem, 3, 2, padding="same", activation="relu", name="stem")(x)
    features = []
    for level, stage in enumerate(size.stages):
        x = layers.MaxPooling2D(2)(x) if level else x
        for number, channels in enumerate(stage):
            x = unit(x, channels, f"stage_{2 << level}_{number}")
        features.append(x)
    levels = features[-len(STRIDES) :]
    for row in reversed(range(len(STRIDES))):
        if row + 1 < len(STRIDES):
            above = layers.UpSampling2D(2, interpolation="nearest")(levels[row + 1])
            levels[row] = layers.Add()([levels[row], above])
        levels[row] = unit(levels[row], size.neck, f"neck_{STRIDES[row]}")
    outputs = []
    for level, stride in zip(levels, STRIDES, strict=True):
        columns = _predictions(level, stride, size.head, deployed)
        if wear_status:
            status = layers.DepthwiseConv2D(5, padding="same", name=f"status_{stride}_place")(level)
            status = layers.ReLU()(status)
            status = layers.Conv2D(len(CLASS_LABELS), 1, name=f"status_{stride}")(status)
            columns.append(layers.Softmax()(status) if deployed else status)
        row = layers.Concatenate()(columns)
        outputs.append(layers.Reshape((row.shape[1] * row.shape[2], row.shape[3]))(row))
    return Model(inputs, layers.Concatenate(axis=1)(outputs), name="face_detector")


def _predictions(level: Any, stride: int, channels: int, deployed: bool) -> list[Any]:
    """Score (1 channel), box (4) and landmarks (10) of a grid of cells."""
    from keras import initializers, layers

    hidden = layers.Conv2D(channels, 1, name=f"head_{stride}_pointwise")(level)
    hidden = layers.DepthwiseConv2D(3, padding="same", name=f"head_{stride}_depthwise")(hidden)
    # Low initial scores, as nearly all cells are background and would dominate the first steps
    # (Lin et al., 2017, "Focal Loss for Dense Object Detection").
    prior = initializers.Constant(-4.0)
    face = layers.Conv2D(1, 1, bias_initializer=prior, name=f"face_{stride}")(hidden)
    center = layers.Conv2D(2, 1, name=f"center_{stride}")(hidden)
    log_size = layers.Conv2D(2, 1, name=f"size_{stride}")(hidden)
    points = layers.Conv2D(10, 1, name=f"points_{stride}")(hidden)
    if not deployed:
        return [face, center, log_size, points]
    half = layers.Rescaling(stride / 2)(layers.Activation("exponential")(log_size))
    center = layers.Rescaling(float(stride))(center)
    return [
        layers.Activation("sigmoid")(face),
        layers.Subtract()([half, center]),
        layers.Add()([half, center]),
        layers.Rescaling(float(stride))(points),
    ]


def copy_weights(source: Any, target: Any) -> None:
    """Copy to every layer of ``target`` the weights of the layer of the same name."""
    for layer in target.layers:
        if layer.weights:
            layer.set_weights(source.get_layer(layer.name).get_weights())


def fold_input_scale(trained: Any, deployed: Any) -> None:
    """Copy trained weights into a network for export and fold the input scale into them.

    Exact, because the first convolution pads with zeros.
    """
    copy_weights(trained, deployed)
    stem = deployed.get_layer("stem")
    kernel, bias = stem.get_weights()
    stem.set_weights([kernel * INPUT_SCALE, bias])
