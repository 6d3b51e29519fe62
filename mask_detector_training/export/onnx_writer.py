# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keras networks as ONNX files of few and old operators, so that old OpenCVs read them too.

Convolutions take in the batch normalization and zero padding around them; pictures are
(N, C, H, W) inside. How each kind of layer is written stands in ``onnx_layers``; layers
that are not there are refused by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mask_detector_training.export.onnx_layers import WRITERS, Pads

OPSET = 10
"""The last whose Clip and Resize OpenCV 4.6 reads; newer ones read it as well."""
IR_VERSION = 5
INPUT, ANSWER = "image", "answer"


class OnnxWriter:
    """Writes one Keras functional model of one input and one output."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._operations = {id(operation) for operation in model.operations}
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._values: dict[str, str] = {}
        """Keras tensor name -> ONNX value name."""
        self._pads: dict[str, Pads] = {}
        """Padding still owed to a Keras tensor."""
        self._written: set[int] = set()
        self.batch: int | None = None

    def bytes(self, batch: int | None) -> bytes:
        """The file; ``batch`` None leaves the number of pictures open.

        Raises:
            ValueError: the model has a layer this writer does not know.
        """
        from onnx import TensorProto, checker, helper

        self.batch = batch
        given, answer = self._model.inputs[0], self._model.outputs[0]
        self._values[given.name] = INPUT
        for operation in self._model.operations:
            if id(operation) not in self._written:
                self._write(operation)
        self._rename(self.value(answer), ANSWER)
        count: int | str = "batch" if batch is None else batch
        height, width, channels = given.shape[1:]
        shapes = {INPUT: [count, channels, height, width], ANSWER: [count, *answer.shape[1:]]}
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in shapes.items()
        ]
        graph = helper.make_graph(
            self._nodes, self._model.name, ends[:1], ends[1:], list(self._constants.values())
        )
        proto = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="mask_detector_ros",
        )
        proto.ir_version = IR_VERSION
        checker.check_model(proto)
        return bytes(proto.SerializeToString())

    def node(self, kind: str, name: str, inputs: list[str], **attributes: Any) -> str:
        """Add an operator of one output; returns the output's name, which is ``name``."""
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: Any, dtype: Any = np.float32) -> str:
        """Add an array that the file holds; returns its name."""
        from onnx import numpy_helper

        self._constants[name] = numpy_helper.from_array(np.asarray(value, dtype), name)
        return name

    def value(self, tensor: Any) -> str:
        """Name of a Keras tensor's value, the padding owed to it written out."""
        pads = self._pads.pop(tensor.name, None)
        if pads is not None:
            top, left, bottom, right = pads
            source = self._values[tensor.name]
            self._values[tensor.name] = self.node(
                "Pad",
                f"{tensor.name}_pad",
                [source],
                mode="constant",
                pads=[0, 0, top, left, 0, 0, bottom, right],
            )
        return self._values[tensor.name]

    def unpadded(self, tensor: Any) -> tuple[str, Pads]:
        """As ``value``, for who can pad himself: the value, and the padding it still needs."""
        return self._values[tensor.name], self._pads.get(tensor.name, (0, 0, 0, 0))

    def owe(self, tensor: Any, source: Any, pads: Pads) -> None:
        """Let ``tensor`` be ``source`` with zeros around it, written where it is used."""
        self._values[tensor.name] = self.value(source)
        self._pads[tensor.name] = pads

    def only_follower(self, layer: Any) -> Any | None:
        """The one layer that reads a layer's answer; None where several do, or none."""
        following = [node.operation for node in layer._outbound_nodes]
        following = [one for one in following if id(one) in self._operations]
        return following[0] if len(following) == 1 else None

    def take_in(self, layer: Any) -> None:
        """Say that a layer was written together with the one before it."""
        self._written.add(id(layer))

    def _write(self, layer: Any) -> None:
        kind = type(layer).__name__
        if kind not in WRITERS:
            known = ", ".join(sorted(WRITERS))
            raise ValueError(f"cannot write layer {layer.name} ({kind}) as ONNX; known are {known}")
        answered = WRITERS[kind](self, layer)
        if answered is not None:
            tensor, value = answered
            self._values[tensor.name] = value

    def _rename(self, old: str, new: str) -> None:
        for node in self._nodes:
            for names in (node.input, node.output):
                for place, name in enumerate(names):
                    if name == old:
                        names[place] = new
