# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX files have the same outputs as their Keras networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mask_detector_training.export.onnx_writer import OnnxWriter
from support.optional import optional

keras = optional("keras")
optional("onnx")
onnxruntime = optional("onnxruntime")

BACKBONES = {
    "MobileNetV2": {"alpha": 0.35},
    "MobileNetV3Small": {"alpha": 0.75},
    "MobileNetV3Large": {"alpha": 0.75},
    "EfficientNetB0": {},
    "DenseNet121": {},
    "ResNet50": {},
    "VGG19": {},
    "InceptionV3": {},
    "ResNet101": {},
}
SLOW = ("DenseNet121", "EfficientNetB0", "InceptionV3", "ResNet101")
SIDE = {"InceptionV3": 75}


def randomize_normalizations(model: Any) -> None:
    """Randomize batch normalizations; their initial values of 0 and 1 would hide errors."""
    random = np.random.default_rng(4)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            for weight in layer.weights:
                drawn = random.uniform(0.6, 1.4, weight.shape)
                centered = weight.name in ("beta", "moving_mean")
                weight.assign(drawn - 1 if centered else drawn)


def check(model: Any, folder: Path, *, batch: int | None = None, count: int = 2) -> None:
    """Compare the outputs of Keras, ONNX Runtime and OpenCV."""
    randomize_normalizations(model)
    path = folder / "network.onnx"
    path.write_bytes(OnnxWriter(model).to_bytes(batch))
    shape = (count, *model.inputs[0].shape[1:])
    images = np.random.default_rng(5).integers(0, 256, shape).astype(np.float32)
    expected = np.asarray(model(images, training=False))
    blob = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    net = cv2.dnn.readNetFromONNX(str(path))
    net.setInput(blob)
    scale = max(1.0, float(np.abs(expected).max()))
    for output in (session.run(None, {"image": blob})[0], net.forward()):
        assert output.shape == expected.shape
        assert np.abs(output - expected).max() <= 1e-4 * scale


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in BACKBONES],
)
def test_backbones(name: str, tmp_path: Path) -> None:
    side = SIDE.get(name, 48)
    inputs = keras.layers.Input((side, side, 3))
    backbone = getattr(keras.applications, name)(
        input_tensor=inputs, include_top=False, weights=None, **BACKBONES[name]
    )
    x = keras.layers.GlobalAveragePooling2D()(backbone.output)
    x = keras.layers.Dense(4, activation="softmax")(x)
    check(keras.Model(inputs, x), tmp_path)


def test_a_plain_network(tmp_path: Path) -> None:
    layers = keras.layers
    inputs = x = layers.Input((24, 20, 3))
    for layer in (
        layers.Rescaling(1 / 127.5, offset=-1),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(8, 3, strides=2, activation="silu"),
        layers.BatchNormalization(),
        layers.AveragePooling2D(3, strides=2, padding="same"),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(16, activation="hard_silu"),
        layers.BatchNormalization(center=False, scale=False),
        layers.Dense(3),
        layers.Softmax(),
    ):
        x = layer(x)
    check(keras.Model(inputs, x), tmp_path)


def branches(x: Any) -> list[Any]:
    """Small branches, one for each use of a layer that the backbones do not have."""
    layers = keras.layers
    pooled = layers.GlobalMaxPooling2D()(x)
    gate = layers.Reshape((1, 1, 4))(layers.GlobalAveragePooling2D()(x))
    padded = layers.ZeroPadding2D(((1, 0), (0, 2)))(layers.Activation("tanh")(x))
    return [
        layers.Reshape((-1, 4))(layers.Permute((2, 1, 3))(x)),
        layers.Reshape((-1, 4))(layers.Softmax()(x)),
        layers.Reshape((-1, 4))(layers.Multiply()([x, gate, gate + 0.5])),
        layers.Reshape((-1, 4))(layers.MaxPooling2D(3, strides=2, padding="same")(padded)),
        layers.Reshape((-1, 4))(layers.DepthwiseConv2D(3, activation="relu6")(padded)),
        layers.Reshape((-1, 4))(layers.Conv2D(4, 3, dilation_rate=2, padding="same", groups=2)(x)),
        layers.Reshape((-1, 4))(layers.UpSampling2D()(x)),
        layers.Reshape((1, 4))(layers.Activation("hard_sigmoid")(pooled)),
    ]


def test_other_uses_of_layers(tmp_path: Path) -> None:
    layers = keras.layers
    inputs = layers.Input((10, 7, 3))
    x = layers.Normalization(mean=[90.0, 100.0, 110.0], variance=[40.0**2, 50.0**2, 60.0**2])(
        inputs
    )
    x = layers.Conv2D(4, 1)(x)
    model = keras.Model(inputs, layers.Concatenate(axis=1)(branches(x)))
    check(model, tmp_path, batch=1, count=1)


def test_unsupported_layers_are_reported_by_name() -> None:
    layers = keras.layers
    inputs = layers.Input((8, 8, 3))
    model = keras.Model(inputs, layers.Conv2DTranspose(2, 3, name="grow")(inputs))
    with pytest.raises(ValueError, match=r"layer grow \(Conv2DTranspose\).*supported are"):
        OnnxWriter(model).to_bytes(None)
    model = keras.Model(inputs, layers.Activation("gelu", name="bend")(inputs))
    with pytest.raises(ValueError, match=r"layer bend .* activation gelu is not supported"):
        OnnxWriter(model).to_bytes(None)
