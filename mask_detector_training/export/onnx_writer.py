# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Export of Keras networks to ONNX with few and old operators, which old OpenCV versions read.

Batch normalization and zero padding are folded into convolutions. Feature maps are
(N, C, H, W). ``onnx_layers`` and ``onnx_spatial_layers`` write the supported layers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mask_detector_training.export.onnx_layers import LAYER_WRITERS
from mask_detector_training.export.onnx_spatial_layers import SPATIAL_LAYER_WRITERS, Pads

OPSET = 10
"""The last opset whose Clip and Resize OpenCV 4.6 reads; newer versions read it as well."""
IR_VERSION = 5
INPUT, OUTPUT = "image", "answer"
WRITERS = {**LAYER_WRITERS, **SPATIAL_LAYER_WRITERS}
"""By name of the Keras layer class."""


class OnnxWriter:
    """Converts a Keras functional model with one input and one output."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._operations = {id(operation) for operation in model.operations}
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._values: dict[str, str] = {}
        """ONNX value name by Keras tensor name."""
        self._deferred_pads: dict[str, Pads] = {}
        """Padding that is not written yet, by Keras tensor name."""
        self._written: set[int] = set()
        self.batch: int | None = None

    def to_bytes(self, batch: int | None) -> bytes:
        """The content of the ONNX file, with a fixed batch size or any (None).

        Raises:
            ValueError: the model has a layer that is not supported.
        """
        from onnx import TensorProto, checker, helper

        self.batch = batch
        source, output = self._model.inputs[0], self._model.outputs[0]
        self._values[source.name] = INPUT
        for operation in self._model.operations:
            if id(operation) not in self._written:
                self._write(operation)
        self._rename(self.value(output), OUTPUT)
        count: int | str = "batch" if batch is None else batch
        height, width, channels = source.shape[1:]
        shapes = {INPUT: [count, channels, height, width], OUTPUT: [count, *output.shape[1:]]}
        tensors = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in shapes.items()
        ]
        graph = helper.make_graph(
            self._nodes, self._model.name, tensors[:1], tensors[1:], list(self._constants.values())
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
        """Add an operator with one output called ``name``; returns ``name``."""
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: Any, dtype: Any = np.float32) -> str:
        """Add a constant array; returns ``name``."""
        from onnx import numpy_helper

        self._constants[name] = numpy_helper.from_array(np.asarray(value, dtype), name)
        return name

    def value(self, tensor: Any) -> str:
        """The value name of a Keras tensor; its deferred padding is written first."""
        pads = self._deferred_pads.pop(tensor.name, None)
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
        """The value name of a Keras tensor and its deferred padding, for operators that pad."""
        return self._values[tensor.name], self._deferred_pads.get(tensor.name, (0, 0, 0, 0))

    def defer_padding(self, tensor: Any, source: Any, pads: Pads) -> None:
        """Define ``tensor`` as ``source`` with zero padding, to be written where it is used."""
        self._values[tensor.name] = self.value(source)
        self._deferred_pads[tensor.name] = pads

    def only_consumer(self, layer: Any) -> Any | None:
        """The only layer that uses the output of a layer; None if there are several or none."""
        consumers = [node.operation for node in layer._outbound_nodes]
        consumers = [one for one in consumers if id(one) in self._operations]
        return consumers[0] if len(consumers) == 1 else None

    def mark_written(self, layer: Any) -> None:
        """Mark a layer as folded into the layer before it."""
        self._written.add(id(layer))

    def _write(self, layer: Any) -> None:
        kind = type(layer).__name__
        if kind not in WRITERS:
            supported = ", ".join(sorted(WRITERS))
            raise ValueError(
                f"cannot write layer {layer.name} ({kind}) as ONNX; supported are {supported}"
            )
        written = WRITERS[kind](self, layer)
        if written is not None:
            tensor, value = written
            self._values[tensor.name] = value

    def _rename(self, old: str, new: str) -> None:
        for node in self._nodes:
            for names in (node.input, node.output):
                for index, name in enumerate(names):
                    if name == old:
                        names[index] = new
