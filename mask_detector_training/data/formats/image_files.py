# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finding the image files of labels."""

from __future__ import annotations

import filecmp
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from mask_detector_ros.images.image_files import SUFFIXES
from mask_detector_training.data.formats.faults import LabelError
from mask_detector_training.data.formats.split_names import split_named
from mask_detector_training.data.formats.text_files import portable_path
from mask_detector_training.data.formats.tree import files_in, subfolders, walk_files

MISSING = "image is missing"
AMBIGUOUS = "more than one image for a label"
IMAGE_FOLDERS = ("images", "jpegimages", "image", "imgs", "img")
"""Names, in lower case, of folders of images beside a folder of label files."""
LABEL_FOLDERS = ("labels", "annotations", "annotation", "label", "xml", "xmls", "ann", "anns")
"""Names, in lower case, of folders of label files beside a folder of images."""


def _is_one(folder: str, names: Sequence[str]) -> bool:
    """Whether a folder's name is one of the names, or has one as a word: ``train_images``."""
    return not set(re.split(r"[^a-z]+", folder.lower())).isdisjoint(names)


def without_suffix(name: str) -> str:
    """A file name without the suffix of an image; any other suffix stays."""
    return Path(name).stem if Path(name).suffix.lower() in SUFFIXES else name


def name_key(name: str) -> str:
    """A file name for comparison: without case, and with composed characters (NFC).

    macOS writes "ü" as two characters, so images and labels of two computers may differ in that.
    """
    return unicodedata.normalize("NFC", name).lower()


class ImageFinder:
    """Finds image files by stem in given folders; lists every folder only once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, list[Path]]] = {}
        self._folders: dict[Path, list[Path]] = {}

    def find(self, stem: str, folders: Iterable[Path]) -> list[Path]:
        """The image files with a stem in the folders; of copies with equal content the first.

        Files that differ only in case are the same for labels from other systems; one with
        exactly this stem comes before them.
        """
        found = [p for f in dict.fromkeys(folders) for p in self._list(f).get(name_key(stem), [])]
        found = [path for path in found if path.stem == stem] or found
        different = found[:1]
        for path in found[1:]:
            if not any(filecmp.cmp(path, other, shallow=False) for other in different):
                different.append(path)
        return different

    def of_label_file(self, file: Path, folder: Path) -> list[Path]:
        """The images that fit the name of a label file, ``a.txt`` or ``a.jpg.txt``, by stem.

        Args:
            file: a label file in ``folder``.
            folder: the folder of the data set.
        """
        return self.find(without_suffix(file.stem), self.folders_of(file, folder))

    def folders_of(self, file: Path, folder: Path) -> list[Path]:
        """Folders where the image of a label file may be, the most likely first.

        ``images/train`` for ``labels/train``, ``train_images`` for ``train_labels``, where such
        folders exist, then the label file's own folder.
        """
        if file.parent not in self._folders:
            parts = file.parent.relative_to(folder).parts
            found = [
                path.joinpath(*parts[index + 1 :])
                for index, part in enumerate(parts)
                if _is_one(part, LABEL_FOLDERS)
                for path in subfolders(folder.joinpath(*parts[:index]))
                if _is_one(path.name, IMAGE_FOLDERS)
                and split_named(path.name) in (None, split_named(part))
            ]
            self._folders[file.parent] = [*found, file.parent]
        return self._folders[file.parent]

    def _list(self, folder: Path) -> dict[str, list[Path]]:
        if folder not in self._listed:
            files: dict[str, list[Path]] = defaultdict(list)
            for path in files_in(folder, SUFFIXES) if folder.is_dir() else ():
                files[name_key(path.stem)].append(path)
            self._listed[folder] = files
        return self._listed[folder]


def only_image(found: Sequence[Path], where: str, wanted: str, places: str) -> Path:
    """The only image found for a label.

    Args:
        found: the images that fit.
        where: the label, for the message.
        wanted: name of the image in the label; "" if it has none.
        places: where it was searched.

    Raises:
        LabelError: there is none, or more than one.
    """
    if not found:
        raise LabelError(
            MISSING,
            f"{where}: its image{f' {wanted!r}' if wanted else ''} is {places}; add the image or "
            "remove the label",
        )
    if len(found) > 1:
        raise LabelError(
            AMBIGUOUS,
            f"{where}: {' and '.join(map(str, found))} fit; keep one of them, or give each its "
            "own name and label file",
        )
    return found[0]


def have_folders(names: Iterable[object]) -> bool:
    """Whether some of the names of images in a label file are paths."""
    return any(isinstance(name, str) and len(portable_path(name).parts) > 1 for name in names)


class ImageIndex:
    """All image files of a folder, found by the paths that label files give them."""

    def __init__(self, folder: Path, images: Iterable[Path] | None = None) -> None:
        """Index the images of a folder: the given ones, or all."""
        self._folder = folder
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        for path in walk_files(folder, SUFFIXES) if images is None else images:
            self._by_stem[name_key(path.stem)].append(path)

    def matches(self, name: str) -> list[Path]:
        """The images that fit a path in a label file best.

        The file name must be equal except for case; a name without the suffix of an image may
        have any. Of several, those are taken that have the most folders in common with the path.
        """
        wanted = portable_path(name)
        stem = without_suffix(wanted.name)
        found = self._by_stem.get(name_key(stem), [])
        if stem != wanted.name:
            found = [path for path in found if name_key(path.name) == name_key(wanted.name)]
        found = [path for path in found if path.name == wanted.name] or found
        shared = [self._shared_folders(path, wanted.parts[:-1]) for path in found]
        return [p for p, count in zip(found, shared, strict=True) if count == max(shared)]

    def find(
        self,
        name: str,
        where: str,
        near: Path,
        split: str | None = None,
        *,
        whole_paths: bool = False,
    ) -> Path:
        """The image of a path in a label file.

        Args:
            name: the path in the label file.
            where: the label, for messages.
            near: folder of the label file; of several images those in it are taken.
            split: of several images, those in a folder of this split are taken.
            whole_paths: the label file names the folders of images, so that a name without one is
                that of an image in none but ``images``.

        Raises:
            LabelError: there is no such image, or more than one.
        """
        found = self.matches(name)
        below = [path for path in found if near in path.parents]
        of_split = [
            path
            for path in found
            if split in map(split_named, path.relative_to(self._folder).parts)
        ]
        for fewer in (of_split if split else [], below):
            if len(found) > 1 and fewer:
                found = [path for path in found if path in fewer]
        if len(found) > 1 and whole_paths:
            folders = portable_path(name).parts[:-1]
            found = [path for path in found if self._folders(path) == folders] or found
        return only_image(found, where, name, f"not in {self._folder}")

    def _folders(self, path: Path) -> tuple[str, ...]:
        """The folders of an image, without those whose names say nothing about it."""
        own = path.parent.relative_to(self._folder).parts
        return tuple(part for part in own if part.lower() not in IMAGE_FOLDERS)

    def _shared_folders(self, path: Path, wanted: tuple[str, ...]) -> int:
        own = path.parent.relative_to(self._folder).parts
        count = 0
        for one, other in zip(reversed(own), reversed(wanted), strict=False):
            if name_key(one) != name_key(other):
                break
            count += 1
        return count
