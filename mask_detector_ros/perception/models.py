# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The model manifest: files, input sizes and the metadata that each stage needs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MANIFEST = "manifest.yaml"


class ModelError(Exception):
    """A model cannot be used; the message names it, the cause and what to do."""


@dataclass(frozen=True)
class ModelFile:
    """A model in one file format."""

    path: Path
    sha256: str

    def verify(self) -> None:
        """Check the file against its SHA-256 in the manifest.

        Raises:
            ModelError: the file is missing or differs.
        """
        try:
            digest = hashlib.sha256(self.path.read_bytes()).hexdigest()
        except OSError as error:
            raise ModelError(
                f"model file {self.path} cannot be read ({error.strerror}); install the package "
                "again or point 'models' at a folder that has it"
            ) from error
        if digest != self.sha256:
            raise ModelError(
                f"model file {self.path} is damaged or not the one in {MANIFEST}: SHA-256 is "
                f"{digest[:12]}…, expected {self.sha256[:12]}…; install the package again, or "
                "export the model again to update the manifest"
            )


@dataclass(frozen=True)
class Model:
    """A model of the manifest.

    Attributes:
        name: key of the manifest entry.
        version: free text.
        width, height: input size in pixels.
        files: file format (``tflite``, ``onnx``) -> file.
        spec: the whole manifest entry, for metadata that only one stage needs.
    """

    name: str
    version: str
    width: int
    height: int
    files: dict[str, ModelFile]
    spec: dict[str, Any]

    @property
    def label(self) -> str:
        """Name, version and a short hash, for logs and diagnostics."""
        first = next(iter(self.files.values()))
        return f"{self.name} {self.version} ({first.sha256[:8]})"


def check_output(model: Model, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Check the shape of a network's output for one input.

    Raises:
        ModelError: it is another one than expected.
    """
    if shape != expected:
        raise ModelError(
            f"the network of {model.name} {model.version} has outputs of shape {shape}, expected "
            f"{expected} by its entry in {MANIFEST}; export the model again"
        )


@contextmanager
def reading_entry(model: Model) -> Iterator[None]:
    """Report what is missing or malformed in ``model.spec`` while it is read.

    Raises:
        ModelError: names the model and the field.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"the entry of {model.name} in {MANIFEST} is missing or malformed: "
            f"{type(error).__name__} {error}; export the model again"
        ) from error


def load_manifest(folder: Path) -> dict[str, Model]:
    """Read ``manifest.yaml`` of a model folder: name -> model.

    Raises:
        ModelError: the manifest is missing, is not YAML, or an entry is incomplete.
    """
    path = folder / MANIFEST
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(
            f"no model manifest at {path} ({error.strerror}); point 'models' at a folder with a "
            f"{MANIFEST}"
        ) from error
    except yaml.YAMLError as error:
        raise ModelError(f"{path} is not valid YAML: {error}") from error
    try:
        return {
            name: Model(
                name=name,
                version=str(entry["version"]),
                width=int(entry["input"]["width"]),
                height=int(entry["input"]["height"]),
                files={
                    file_format: ModelFile(folder / item["path"], str(item["sha256"]))
                    for file_format, item in entry["files"].items()
                },
                spec=entry,
            )
            for name, entry in content["models"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{path} is not a model manifest: {type(error).__name__} {error}; each entry under "
            "'models' needs version, input.width, input.height, files.<format>.path and "
            "files.<format>.sha256"
        ) from error
