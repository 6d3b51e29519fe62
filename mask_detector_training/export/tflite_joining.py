# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Concatenation of two TFLite files: the outputs of the first are the inputs of the second."""

from __future__ import annotations

from typing import Any

import numpy as np


def join(first: bytes, second: bytes) -> bytes:
    """Join two TFLite files, each with one graph, to one.

    The n-th output of the first is the n-th input of the second, by the names in their
    signatures; the order in the files differs.

    Raises:
        ValueError: the numbers of outputs and inputs differ.
    """
    from tensorflow.lite.tools import flatbuffer_utils

    body = flatbuffer_utils.convert_bytearray_to_object(bytearray(first))
    tail = flatbuffer_utils.convert_bytearray_to_object(bytearray(second))
    graph, added = body.subgraphs[0], tail.subgraphs[0]
    outputs = _by_number(body.signatureDefs[0].outputs)
    inputs = _by_number(tail.signatureDefs[0].inputs)
    if len(outputs) != len(inputs):
        raise ValueError(f"{len(outputs)} outputs do not match {len(inputs)} inputs")
    indices = dict(zip(inputs, outputs, strict=True))
    for index, tensor in enumerate(added.tensors):
        if index not in indices:
            indices[index] = len(graph.tensors)
            tensor.buffer += len(body.buffers)
            graph.tensors.append(tensor)
    for operator in added.operators:
        operator.opcodeIndex += len(body.operatorCodes)
        for side in ("inputs", "outputs"):
            old = getattr(operator, side)
            # -1 is an omitted input.
            setattr(operator, side, np.array([indices.get(int(i), -1) for i in old], np.int32))
        graph.operators.append(operator)
    graph.outputs = np.array([indices[int(i)] for i in added.outputs], np.int32)
    body.buffers += tail.buffers
    body.operatorCodes += tail.operatorCodes
    body.signatureDefs = []
    return bytes(flatbuffer_utils.convert_object_to_bytearray(body))


def _by_number(named: list[Any]) -> list[int]:
    """Tensor indices of a signature, ordered by the number at the end of their names."""
    numbered = sorted((int(one.name.decode().rsplit("_", 1)[1]), one.tensorIndex) for one in named)
    return [int(index) for _, index in numbered]
