# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files with the class names of YOLO labels, which must agree where there are several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mask_detector_training.data.formats.faults import LabelError
from mask_detector_training.data.formats.split_names import split_named
from mask_detector_training.data.formats.text_files import read_label_text
from mask_detector_training.data.formats.tree import files_in, walk_files

YAML = (".yaml", ".yml")
LISTS = ("classes.txt", "obj.names", "_darknet.labels")
"""Files with one class name per line; any other ``*.names`` file is one too."""
EXPECTED = "classes.txt, obj.names, _darknet.labels or data.yaml"


@dataclass(frozen=True)
class ClassFile:
    """The class names of YOLO labels.

    Attributes:
        path: the file that contains them.
        names: name by class index.
        keypoints: number of keypoints and of values of each; None if not stated.
    """

    path: Path
    names: dict[int, str]
    keypoints: tuple[int, int] | None = None


class _Loader(yaml.SafeLoader):
    """Loads YAML, and refuses a key that is in a mapping twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        repeated = next((key for key in keys if keys.count(key) > 1), None)
        if repeated is not None:
            raise yaml.YAMLError(f"line {node.start_mark.line + 1}: {repeated!r} is there twice")
        return dict(super().construct_mapping(node, deep))


def is_class_list(path: Path) -> bool:
    """Whether a file has one class name per line, by its name."""
    return path.name.lower() in LISTS or path.suffix.lower() == ".names"


def find_class_files(folder: Path) -> list[Path]:
    """The files of class names in a folder and below; else, or for a split, those above it.

    A folder named like a split belongs to the data set above it, so files there count as well.
    """
    below = walk_files(folder, (".txt", ".names", ".labels", *YAML))
    found = [path for path in below if _has_names(path)]
    if not found or split_named(folder.name):
        above = files_in(folder.parent, (".txt", ".names", ".labels", *YAML))
        found += [path for path in above if _has_names(path)]
    return found


def read_class_file(folder: Path) -> ClassFile:
    """The class names of a folder of YOLO labels.

    Raises:
        ValueError: there are none, they cannot be read, or two files disagree.
    """
    paths = find_class_files(folder)
    if not paths:
        raise ValueError(
            f"{folder} holds YOLO labels, but no file of class names; expected "
            f"{EXPECTED.replace(' or ', ', ')} in it or in the folder above, "
            "with the names in the order of the class indices"
        )
    files = [_read(path) for path in paths]
    first = files[0]
    for other in files[1:]:
        if _comparable(other) != _comparable(first):
            raise ValueError(
                f"two files state different class names: {first.path} has {_shown(first)}, "
                f"{other.path} has {_shown(other)}; remove or correct one of them"
            )
    with_keypoints = [file for file in files if file.keypoints]
    if len({file.keypoints for file in with_keypoints}) > 1:
        shown = ", ".join(f"{file.path} {file.keypoints}" for file in with_keypoints)
        raise ValueError(f"files state different kpt_shape: {shown}; correct one of them")
    return (with_keypoints or files)[0]


def load_yaml(path: Path) -> dict[str, Any] | None:
    """The content of a YAML file; None if it is not a mapping.

    Raises:
        LabelError: it is not YAML.
    """
    try:
        content = yaml.load(read_label_text(path), _Loader)
    except (yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        if isinstance(error, LabelError):
            raise
        raise LabelError(
            "data.yaml cannot be read", f"{path} has no class names: {error}; expected names"
        ) from error
    return content if isinstance(content, dict) else None


def yaml_with_names(path: Path) -> dict[str, Any] | None:
    """The content of a YAML file that has class names; None for one of another program.

    Ultralytics writes ``args.yaml`` with ``names:`` and nothing behind it.
    """
    try:
        content = load_yaml(path)
    except LabelError:
        return None
    return content if content and content.get("names") is not None else None


def _has_names(path: Path) -> bool:
    if path.suffix.lower() in YAML:
        return path.stem.lower() in ("data", "dataset") or yaml_with_names(path) is not None
    return is_class_list(path)


def _read(path: Path) -> ClassFile:
    if path.suffix.lower() not in YAML:
        lines = read_label_text(path).rstrip().split("\n")
        return ClassFile(path, {index: line.strip() for index, line in enumerate(lines)})
    content = load_yaml(path) or {}
    if "names" not in content:
        raise ValueError(f"{path} has no class names: expected names, a list or numbered")
    names = _names(path, content["names"])
    count = content.get("nc")
    if isinstance(count, int) and count != len(names):
        raise ValueError(f"{path}: nc is {count}, but names has {len(names)}; correct one of them")
    shape = content.get("kpt_shape")
    if shape is None:
        return ClassFile(path, names)
    if not (
        isinstance(shape, Sequence) and len(shape) == 2 and all(isinstance(n, int) for n in shape)
    ):
        raise ValueError(f"{path}: kpt_shape must be [keypoints, 2 or 3], not {shape!r}")
    return ClassFile(path, names, (shape[0], shape[1]))


def _names(path: Path, listed: object) -> dict[int, str]:
    if isinstance(listed, list):
        return {index: str(name) for index, name in enumerate(listed)}
    if isinstance(listed, dict):
        try:
            return {int(index): str(name) for index, name in listed.items()}
        except (TypeError, ValueError):
            pass
    raise ValueError(f"{path}: names must be a list, not {listed!r}, or numbered from 0")


def _comparable(file: ClassFile) -> dict[int, str]:
    return {index: re.sub(r"[\s\-_]+", "_", n.lower()) for index, n in file.names.items()}


def _shown(file: ClassFile) -> str:
    return "[" + ", ".join(file.names.values()) + "]"
