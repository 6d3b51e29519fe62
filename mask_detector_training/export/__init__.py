# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a finished run to the files the product loads, and the manifest that names them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.perception.models import MANIFEST
from mask_detector_training.data.datasets import Record, load_split
from mask_detector_training.export.export_checks import check_of, spread
from mask_detector_training.export.export_formats import (
    FORMS,
    ONNX,
    TFLITE,
    Report,
    content,
    measure,
)
from mask_detector_training.export.networks import load_network

HEADER = "# Written by `mask_detector export`; do not edit by hand.\n"


def export(
    run: Path,
    models: Path,
    pictures: Sequence[Record],
    *,
    precisions: Sequence[str] = (),
    train: Sequence[Record] = (),
    one_stage: bool = False,
) -> Report:
    """Write a run's model into a model folder and renew the folder's manifest.

    The files go into a folder of the model's name. The product's two are always written, so
    that all files of a manifest entry are of one run: ``.tflite`` with float16 weights, and
    ``.onnx``.

    Args:
        run: folder of a finished training run.
        models: the model folder; other models in it stay as they are.
        pictures: labeled pictures on which the files are compared with Keras.
        precisions: of further ``.tflite`` files beside them: float32, int8.
        train: where the scales of int8 are taken from.
        one_stage: the form of a detector that tells how masks are worn, too.

    Returns:
        How large, close, good and fast each file is.

    Raises:
        ValueError: the run is unfinished, a file disagrees with Keras, or the folder's
            manifest is damaged; then nothing was written.
    """
    _read_manifest(models)
    network = load_network(run, one_stage=one_stage)
    check = check_of(network, pictures)
    forms = [f for f in FORMS if f in (TFLITE, ONNX) or f.precision in precisions]
    contents = {form: content(network, form, check, train) for form in forms}
    with tempfile.TemporaryDirectory() as folder:
        trials = {form: Path(folder) / f"{network.name}{form.suffix}" for form in forms}
        for form, path in trials.items():
            path.write_bytes(contents[form])
        report = measure(network, check, trials)
    entry = dict(network.entry)
    # The product's files first: the model is known by the first one's hash.
    for form in sorted(forms, key=lambda form: form not in (TFLITE, ONNX)):
        file = f"{network.name}/{network.name}{form.suffix}"
        write_whole(models / file, contents[form])
        digest = hashlib.sha256(contents[form]).hexdigest()
        entry.setdefault("files", {})[form.key] = {"path": file, "sha256": digest}
    _renew_manifest(models, network.name, entry)
    return report


def sample_pictures(root: Path, count: int = 0) -> list[Record]:
    """Pictures of val, scenes and faces, on which exported files are compared; 0: all."""
    records = load_split(root, "val")
    return spread(records, count) if count else records


def _read_manifest(folder: Path) -> dict[str, Any]:
    """What the folder's manifest says; of no models where there is none."""
    path = folder / MANIFEST
    if not path.is_file():
        return {"models": {}}
    try:
        known = yaml.safe_load(path.read_text(encoding="utf-8")) or {"models": {}}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is damaged ({error}); restore or remove it") from error
    if not isinstance(known, dict) or not isinstance(known.get("models"), dict):
        raise ValueError(
            f"{path} is no model manifest: it has no entries under 'models'; name another "
            "folder, or restore or remove the file"
        )
    return known


def _renew_manifest(folder: Path, name: str, entry: dict[str, Any]) -> None:
    path = folder / MANIFEST
    # Read only now: another model may have been exported in the meantime.
    known = _read_manifest(folder)
    known["models"][name] = entry
    write_whole(path, HEADER + yaml.safe_dump(known, sort_keys=False))


__all__ = ["Report", "export", "sample_pictures"]
