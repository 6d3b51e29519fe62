# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Export of a finished training run to model files, with checks, and their manifest."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mask_detector_ros.atomic_files import write_atomically
from mask_detector_ros.perception.models import MANIFEST
from mask_detector_training.data.datasets import Record, load_split
from mask_detector_training.export.export_checks import check_for, evenly_spaced
from mask_detector_training.export.export_formats import (
    EXPORT_FORMATS,
    ONNX,
    TFLITE,
    ExportReport,
    check_files,
    export_bytes,
)
from mask_detector_training.export.networks import load_network

HEADER = "# Written by `mask_detector export`; do not edit by hand.\n"


def export(
    run: Path,
    models: Path,
    images: Sequence[Record],
    *,
    precisions: Sequence[str] = (),
    train: Sequence[Record] = (),
    one_stage: bool = False,
) -> ExportReport:
    """Export a run's model into a model folder and update the folder's manifest.

    The files are written into a subfolder with the model's name. The two formats that robots
    use are always written, so that all files of a manifest entry are from one run: ``.tflite``
    with float16 weights, and ``.onnx``.

    Args:
        run: folder of a finished training run.
        models: the model folder; other models in it are not changed.
        images: labeled images on which the files are compared with Keras.
        precisions: precisions of additional ``.tflite`` files: float32, int8.
        train: labeled images for the quantization ranges of int8.
        one_stage: export a detector that also predicts the wear status.

    Returns:
        Size, difference from Keras, accuracy and inference time of each file.

    Raises:
        ValueError: the run is not finished, a file differs too much from Keras, or the folder's
            manifest is damaged; nothing was written.
    """
    _read_manifest(models)
    network = load_network(run, one_stage=one_stage)
    check = check_for(network, images)
    required = (TFLITE, ONNX)
    formats = [f for f in EXPORT_FORMATS if f in required or f.precision in precisions]
    contents = {
        file_format: export_bytes(network, file_format, check, train) for file_format in formats
    }
    with tempfile.TemporaryDirectory() as folder:
        files = {
            file_format: Path(folder) / f"{network.name}{file_format.suffix}"
            for file_format in formats
        }
        for file_format, path in files.items():
            path.write_bytes(contents[file_format])
        report = check_files(network, check, files)
    entry = dict(network.entry)
    # The required files come first: the hash of the first file identifies the model.
    for file_format in sorted(formats, key=lambda file_format: file_format not in required):
        file = f"{network.name}/{network.name}{file_format.suffix}"
        write_atomically(models / file, contents[file_format])
        digest = hashlib.sha256(contents[file_format]).hexdigest()
        entry.setdefault("files", {})[file_format.key] = {"path": file, "sha256": digest}
    _update_manifest(models, network.name, entry)
    return report


def sample_images(root: Path, count: int = 0) -> list[Record]:
    """``count`` labeled images of val, evenly spaced, for the checks of an export; 0: all."""
    records = load_split(root, "val")
    return evenly_spaced(records, count) if count else records


def _read_manifest(folder: Path) -> dict[str, Any]:
    """The content of a folder's manifest; without models if it does not exist."""
    path = folder / MANIFEST
    if not path.is_file():
        return {"models": {}}
    try:
        manifest = yaml.safe_load(path.read_text(encoding="utf-8")) or {"models": {}}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is damaged ({error}); restore or remove it") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("models"), dict):
        raise ValueError(
            f"{path} is not a model manifest: it has no entries under 'models'; choose another "
            "folder, or restore or remove the file"
        )
    return manifest


def _update_manifest(folder: Path, name: str, entry: dict[str, Any]) -> None:
    path = folder / MANIFEST
    # Read again: another model may have been exported in the meantime.
    manifest = _read_manifest(folder)
    manifest["models"][name] = entry
    write_atomically(path, HEADER + yaml.safe_dump(manifest, sort_keys=False))


__all__ = ["ExportReport", "export", "sample_images"]
