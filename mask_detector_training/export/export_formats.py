# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The forms one network is exported in, and how close each is to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from mask_detector_ros.perception.runtimes import RUNTIMES, Runtime
from mask_detector_training.data.datasets import Record
from mask_detector_training.detector.detector_training import KerasRuntime
from mask_detector_training.evaluation.inference_time import by_turns
from mask_detector_training.export.export_checks import Check
from mask_detector_training.export.networks import Network
from mask_detector_training.export.onnx_writer import OnnxWriter
from mask_detector_training.export.tflite import FLOAT16, FLOAT32, INT8, as_float, as_int8
from mask_detector_training.markdown_text import table

TOLERANCE = 0.02
"""Largest allowed difference of any probability between Keras and a file of floats."""
LEAST_AGREEMENT = 0.9
"""Smallest allowed part of the answers a file of whole numbers has in common with Keras."""
ROUNDS = 60
"""How often the forms take turns when they are timed."""


@dataclass(frozen=True)
class Form:
    """One kind of file.

    Attributes:
        key: under ``files`` in the manifest.
        suffix: of the file.
        reads: form of the runtimes that read it.
        precision: of the numbers in it.
    """

    key: str
    suffix: str
    reads: str
    precision: str


TFLITE = Form("tflite", ".tflite", "tflite", FLOAT16)
ONNX = Form("onnx", ".onnx", "onnx", FLOAT32)
FORMS = (
    Form("tflite_float32", ".float32.tflite", "tflite", FLOAT32),
    TFLITE,
    Form("tflite_int8", ".int8.tflite", "tflite", INT8),
    ONNX,
)


@dataclass
class Row:
    """One form in one runtime, or the trained network itself.

    Attributes:
        form: the form, with its precision.
        runtime: what ran it.
        size: bytes on disk.
        difference: largest difference of a probability from Keras.
        agreement: part of the answers that are the same.
        accuracy: on the labels of val.
        milliseconds: of one thread, for one frame or face.
    """

    form: str
    runtime: str
    size: int | None = None
    difference: float | None = None
    agreement: float | None = None
    accuracy: float = float("nan")
    milliseconds: float | None = None


@dataclass
class Report:
    """The rows, and what their accuracy and time are of."""

    figure: str
    unit: str
    rows: list[Row] = field(default_factory=list)

    def as_markdown(self) -> str:
        """One table; the first row is the trained network."""
        heads = ("form", "runtime", "bytes", "difference", "agreement", self.figure)
        rows = [
            (
                row.form,
                row.runtime,
                _number(row.size, ","),
                _number(row.difference, ".4f"),
                _number(row.agreement, ".4f"),
                _number(row.accuracy, ".4f"),
                _number(row.milliseconds, ".2f"),
            )
            for row in self.rows
        ]
        return table((*heads, f"ms per {self.unit}"), rows)


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def content(network: Network, form: Form, check: Check, train: Sequence[Record]) -> bytes:
    """The bytes of one form."""
    if form is ONNX:
        return OnnxWriter(network.model).bytes(network.batch)
    if form.precision == INT8:
        return as_int8(network.model, partial(check.examples, train), network.batch)
    return as_float(network.model, form.precision)


def measure(network: Network, check: Check, files: dict[Form, Path]) -> Report:
    """Run every file in every runtime that reads it, and compare it with Keras.

    Raises:
        ValueError: a file differs too much, or nothing is installed that runs it.
    """
    report = Report(check.figure, check.unit)
    expected = check.ask(KerasRuntime(network.model), "Keras")
    report.rows.append(Row("trained network", "keras", accuracy=check.accuracy(expected)))
    timed: list[tuple[Row, Callable[[], object]]] = []
    for form, path in files.items():
        for runtime in _runtimes(form, path):
            words = f"{form.precision} {form.suffix.rsplit('.', 1)[1]}"
            said = check.ask(runtime, f"{words} in {runtime.name}")
            row = Row(
                words,
                runtime.name,
                path.stat().st_size,
                float(np.abs(said.probabilities - expected.probabilities).max()),
                check.agreement(expected, said),
                check.accuracy(said),
            )
            _refuse_if_far(network.name, form, row)
            report.rows.append(row)
            timed.append((row, partial(runtime.run, check.timed)))
    spent = by_turns({str(n): work for n, (_, work) in enumerate(timed)}, ROUNDS)
    for (row, _), milliseconds in zip(timed, spent.values(), strict=True):
        row.milliseconds = milliseconds / len(check.timed)
    return report


def _runtimes(form: Form, path: Path) -> list[Runtime]:
    found: list[Runtime] = []
    missing = []
    for name, runtime in RUNTIMES.items():
        if runtime.form == form.reads:
            problem = runtime.missing()
            if problem is None:
                found.append(runtime(path, 1))
            missing.append(f"{name}: {problem}")
    if not found and form is not TFLITE:
        raise ValueError(f"{path.name} cannot be checked: " + "; ".join(missing))
    return found


def _refuse_if_far(name: str, form: Form, row: Row) -> None:
    assert row.difference is not None
    assert row.agreement is not None
    if form.precision != INT8 and not row.difference <= TOLERANCE:
        raise ValueError(
            f"the {row.form} file of {name} in {row.runtime} differs from the trained model by "
            f"{row.difference:.3g}, allowed are {TOLERANCE}; nothing was written"
        )
    if form.precision == INT8 and not row.agreement >= LEAST_AGREEMENT:
        raise ValueError(
            f"the int8 file of {name} agrees with the trained model on {row.agreement:.1%} only, "
            f"expected are {LEAST_AGREEMENT:.0%}; nothing was written; export without int8"
        )
