# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well people were followed and told: IDF1, id switches, flips, time to decide, alarms."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise

import numpy as np

from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.types import FloatArray, WearStatus
from tracking_sequences.assignment import optimal

MATCH_IOU = 0.3
"""Overlap from which a reported box is the true one: small boxes never agree exactly."""
ABSENCE = 1.5
"""Seconds out of sight after which nobody can be known again: a new person by right."""
PATIENCE = 1.5
"""Seconds a violation has to be seen well to count as missed if nothing is said of it."""


@dataclass(frozen=True)
class Seen:
    """One face of one frame: who it truly is, or what was reported, or both.

    Attributes:
        person: who it is in truth; None for a false box.
        shown: whether it has to be followed.
        well: whether it is seen well enough to be told.
        true: how the mask is worn in truth.
        id: of the reported person; None where the face was missed or has no id yet.
        told: the reported status, UNKNOWN where missed.
    """

    person: Hashable | None
    shown: bool
    well: bool
    true: WearStatus
    id: Hashable | None
    told: WearStatus


@dataclass
class Counts:
    """Sums over sequences; figures are taken from them at the end."""

    right: int = 0
    """Faces with the id that is best for their person over the whole sequence."""
    truths: int = 0
    reports: int = 0
    switches: int = 0
    flips: int = 0
    person_seconds: float = 0.0
    alarms: int = 0
    correct_seconds: float = 0.0
    violations: int = 0
    missed: int = 0
    waits: list[float] = field(default_factory=list)
    """Seconds from being seen well to the right status, per person and way of wearing."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    @property
    def idf1(self) -> float:
        """Harmonic mean of the parts of true and reported faces whose ids agree."""
        return 2 * self.right / max(self.truths + self.reports, 1)

    @property
    def flips_per_minute(self) -> float:
        """Changes of the told status beyond the true ones, per minute of a person in sight."""
        return 60 * self.flips / max(self.person_seconds, 1e-9)

    @property
    def alarms_per_hour(self) -> float:
        """Violations begun for people who wear the mask correctly, per hour they are seen."""
        return 3600 * self.alarms / max(self.correct_seconds, 1e-9)

    @property
    def missed_part(self) -> float:
        """Part of the violations seen well that were never told as any violation."""
        return self.missed / max(self.violations, 1)

    def wait(self, quantile: float) -> float:
        """Seconds to decide: 0.5 is the median."""
        return float(np.quantile(self.waits, quantile)) if self.waits else float("nan")


def pair_boxes(true: FloatArray, reported: FloatArray) -> list[tuple[int, int]]:
    """Rows of true and reported boxes (xywh) that are the same face."""
    overlaps = iou_matrix(true, reported)
    return optimal(-overlaps, overlaps >= MATCH_IOU)


def score(frames: Sequence[tuple[float, Sequence[Seen]]]) -> Counts:
    """The counts of one sequence of (stamp, faces) in order of time."""
    counts = Counts()
    frames = _as_new_after_absence(frames)
    _count_ids(frames, counts)
    by_person: dict[Hashable, list[tuple[float, Seen]]] = defaultdict(list)
    for stamp, faces in frames:
        for face in faces:
            if face.person is not None:
                by_person[face.person].append((stamp, face))
    for history in by_person.values():
        _count_statuses(history, counts)
    return counts


def _as_new_after_absence(
    frames: Sequence[tuple[float, Sequence[Seen]]],
) -> list[tuple[float, list[Seen]]]:
    """The same with another name for people who come back after having been out of sight."""
    last: dict[Hashable, float] = {}
    visits: Counter[Hashable] = Counter()
    renamed = []
    for stamp, faces in frames:
        row = []
        for face in faces:
            if face.person is not None:
                if face.shown:
                    visits[face.person] += stamp - last.get(face.person, stamp) > ABSENCE
                    last[face.person] = stamp
                face = replace(face, person=(face.person, visits[face.person]))
            row.append(face)
        renamed.append((stamp, row))
    return renamed


def _count_ids(frames: Sequence[tuple[float, Sequence[Seen]]], counts: Counts) -> None:
    together: Counter[tuple[Hashable, Hashable]] = Counter()
    last: dict[Hashable, Hashable] = {}
    for _, faces in frames:
        for face in faces:
            counts.truths += face.shown
            # Poor faces need not be followed; it is no mistake to do so.
            counts.reports += face.id is not None and (face.shown or face.person is None)
            if face.person is None or face.id is None or not face.shown:
                continue
            together[face.person, face.id] += 1
            counts.switches += last.get(face.person, face.id) != face.id
            last[face.person] = face.id
    people = sorted({str(p): p for p, _ in together}.items())
    ids = sorted({str(i): i for _, i in together}.items())
    if together:
        table = np.array([[together[p, i] for _, i in ids] for _, p in people])
        counts.right += int(sum(table[pair] for pair in optimal(-table, table > 0)))


def _count_statuses(history: list[tuple[float, Seen]], counts: Counts) -> None:
    """Flips, waits, alarms and misses of one person, seen at these times."""
    told = [face.told for _, face in history if face.told != WearStatus.UNKNOWN]
    true = [face.true for _, face in history]
    changes = [sum(a != b for a, b in pairwise(values)) for values in (told, true)]
    counts.flips += max(0, changes[0] - changes[1])
    for (before, face), (after, _) in pairwise(history):
        seconds = min(after - before, 0.5)
        counts.person_seconds += seconds
        counts.correct_seconds += seconds * (face.true == WearStatus.CORRECT)
    accused, correct_since = False, history[0][0]
    for stamp, face in history:
        if face.true != WearStatus.CORRECT:
            accused, correct_since = face.told.is_violation, stamp
        elif face.told.is_violation:
            # Who has only just put the mask on is not accused falsely.
            counts.alarms += not accused and stamp - correct_since > 1.0
            accused = True
        elif face.told == WearStatus.CORRECT:
            accused = False
    for episode in _episodes(history):
        _count_episode(episode, counts)


def _episodes(history: list[tuple[float, Seen]]) -> list[list[tuple[float, Seen]]]:
    """Split where the mask is worn differently."""
    episodes: list[list[tuple[float, Seen]]] = []
    for item in history:
        if not episodes or episodes[-1][-1][1].true != item[1].true:
            episodes.append([])
        episodes[-1].append(item)
    return episodes


def _count_episode(episode: list[tuple[float, Seen]], counts: Counts) -> None:
    """Wait and miss of one way of wearing; only those that are seen well for long enough."""
    well = [stamp for stamp, face in episode if face.well]
    watched = sum(min(b - a, 0.5) for a, b in pairwise(well))
    if watched < PATIENCE:
        return
    right = [stamp for stamp, face in episode if face.told == face.true]
    if right:
        counts.waits.append(max(0.0, right[0] - well[0]))
    if episode[0][1].true.is_violation:
        counts.violations += 1
        counts.missed += not any(face.told.is_violation for _, face in episode)
