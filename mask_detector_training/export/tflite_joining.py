# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two TFLite files as one: what the first answers goes into the second."""

from __future__ import annotations

from typing import Any

import numpy as np


def join(first: bytes, second: bytes) -> bytes:
    """One TFLite file of two, each of one graph.

    The n-th answer of the first is the n-th input of the second, whatever the order in
    which the files list them: both name them in their signature.

    Raises:
        ValueError: they do not fit together.
    """
    from tensorflow.lite.tools import flatbuffer_utils

    body = flatbuffer_utils.convert_bytearray_to_object(bytearray(first))
    tail = flatbuffer_utils.convert_bytearray_to_object(bytearray(second))
    graph, added = body.subgraphs[0], tail.subgraphs[0]
    answers = _by_place(body.signatureDefs[0].outputs)
    inputs = _by_place(tail.signatureDefs[0].inputs)
    if len(answers) != len(inputs):
        raise ValueError(f"{len(answers)} answers do not fit {len(inputs)} inputs")
    places = dict(zip(inputs, answers, strict=True))
    for index, tensor in enumerate(added.tensors):
        if index not in places:
            places[index] = len(graph.tensors)
            tensor.buffer += len(body.buffers)
            graph.tensors.append(tensor)
    for operator in added.operators:
        operator.opcodeIndex += len(body.operatorCodes)
        for side in ("inputs", "outputs"):
            old = getattr(operator, side)
            # -1 stands for an input that is left out.
            setattr(operator, side, np.array([places.get(int(i), -1) for i in old], np.int32))
        graph.operators.append(operator)
    graph.outputs = np.array([places[int(i)] for i in added.outputs], np.int32)
    body.buffers += tail.buffers
    body.operatorCodes += tail.operatorCodes
    body.signatureDefs = []
    return bytes(flatbuffer_utils.convert_object_to_bytearray(body))


def _by_place(named: list[Any]) -> list[int]:
    """Tensors of a signature in the order of the numbers their names end in."""
    numbered = sorted((int(one.name.decode().rsplit("_", 1)[1]), one.tensorIndex) for one in named)
    return [int(index) for _, index in numbered]
