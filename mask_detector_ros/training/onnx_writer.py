# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keras networks as ONNX files of few and old operators, so that old OpenCVs read them too.

Convolutions take in the batch normalisation and zero padding around them; pictures are
(N, C, H, W) inside. Layers that no shipped network has are refused by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mask_detector_ros.perception.types import FloatArray

OPSET = 10
"""The last whose Clip and Resize OpenCV 4.6 reads; newer ones read it as well."""
IR_VERSION = 5


class OnnxWriter:
    """Writes one Keras functional model of one input and one output."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._values: dict[str, str] = {}
        """Keras tensor name -> ONNX value name."""
        self._pads: dict[str, tuple[int, int, int, int]] = {}
        """Padding (top, left, bottom, right) still owed to a value."""
        self._done: set[str] = set()

    def bytes(self, batch: int | None) -> bytes:
        """The file; ``batch`` None leaves the number of pictures open.

        Raises:
            ValueError: the model has a layer this writer does not know.
        """
        from onnx import TensorProto, checker, helper

        given, answer = self._model.inputs[0], self._model.outputs[0]
        self._values[given.name] = "image"
        for operation in self._model.operations:
            if operation.name not in self._done and type(operation).__name__ != "InputLayer":
                self._write(operation)
        count: int | str = "batch" if batch is None else batch
        height, width, channels = given.shape[1:]
        last = self._values[answer.name]
        self._nodes[-1].output[0] = "answer"
        if self._nodes[-1].name != last:
            raise ValueError("the model's output is not its last layer")
        graph = helper.make_graph(
            self._nodes,
            self._model.name,
            [
                helper.make_tensor_value_info(
                    "image", TensorProto.FLOAT, [count, channels, height, width]
                )
            ],
            [
                helper.make_tensor_value_info(
                    "answer", TensorProto.FLOAT, [count, *answer.shape[1:]]
                )
            ],
            self._constants,
        )
        proto = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="mask_detector_ros",
        )
        proto.ir_version = IR_VERSION
        checker.check_model(proto)
        return bytes(proto.SerializeToString())

    def _node(self, kind: str, name: str, inputs: list[str], **attributes: Any) -> str:
        from onnx import helper

        node = helper.make_node(kind, inputs, [name], name=name, **attributes)
        self._nodes.append(node)
        return name

    def _constant(self, name: str, value: Any, dtype: Any = np.float32) -> str:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def _write(self, layer: Any) -> None:
        kind, name = type(layer).__name__, layer.name
        sources = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = [self._values[s.name] for s in sources]
        output = layer.output
        rank4 = len(sources[0].shape) == 4
        if kind in ("Conv2D", "DepthwiseConv2D"):
            output = self._convolution(layer, sources[0], inputs[0])
            self._values[output.name] = name
            return
        if kind == "ZeroPadding2D":
            (top, bottom), (left, right) = layer.padding
            self._pads[inputs[0]] = (top, left, bottom, right)
            value = inputs[0]
        elif kind == "Dropout":
            value = inputs[0]
        elif kind == "ReLU" and layer.max_value is None:
            value = self._node("Relu", name, inputs)
        elif kind == "ReLU":
            value = self._node("Clip", name, inputs, min=0.0, max=float(layer.max_value))
        elif kind == "Add":
            value = self._node("Add", name, inputs)
        elif kind == "Activation" and layer.activation.__name__ in ("sigmoid", "exponential"):
            operator = {"sigmoid": "Sigmoid", "exponential": "Exp"}[layer.activation.__name__]
            value = self._node(operator, name, inputs)
        elif kind == "Rescaling" and layer.offset == 0:
            scale = self._constant(f"{name}_scale", layer.scale)
            value = self._node("Mul", name, [inputs[0], scale])
        elif kind == "UpSampling2D" and layer.interpolation == "nearest":
            value = self._upsampling(layer, inputs[0])
        elif kind == "Concatenate":
            axis = layer.axis if layer.axis >= 0 else layer.axis + len(output.shape)
            value = self._node("Concat", name, inputs, axis=1 if rank4 else axis)
        elif kind == "Reshape" and rank4:
            turned = self._node("Transpose", f"{name}_turn", inputs, perm=[0, 2, 3, 1])
            shape = self._constant(f"{name}_shape", [1, *output.shape[1:]], np.int64)
            value = self._node("Reshape", name, [turned, shape])
        elif kind == "GlobalAveragePooling2D":
            value = self._node("GlobalAveragePool", name, inputs)
            if not layer.keepdims:
                value = self._node("Flatten", f"{name}_flat", [value], axis=1)
        elif kind == "Softmax":
            value = self._node("Softmax", name, inputs, axis=len(output.shape) - 1)
        else:
            raise ValueError(f"cannot write layer {name} ({kind}) as ONNX")
        self._values[output.name] = value

    def _upsampling(self, layer: Any, value: str) -> str:
        scales = self._constant(f"{layer.name}_scales", [1, 1, *layer.size])
        return self._node("Resize", layer.name, [value, scales], mode="nearest")

    def _convolution(self, layer: Any, source: Any, value: str) -> Any:
        """Write a convolution with the normalisation behind it; returns what they answer."""
        weights = layer.get_weights()
        kernel = weights[0]
        depthwise = type(layer).__name__ == "DepthwiseConv2D"
        kernel = np.transpose(kernel, (2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
        bias = weights[1] if layer.use_bias else np.zeros(len(kernel), np.float32)
        output = layer.output
        following = [node.operation for node in layer._outbound_nodes]
        following = [op for op in following if op in self._model.operations]
        if len(following) == 1 and type(following[0]).__name__ == "BatchNormalization":
            norm = following[0]
            factor, shift = _as_affine(norm)
            kernel, bias = kernel * factor[:, None, None, None], bias * factor + shift
            output = norm.output
            self._done.add(norm.name)
        pads = _same_pads(layer, source) if layer.padding == "same" else (0, 0, 0, 0)
        owed = self._pads.pop(value, (0, 0, 0, 0))
        self._node(
            "Conv",
            layer.name,
            [
                value,
                self._constant(f"{layer.name}_kernel", kernel),
                self._constant(f"{layer.name}_bias", bias),
            ],
            kernel_shape=list(kernel.shape[2:]),
            strides=list(layer.strides),
            pads=[a + b for a, b in zip(pads, owed, strict=True)],
            group=len(kernel) if depthwise else 1,
        )
        return output


def _as_affine(norm: Any) -> tuple[FloatArray, FloatArray]:
    """A batch normalisation's factor and shift per channel, as at inference."""
    scale, shift, mean, variance = norm.get_weights()
    factor = scale / np.sqrt(variance + norm.epsilon)
    return factor, shift - mean * factor


def _same_pads(layer: Any, source: Any) -> tuple[int, int, int, int]:
    """Keras' ``same`` padding as top, left, bottom, right: the odd one goes last."""
    begin, end = [], []
    sides = zip(source.shape[1:3], layer.kernel_size, layer.strides, strict=True)
    for length, kernel, stride in sides:
        total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        begin.append(total // 2)
        end.append(total - total // 2)
    return begin[0], begin[1], end[0], end[1]
