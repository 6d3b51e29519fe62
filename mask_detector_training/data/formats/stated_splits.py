# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The splits that a data set states: in folder names, lists, ``data.yaml`` or label files.

Recognized are ``images/train`` or ``train/images``, the keys ``train``, ``val`` and ``test`` of
``data.yaml`` (folders or lists), ``ImageSets/Main/train.txt`` of PASCAL VOC, ``train.txt`` and
``obj.data`` of Darknet, names of label files such as ``instances_val2017.json`` or
``train_labels.csv``, and ``subset`` of CVAT. What states something else about an image is a fault.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from mask_detector_training.data.formats.class_files import YAML, yaml_with_names
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_files import ImageIndex
from mask_detector_training.data.formats.labeled_image import LabeledImage
from mask_detector_training.data.formats.split_names import SPLITS, split_named
from mask_detector_training.data.formats.text_files import portable_path, read_label_text
from mask_detector_training.data.formats.tree import files_in, subfolders, walk_files

TWO_SPLITS = "image in two splits"
IN_NO_SPLIT = "labeled images that no split contains were left out"
NOT_LABELED = "entries of split lists without a labeled image"
TRAINVAL = "trainval"

Stated = dict[Path, dict[str, str]]
"""Image -> split -> what states it."""


def divide(
    images: Sequence[LabeledImage], folder: Path, faults: Faults
) -> dict[str, list[LabeledImage]]:
    """The labeled images by split; ``""`` if no split is stated.

    Args:
        images: the labeled images.
        folder: the folder of the data set.
        faults: gets images in two splits, and notes on images in none.
    """
    stated = stated_splits([labeled.image for labeled in images], folder, faults)
    for labeled in images:
        stated[labeled.image] = {**stated.get(labeled.image, {}), **labeled.splits}
    parts: dict[str, list[LabeledImage]] = {split: [] for split in ("", *SPLITS)}
    for labeled in images:
        splits = stated[labeled.image]
        if len(splits) > 1:
            where = " and ".join(f"in {split} ({what})" for split, what in splits.items())
            faults.errors.append(
                LabelError(TWO_SPLITS, f"{labeled.image} is {where}; correct one of them")
            )
            faults.left_out += 1
        else:
            parts[next(iter(splits), "")].append(labeled)
    divided = {split: part for split, part in parts.items() if part and split}
    if not divided or (list(divided) == ["train"] and _is_only_a_list(parts, folder)):
        return {"": [labeled for part in parts.values() for labeled in part]}
    for labeled in parts[""]:
        faults.note(IN_NO_SPLIT, str(labeled.image))
    return divided


def _is_only_a_list(parts: dict[str, list[LabeledImage]], folder: Path) -> bool:
    """Whether a list or ``data.yaml`` calls all images train, as tools do without any split."""
    in_folders = any(_folders(labeled.image, folder) for labeled in parts["train"])
    return not parts[""] and not in_folders and not any(i.splits for i in parts["train"])


def _folders(image: Path, folder: Path) -> dict[str, str]:
    """The splits that the folders of an image name, and those folders."""
    named = ((split_named(part), part) for part in image.relative_to(folder).parts[:-1])
    return {split: f"folder {part}/" for split, part in named if split}


def stated_splits(images: Sequence[Path], folder: Path, faults: Faults) -> Stated:
    """What folders and lists state about images."""
    stated: Stated = defaultdict(dict)
    for image in images:
        stated[image].update(_folders(image, folder))
    for base in _bases(folder):
        inside = [image for image in images if base in image.parents]
        if inside:
            _add_listed(stated, base, inside, faults)
    return stated


def _bases(folder: Path) -> list[Path]:
    """The folder, and those below it that can be the folder of a whole data set.

    ``VOCdevkit`` has them in ``VOC2007``; many archives have one more folder around all. A folder
    of a split is none.
    """
    found = {folder}
    for file in walk_files(folder, [".txt", ".data", *YAML]):
        above = [path for path in file.parents if path.name.lower() == "imagesets"]
        base = above[-1].parent if above else file.parent
        if not any(map(split_named, base.relative_to(folder).parts)):
            found.add(base)
    return sorted(found)


def _add_listed(stated: Stated, folder: Path, images: Sequence[Path], faults: Faults) -> None:
    """Add what the lists and YAML files of a data set's folder state about the images in it."""
    index = ImageIndex(folder, images)
    beside = {image.stem for image in images if image.parent == folder}
    places = [place for place in _places(folder) if place[1].stem not in beside]
    # What is in trainval and not in val is for training.
    for split, place, source in sorted(places, key=lambda place: place[0] == TRAINVAL):
        if place.is_dir():
            for image in images:
                if place in image.parents:
                    stated[image].setdefault(split, source)
        else:
            for image in _listed(place, index, faults):
                if split != TRAINVAL:
                    stated[image].setdefault(split, source)
                elif not stated[image]:
                    stated[image]["train"] = source


def _places(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """Split, its folder or list, and what states it."""
    explicit = [*_of_yaml(folder), *_of_obj_data(folder)]
    yield from explicit
    named = {place for _, place, _ in explicit}
    for path in files_in(folder, [".txt"]):
        split = split_named(path.stem)
        if split and path not in named:
            yield split, path, path.name
    for sets in (path for path in subfolders(folder) if path.name.lower() == "imagesets"):
        main = [path for path in subfolders(sets) if path.name.lower() == "main"]
        for path in files_in(main[0] if main else sets, [".txt"]):
            name = TRAINVAL if path.stem.lower() == TRAINVAL else split_named(path.stem)
            if name:
                yield name, path, str(path.relative_to(folder))


def _of_yaml(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """The folders and lists that ``data.yaml`` names."""
    for file in files_in(folder, YAML):
        for key, value in (yaml_with_names(file) or {}).items():
            split = split_named(str(key))
            for entry in value if isinstance(value, list) else [value]:
                place = locate(entry, folder) if split and isinstance(entry, str) else None
                if split and place is not None:
                    yield split, place, f"{key} in {file.name}"


def _of_obj_data(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """The lists that Darknet's ``obj.data`` names."""
    for file in files_in(folder, [".data"]):
        for line in read_label_text(file).split("\n"):
            key, _, value = line.partition("=")
            split = split_named(key.strip())
            place = locate(value, folder) if split else None
            if split and place is not None:
                yield split, place, f"{key.strip()} in {file.name}"


def locate(name: str, folder: Path) -> Path | None:
    """The file or folder that a path in a data set means, also if it is of another computer."""
    parts = [part for part in portable_path(name).parts if part not in ("/", ".", "..")]
    for start in range(len(parts)):
        place = folder.joinpath(*parts[start:])
        if place.exists():
            return place
    return None


def _listed(file: Path, index: ImageIndex, faults: Faults) -> Iterator[Path]:
    """The labeled images in a list: one path or name per line, possibly with a flag of VOC."""
    for number, line in enumerate(read_label_text(file).split("\n"), start=1):
        name = line.strip()
        if not name:
            continue
        found = index.matches(name) or index.matches(re.sub(r"\s+-?[01]$", "", name))
        if not found:
            faults.note(NOT_LABELED, f"{name} in {file} line {number}")
        elif len(found) > 1:
            shown = " and ".join(map(str, found))
            faults.errors.append(
                LabelError(
                    "ambiguous entry of a split list",
                    f"{file} line {number}: {name} can be {shown}; give its folder",
                )
            )
        else:
            yield found[0]
