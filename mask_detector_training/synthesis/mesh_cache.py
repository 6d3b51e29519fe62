# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Face meshes of the training faces, computed once and stored beside the pseudo-labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.types import WearStatus
from mask_detector_training.array_files import read_npz, save_npz
from mask_detector_training.data.datasets import Record
from mask_detector_training.data.pseudo_labels import PseudoLabels
from mask_detector_training.synthesis.face_mesh import FaceMesh
from mask_detector_training.synthesis.mask_drawing import MIN_FACE_WIDTH_PX
from mask_detector_training.synthesis.mesh_pose import MESH_POINTS

FACE_MESHES = "face_meshes.npz"
"""File of the meshes in a run folder."""
_SAME_BOX_PX = 0.5

FaceKey = tuple[str, int]
"""``Record.key`` and the index of a face in it."""


def load_face_meshes(
    records: Sequence[Record],
    pseudo_labels: Mapping[str, PseudoLabels],
    file: Path,
    model: Path | None = None,
) -> dict[FaceKey, FloatArray]:
    """The meshes (MESH_POINTS, 3) of all bare faces on which a mask can be drawn.

    Faces without a usable mesh are missing. The model runs on the faces that ``file`` lacks, and
    on those whose box has changed.

    Args:
        records: the labeled images.
        pseudo_labels: by ``Record.key``, for boxes and landmarks.
        file: ``.npz`` file of the meshes.
        model: the model file; see ``face_mesh.find_model``.

    Raises:
        ValueError: a file cannot be used.
    """
    stored = _read(file)
    missing: list[tuple[Record, list[int]]] = []
    for record in records:
        faces = [
            row for row in _bare_faces(record, pseudo_labels[record.key])
            if not _is_known(stored, record, row, pseudo_labels)
        ]  # fmt: skip
        if faces:
            missing.append((record, faces))
    if missing:
        net = FaceMesh(model)
        for record, faces in tqdm(missing, desc="face meshes", unit="image"):
            image, labels = record.load(), pseudo_labels[record.key]
            for row in faces:
                mesh = net.find(image, labels.boxes[row], labels.landmarks[row])
                unusable = np.full((MESH_POINTS, 3), np.nan, np.float32)
                stored[record.key, row] = labels.boxes[row], unusable if mesh is None else mesh
        _save(file, stored)
    wanted = {r.key for r in records}
    return {
        key: mesh
        for key, (_, mesh) in stored.items()
        if key[0] in wanted and not np.isnan(mesh).any()
    }


def _bare_faces(record: Record, labels: PseudoLabels) -> list[int]:
    """Indices of bare faces with landmarks that are wide enough for a mask."""
    return [
        row
        for row, status in enumerate(record.statuses)
        if status == WearStatus.NO_MASK.label
        and labels.boxes[row][2] >= MIN_FACE_WIDTH_PX
        and not np.isnan(labels.landmarks[row]).any()
    ]


def _is_known(
    stored: Mapping[FaceKey, tuple[FloatArray, FloatArray]],
    record: Record,
    row: int,
    pseudo_labels: Mapping[str, PseudoLabels],
) -> bool:
    if (record.key, row) not in stored:
        return False
    difference = stored[record.key, row][0] - pseudo_labels[record.key].boxes[row]
    return float(np.abs(difference).max()) < _SAME_BOX_PX


def _read(file: Path) -> dict[FaceKey, tuple[FloatArray, FloatArray]]:
    """Box (4,) and mesh (MESH_POINTS, 3), NaN where unusable, of the stored faces."""
    if not file.is_file():
        return {}
    content = read_npz(file, "keys", "rows", "boxes", "meshes")
    if content["meshes"].shape[1:] != (MESH_POINTS, 3):
        raise ValueError(f"{file} has meshes of another version; remove it to compute them anew")
    return {
        (str(key), int(row)): (box, mesh)
        for key, row, box, mesh in zip(
            content["keys"], content["rows"], content["boxes"], content["meshes"], strict=True
        )
    }


def _save(file: Path, faces: Mapping[FaceKey, tuple[FloatArray, FloatArray]]) -> None:
    order = sorted(faces)
    save_npz(
        file,
        keys=np.array([key for key, _ in order]),
        rows=np.array([row for _, row in order], np.int32),
        boxes=np.stack([faces[key][0] for key in order]).astype(np.float32),
        meshes=np.stack([faces[key][1] for key in order]).astype(np.float32),
    )
