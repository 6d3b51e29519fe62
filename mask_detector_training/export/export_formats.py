# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""File formats of an exported network, and their comparison with the Keras network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from mask_detector_ros.perception.runtimes import RUNTIMES, Runtime
from mask_detector_training.data.datasets import Record
from mask_detector_training.detector.detector_training import KerasRuntime
from mask_detector_training.evaluation.inference_time import time_interleaved
from mask_detector_training.export.export_checks import ExportCheck
from mask_detector_training.export.networks import Network
from mask_detector_training.export.onnx_writer import OnnxWriter
from mask_detector_training.export.tflite import FLOAT16, FLOAT32, INT8, as_float, as_int8
from mask_detector_training.markdown_text import table

MAX_DIFFERENCE = 0.02
"""Largest allowed difference of a probability between Keras and a float file."""
MIN_AGREEMENT = 0.9
"""Smallest allowed fraction of equal predictions of Keras and an int8 file."""
ROUNDS = 60
"""Rounds of the inference time measurement."""


@dataclass(frozen=True)
class ExportFormat:
    """A file format.

    Attributes:
        key: name under ``files`` in the manifest.
        suffix: suffix of the file name.
        runtime_form: ``form`` of the runtimes that load it.
        precision: precision of the weights.
    """

    key: str
    suffix: str
    runtime_form: str
    precision: str

    @property
    def label(self) -> str:
        """Precision and file type, such as ``float16 tflite``."""
        return f"{self.precision} {self.suffix.rsplit('.', 1)[1]}"


TFLITE = ExportFormat("tflite", ".tflite", "tflite", FLOAT16)
ONNX = ExportFormat("onnx", ".onnx", "onnx", FLOAT32)
EXPORT_FORMATS = (
    ExportFormat("tflite_float32", ".float32.tflite", "tflite", FLOAT32),
    TFLITE,
    ExportFormat("tflite_int8", ".int8.tflite", "tflite", INT8),
    ONNX,
)


@dataclass
class ReportRow:
    """An exported file in one runtime, or the trained network.

    Attributes:
        label: precision and file type.
        runtime: name of the runtime.
        size: file size in bytes.
        difference: largest difference of a probability from Keras.
        agreement: fraction of predictions equal to those of Keras.
        accuracy: metric on the labels.
        milliseconds: inference time on one thread for one frame or face.
    """

    label: str
    runtime: str
    size: int | None = None
    difference: float | None = None
    agreement: float | None = None
    accuracy: float = float("nan")
    milliseconds: float | None = None


@dataclass
class ExportReport:
    """Comparison of all files; ``metric`` and ``unit`` as in ``ExportCheck``."""

    metric: str
    unit: str
    rows: list[ReportRow] = field(default_factory=list)

    def as_markdown(self) -> str:
        """A table; the first row is the trained network."""
        header = (
            "file", "runtime", "bytes", "max. difference", "agreement", self.metric,
            f"ms per {self.unit}",
        )  # fmt: skip
        rows = [
            (
                row.label,
                row.runtime,
                _number(row.size, ","),
                _number(row.difference, ".4f"),
                _number(row.agreement, ".4f"),
                _number(row.accuracy, ".4f"),
                _number(row.milliseconds, ".2f"),
            )
            for row in self.rows
        ]
        return table(header, rows)


def _number(value: float | None, format_spec: str) -> str:
    return "" if value is None else format(value, format_spec)


def export_bytes(
    network: Network, file_format: ExportFormat, check: ExportCheck, train: Sequence[Record]
) -> bytes:
    """The content of a network's file; ``train`` is for the quantization ranges of int8."""
    if file_format is ONNX:
        return OnnxWriter(network.model).to_bytes(network.batch)
    if file_format.precision == INT8:
        images = partial(check.calibration_images, train)
        return as_int8(network.model, images, network.batch)
    return as_float(network.model, file_format.precision)


def check_files(
    network: Network, check: ExportCheck, files: dict[ExportFormat, Path]
) -> ExportReport:
    """Run every file in every runtime that loads it, and compare it with Keras.

    Raises:
        ValueError: a file differs too much, or no runtime for it is installed.
    """
    report = ExportReport(check.metric, check.unit)
    expected = check.predict(KerasRuntime(network.model), "Keras")
    report.rows.append(ReportRow("trained network", "keras", accuracy=check.accuracy(expected)))
    timed: list[tuple[ReportRow, Callable[[], object]]] = []
    for file_format, path in files.items():
        for runtime in _load_runtimes(file_format, path):
            predictions = check.predict(runtime, f"{file_format.label} in {runtime.name}")
            row = ReportRow(
                file_format.label,
                runtime.name,
                path.stat().st_size,
                float(np.abs(predictions.probabilities - expected.probabilities).max()),
                check.agreement(expected, predictions),
                check.accuracy(predictions),
            )
            _refuse_deviation(network.name, file_format, row)
            report.rows.append(row)
            timed.append((row, partial(runtime.run, check.timed)))
    times = time_interleaved({str(n): call for n, (_, call) in enumerate(timed)}, ROUNDS)
    for (row, _), milliseconds in zip(timed, times.values(), strict=True):
        row.milliseconds = milliseconds / len(check.timed)
    return report


def _load_runtimes(file_format: ExportFormat, path: Path) -> list[Runtime]:
    """All installed runtimes that load a file."""
    loaded: list[Runtime] = []
    missing = []
    for name, runtime in RUNTIMES.items():
        if runtime.file_format == file_format.runtime_form:
            reason = runtime.missing_dependency()
            if reason is None:
                loaded.append(runtime(path, 1))
            missing.append(f"{name}: {reason}")
    if not loaded and file_format is not TFLITE:
        raise ValueError(f"{path.name} cannot be checked: " + "; ".join(missing))
    return loaded


def _refuse_deviation(name: str, file_format: ExportFormat, row: ReportRow) -> None:
    assert row.difference is not None
    assert row.agreement is not None
    if file_format.precision != INT8 and not row.difference <= MAX_DIFFERENCE:
        raise ValueError(
            f"the {row.label} file of {name} in {row.runtime} differs from the trained network "
            f"by {row.difference:.3g}, allowed is {MAX_DIFFERENCE}; nothing was written"
        )
    if file_format.precision == INT8 and not row.agreement >= MIN_AGREEMENT:
        raise ValueError(
            f"the int8 file of {name} agrees with the trained network on {row.agreement:.1%} of "
            f"the predictions, required is {MIN_AGREEMENT:.0%}; nothing was written; export "
            "without int8"
        )
