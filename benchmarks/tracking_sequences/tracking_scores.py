# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of tracking and of the status over time, from ground truth and predictions.

Tracking: IDF1 (Ristani et al., 2016, "Performance Measures and a Data Set for Multi-Target,
Multi-Camera Tracking"), id switches (Bernardin and Stiefelhagen, 2008, "Evaluating Multiple
Object Tracking Performance: The CLEAR MOT Metrics") and id transfers (``num_transfer`` of
py-motmetrics). HOTA is in ``hota.py``. Status: flips, time to decide, false alarms and missed
violations.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.types import WearStatus

MATCH_IOU = 0.3
"""Minimum IoU of a match. Below the usual 0.5, since boxes of small faces are noisy."""
MAX_ABSENCE_S = 1.5
"""A person who was out of sight for longer counts as a new person."""
MIN_CLEAR_S = 1.5
"""Time for which a violation must be clearly visible before it can count as missed."""
ALARM_DELAY_S = 1.0
"""A violation reported for this long after the mask was put on correctly is no false alarm."""
MAX_FRAME_S = 0.5
"""Maximum duration of one frame, so that gaps in a sequence do not count."""
NO_BOX = np.zeros(4)


@dataclass(frozen=True)
class FaceObservation:
    """One face of one frame: ground truth, prediction, or both if they match.

    Attributes:
        person: ground-truth person; None for a false positive.
        required: whether the person must be tracked; otherwise the face is ignored.
        clear: whether the face is visible well enough to be classified.
        true_status: ground-truth wear status.
        track_id: predicted person id; None where missed or without an id yet.
        reported_status: predicted wear status; UNKNOWN where missed.
        true_box: xywh in pixels; used for HOTA only.
        reported_box: xywh in pixels; used for HOTA only.
    """

    person: Hashable | None
    required: bool
    clear: bool
    true_status: WearStatus
    track_id: Hashable | None
    reported_status: WearStatus
    true_box: FloatArray = field(default_factory=NO_BOX.copy, compare=False)
    reported_box: FloatArray = field(default_factory=NO_BOX.copy, compare=False)

    @property
    def counts_as_truth(self) -> bool:
        """Whether this is a ground-truth face of the tracking scores."""
        return self.person is not None and self.required

    @property
    def counts_as_prediction(self) -> bool:
        """Whether this is a prediction of the tracking scores; matches of ignored faces are not."""
        return self.track_id is not None and (self.required or self.person is None)


History = Sequence[tuple[float, Sequence[FaceObservation]]]
"""Stamp in seconds and observations of each frame, in order of time."""


@dataclass
class TrackingCounts:
    """Counts over one or more sequences, from which the scores are computed."""

    id_true_positives: int = 0
    """Faces whose id is the one assigned to their person for the whole sequence."""
    truths: int = 0
    predictions: int = 0
    id_switches: int = 0
    """How often the id of a person changed."""
    id_transfers: int = 0
    """How often an id went from one person to another."""
    status_flips: int = 0
    person_seconds: float = 0.0
    false_alarms: int = 0
    correct_seconds: float = 0.0
    violations: int = 0
    missed_violations: int = 0
    decision_times: list[float] = field(default_factory=list)
    """Seconds from the first clear view to the correct status, one per person and status."""

    def __add__(self, other: TrackingCounts) -> TrackingCounts:
        return TrackingCounts(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    @property
    def idf1(self) -> float:
        """F1 score of the predicted ids."""
        return 2 * self.id_true_positives / max(self.truths + self.predictions, 1)

    @property
    def flips_per_minute(self) -> float:
        """Changes of the reported status beyond the true ones, per minute and visible person."""
        return 60 * self.status_flips / max(self.person_seconds, 1e-9)

    @property
    def false_alarms_per_hour(self) -> float:
        """Violations reported of people who wear the mask correctly, per hour they are visible."""
        return 3600 * self.false_alarms / max(self.correct_seconds, 1e-9)

    @property
    def missed_fraction(self) -> float:
        """Fraction of the clearly visible violations that were never reported as a violation."""
        return self.missed_violations / max(self.violations, 1)

    def decision_time(self, quantile: float) -> float:
        """Quantile of the decision times, 0.5 for the median; seconds, NaN without any."""
        return float(np.quantile(self.decision_times, quantile)) if self.decision_times else np.nan


def match_boxes(true: FloatArray, predicted: FloatArray) -> list[tuple[int, int]]:
    """Pairs of rows of ground-truth and predicted boxes that are the same face.

    As many pairs with an IoU of at least ``MATCH_IOU`` as possible, and of those assignments the
    one with the largest total IoU.

    Args:
        true: (N, 4) xywh.
        predicted: (M, 4) xywh.
    """
    overlaps = iou_matrix(true, predicted).astype(np.float64)
    allowed = overlaps >= MATCH_IOU
    # The penalty outweighs any total IoU, so that the number of pairs comes first.
    rows, columns = linear_sum_assignment(np.where(allowed, overlaps, -1e6), maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [pair for pair in pairs if allowed[pair]]


def count_tracking(history: History) -> TrackingCounts:
    """Counts of one sequence."""
    counts = TrackingCounts()
    _count_transfers(history, counts)
    history = split_returning_people(history)
    _count_ids(history, counts)
    by_person: dict[Hashable, list[tuple[float, FaceObservation]]] = defaultdict(list)
    for stamp, faces in history:
        for face in faces:
            if face.person is not None:
                by_person[face.person].append((stamp, face))
    for observations in by_person.values():
        _count_statuses(observations, counts)
    return counts


def split_returning_people(history: History) -> History:
    """The same history, in which a person who returns after an absence is a new person."""
    last: dict[Hashable, float] = {}
    visits: Counter[Hashable] = Counter()
    renamed = []
    for stamp, faces in history:
        row = []
        for face in faces:
            if face.person is not None:
                if face.required:
                    absence = stamp - last.get(face.person, stamp)
                    visits[face.person] += absence > MAX_ABSENCE_S
                    last[face.person] = stamp
                face = replace(face, person=(face.person, visits[face.person]))
            row.append(face)
        renamed.append((stamp, row))
    return renamed


def _count_transfers(history: History, counts: TrackingCounts) -> None:
    owner: dict[Hashable, Hashable] = {}
    for _, faces in history:
        for face in faces:
            if face.person is None or face.track_id is None:
                continue
            if face.required:
                counts.id_transfers += owner.get(face.track_id, face.person) != face.person
            if face.required or face.track_id not in owner:
                owner[face.track_id] = face.person


def _count_ids(history: History, counts: TrackingCounts) -> None:
    together: Counter[tuple[Hashable, Hashable]] = Counter()
    last: dict[Hashable, Hashable] = {}
    for _, faces in history:
        for face in faces:
            counts.truths += face.counts_as_truth
            counts.predictions += face.counts_as_prediction
            if face.person is None or face.track_id is None or not face.required:
                continue
            together[face.person, face.track_id] += 1
            counts.id_switches += last.get(face.person, face.track_id) != face.track_id
            last[face.person] = face.track_id
    people = list(dict.fromkeys(person for person, _ in together))
    ids = list(dict.fromkeys(track_id for _, track_id in together))
    if together:
        table = np.array([[together[person, track_id] for track_id in ids] for person in people])
        counts.id_true_positives += int(table[linear_sum_assignment(table, maximize=True)].sum())


def _count_statuses(
    history: Sequence[tuple[float, FaceObservation]], counts: TrackingCounts
) -> None:
    """Count flips, decision times, false alarms and missed violations of one person."""
    reported = [f.reported_status for _, f in history if f.reported_status != WearStatus.UNKNOWN]
    true = [face.true_status for _, face in history]
    changes = [sum(a != b for a, b in pairwise(values)) for values in (reported, true)]
    counts.status_flips += max(0, changes[0] - changes[1])
    for (before, face), (after, _) in pairwise(history):
        seconds = min(after - before, MAX_FRAME_S)
        counts.person_seconds += seconds
        counts.correct_seconds += seconds * (face.true_status == WearStatus.CORRECT)
    alarm, correct_since = False, history[0][0]
    for stamp, face in history:
        if face.true_status != WearStatus.CORRECT:
            alarm, correct_since = face.reported_status.is_violation, stamp
        elif face.reported_status.is_violation:
            counts.false_alarms += not alarm and stamp - correct_since > ALARM_DELAY_S
            alarm = True
        elif face.reported_status == WearStatus.CORRECT:
            alarm = False
    for episode in _episodes(history):
        _count_episode(episode, counts)


def _episodes(
    history: Sequence[tuple[float, FaceObservation]],
) -> list[list[tuple[float, FaceObservation]]]:
    """Split the history of a person wherever the true status changes."""
    episodes: list[list[tuple[float, FaceObservation]]] = []
    for item in history:
        if not episodes or episodes[-1][-1][1].true_status != item[1].true_status:
            episodes.append([])
        episodes[-1].append(item)
    return episodes


def _count_episode(
    episode: Sequence[tuple[float, FaceObservation]], counts: TrackingCounts
) -> None:
    """Count the decision time and a missed violation, if the face is clear for long enough."""
    clear = [stamp for stamp, face in episode if face.clear]
    watched = sum(min(b - a, MAX_FRAME_S) for a, b in pairwise(clear))
    if watched < MIN_CLEAR_S:
        return
    correct = [stamp for stamp, face in episode if face.reported_status == face.true_status]
    if correct:
        counts.decision_times.append(max(0.0, correct[0] - clear[0]))
    if episode[0][1].true_status.is_violation:
        counts.violations += 1
        counts.missed_violations += not any(f.reported_status.is_violation for _, f in episode)
