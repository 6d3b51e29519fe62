# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Initial weights of the face detector from YuNet's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mask_detector_training.detector.detector_model import (
    INPUT_SCALE,
    DetectorSize,
    build_detector,
)
from mask_detector_training.detector.detector_recipe import STRIDES
from mask_detector_training.detector.yunet_weights import find_weights, load_yunet
from support.optional import optional

onnx = optional("onnx")
optional("keras")

UNITS = (
    (16, 16), (16, 16), (16, 32), (32, 32), (32, 64), (64, 64), (64, 64), (64, 64), (64, 64),
    (64, 64), (64, 64), (64, 64), (64, 64), (64, 64),
)  # fmt: skip
"""Input and output channels of YuNet's units, in the order of its file."""
HEAD_CHANNELS = (1, 4, 1, 10)


def write_yunet(file: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Write an ONNX file with convolutions like YuNet's, and return their kernels and biases."""
    random = np.random.default_rng(0)
    shapes = [(16, 3, 3, 3)]
    for source, target in UNITS:
        shapes += [(target, source, 1, 1), (target, 1, 3, 3)]
    for channels in HEAD_CHANNELS:
        shapes += [(channels, 64, 1, 1), (channels, 1, 3, 3)] * len(STRIDES)
    weights = [
        (random.normal(size=s).astype(np.float32), random.normal(size=s[0]).astype(np.float32))
        for s in shapes
    ]
    nodes, tensors = [], []
    for number, (kernel, bias) in enumerate(weights):
        names = [f"kernel{number}", f"bias{number}"]
        group = len(kernel) if kernel.shape[1] == 1 and kernel.shape[2] == 3 else 1
        nodes.append(onnx.helper.make_node("Conv", ["x", *names], [f"y{number}"], group=group))
        tensors += [
            onnx.numpy_helper.from_array(value, name)
            for value, name in zip((kernel, bias), names, strict=True)
        ]
    graph = onnx.helper.make_graph(nodes, "yunet", [], [], tensors)
    onnx.save(onnx.helper.make_model(graph), str(file))
    return weights


@pytest.fixture(scope="module")
def model() -> Any:
    return build_detector(64, 64)


def test_every_layer_gets_its_weights(model: Any, tmp_path: Path) -> None:
    weights = write_yunet(tmp_path / "yunet.onnx")
    load_yunet(model, tmp_path / "yunet.onnx")
    kernel, bias = model.get_layer("stem").get_weights()
    # The network for training gets pixel values times the input scale.
    assert kernel * INPUT_SCALE == pytest.approx(weights[0][0].transpose(2, 3, 1, 0), rel=1e-5)
    assert bias == pytest.approx(weights[0][1])
    last = model.get_layer("neck_8_depthwise").get_weights()[0]
    assert last[..., 0] == pytest.approx(weights[2 * len(UNITS)][0][:, 0].transpose(1, 2, 0))
    head = model.get_layer("head_16_pointwise").get_weights()[0][0, 0]
    first = 2 * len(UNITS) + 1
    of_stride_16 = [weights[first + 6 * kind + 2][0][:, :, 0, 0] for kind in range(4)]
    assert head == pytest.approx(np.concatenate(of_stride_16).T)


def test_the_first_predictions_are_those_of_yunet(model: Any, tmp_path: Path) -> None:
    """From the channels of a head, in the units of the network."""
    write_yunet(tmp_path / "yunet.onnx")
    load_yunet(model, tmp_path / "yunet.onnx")
    hidden = np.random.default_rng(1).normal(size=(1, 1, 1, 16)).astype(np.float32)
    cls, box, obj, points = np.split(hidden[0, 0, 0], [1, 5, 6])
    for stride in STRIDES:

        def output(name: str, stride: int = stride) -> np.ndarray:
            return np.asarray(model.get_layer(f"{name}_{stride}")(hidden))[0, 0, 0]

        assert output("face") == pytest.approx((cls + obj) / 2, abs=1e-6)
        # YuNet's offsets are from the corner of a cell, ours from its center, half a cell
        # further; its first convolution sees the image a pixel earlier.
        shift = 1 / stride - 0.5
        assert output("center") == pytest.approx(box[:2] + shift, abs=1e-6)
        assert output("size") == pytest.approx(box[2:], abs=1e-6)
        assert output("points") == pytest.approx(points + shift, abs=1e-6)


def test_wrong_files_and_sizes_are_named(model: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"missing\.onnx do not exist; check --weights"):
        load_yunet(model, tmp_path / "missing.onnx")
    with pytest.raises(ValueError, match=r"cannot be read .*; check --weights"):
        load_yunet(model, tmp_path)
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"not a network" * 20)
    with pytest.raises(ValueError, match="damaged or not an ONNX file"):
        load_yunet(model, damaged)
    other = tmp_path / "other.onnx"
    graph = onnx.helper.make_graph([], "other", [], [])
    onnx.save(onnx.helper.make_model(graph), str(other))
    with pytest.raises(ValueError, match="0 convolutions and YuNet"):
        load_yunet(model, other)
    write_yunet(tmp_path / "yunet.onnx")
    small = DetectorSize(stem=4, stages=((4,), (8,), (8,), (8,), (8,)), neck=8)
    with pytest.raises(ValueError, match="default size only"):
        load_yunet(build_detector(64, 64, small), tmp_path / "yunet.onnx")


def test_weights_are_found_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "yunet.onnx").touch()
    assert find_weights("yunet.onnx", tmp_path) == tmp_path / "yunet.onnx"
    absolute = str(tmp_path / "yunet.onnx")
    assert find_weights(absolute, tmp_path / "other") == tmp_path / "yunet.onnx"
