# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics of detection, classification and calibration.

Classification metrics come from scikit-learn. Written here is what it does not have: matching
of detections with ignored faces, interpolated average precision, calibration error, and
resampling by duplicate group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sklearn.metrics

from mask_detector_ros.arrays import BoolArray, FloatArray, IntArray
from mask_detector_ros.perception.face_detector import iou_matrix

IOU_THRESHOLD = 0.5
"""Intersection over union (IoU) from which a detection matches a face."""
LOOSE_IOU = 0.3
"""The same whatever the tightness of the box."""
FALSE_POSITIVE, IGNORED = -1, -2
"""In place of a matched face: no face matches; only an ignored face matches."""
CALIBRATION_BINS = 15
BOOTSTRAP_SAMPLES = 2000


@dataclass(frozen=True, eq=False)
class LabeledDetections:
    """Detections in one image and its ground truth, for one class.

    Attributes:
        boxes: (D, 4) detected boxes, xywh in pixels.
        scores: (D,) confidence of the detections.
        ground_truth: (T, 4) labeled boxes, xywh in pixels.
        ignored: (T,) bool, labeled boxes that count neither when found nor when missed.
    """

    boxes: FloatArray
    scores: FloatArray
    ground_truth: FloatArray
    ignored: BoolArray

    def above(self, threshold: float) -> LabeledDetections:
        """Only the detections with a score of at least ``threshold``."""
        kept = self.scores >= threshold
        return LabeledDetections(
            self.boxes[kept], self.scores[kept], self.ground_truth, self.ignored
        )


def match_image(image: LabeledDetections, iou: float = IOU_THRESHOLD) -> IntArray:
    """Match the detections of an image with its faces, highest score first.

    Each face is matched at most once, by the rule of PASCAL VOC (Everingham et al., 2010, "The
    PASCAL Visual Object Classes (VOC) Challenge"); further detections of it are false positives.
    As in COCO (Lin et al., 2014, "Microsoft COCO"), a face that counts is preferred to an
    ignored one, and an ignored face can be matched repeatedly.

    Returns:
        (D,) row of the matched face, ``FALSE_POSITIVE`` or ``IGNORED``.
    """
    matches = np.full(len(image.boxes), FALSE_POSITIVE, np.int64)
    overlaps = iou_matrix(image.boxes, image.ground_truth)
    free = np.ones(len(image.ground_truth), bool)
    for row in np.argsort(-image.scores, kind="stable"):
        near = overlaps[row] >= iou
        candidates = near & free & ~image.ignored
        if candidates.any():
            matches[row] = np.argmax(np.where(candidates, overlaps[row], -1))
            free[matches[row]] = False
        elif (near & image.ignored).any():
            matches[row] = IGNORED
    return matches


def match_images(
    images: Sequence[LabeledDetections], iou: float = IOU_THRESHOLD
) -> tuple[FloatArray, BoolArray, int]:
    """Match the detections of all images.

    Returns:
        Scores (D,) of all detections that count, whether each is a true positive (D,), and
        the number of faces that count.
    """
    scores: list[FloatArray] = [np.zeros(0)]
    true_positives: list[BoolArray] = [np.zeros(0, bool)]
    faces = 0
    for image in images:
        faces += int((~image.ignored).sum())
        matches = match_image(image, iou)
        counted = matches != IGNORED
        scores.append(image.scores[counted].astype(np.float64))
        true_positives.append(matches[counted] >= 0)
    return np.concatenate(scores), np.concatenate(true_positives), faces


def precision_recall(
    images: Sequence[LabeledDetections], iou: float = IOU_THRESHOLD
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Precision-recall curve of the detections.

    Detections of equal score share one point, so the order of the images does not matter.
    scikit-learn's curve does not know faces that were never detected.

    Returns:
        Score thresholds (K,) in descending order, precision (K,) and recall (K,). Recall is
        NaN without labeled faces.
    """
    scores, true_positives, faces = match_images(images, iou)
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True)[: len(scores)])
    found = np.cumsum(true_positives[order])[last].astype(np.float64)
    recall = found / faces if faces else np.full(len(last), np.nan)
    return scores[last], found / (last + 1), recall


def average_precision(images: Sequence[LabeledDetections], iou: float = IOU_THRESHOLD) -> float:
    """Average precision (AP): area under the interpolated precision-recall curve.

    The definition of PASCAL VOC since 2010 (Everingham et al., 2010): the precision at a recall
    is the highest one at that recall or above, and every recall level counts. scikit-learn's
    ``average_precision_score`` does not interpolate. NaN without labeled faces.
    """
    if all(image.ignored.all() for image in images):
        return float("nan")
    _, precision, recall = precision_recall(images, iou)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Scores of each class, (C,).

    Attributes:
        precision: NaN for a class that is never predicted.
        recall: NaN for a class that is not labeled.
        f1: 0 for a class that is never predicted correctly.
        support: number of labeled samples.
    """

    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    support: IntArray


def class_scores(truth: IntArray, predicted: IntArray, classes: int) -> ClassScores:
    """Precision, recall, F1 and support of each class, from true and predicted classes (N,)."""
    if not len(truth):
        unknown = np.full(classes, np.nan)
        return ClassScores(unknown, unknown, np.zeros(classes), np.zeros(classes, np.int64))
    labels = range(classes)
    precision, recall, _, support = sklearn.metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=np.nan
    )
    f1 = sklearn.metrics.f1_score(truth, predicted, labels=labels, average=None, zero_division=0.0)
    return ClassScores(precision, recall, f1, support)


def confusion_matrix(truth: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """Counts (classes, classes) of true and predicted classes (N,); rows are the true classes."""
    if not len(truth):
        return np.zeros((classes, classes), np.int64)
    return np.asarray(sklearn.metrics.confusion_matrix(truth, predicted, labels=range(classes)))


def accuracy(truth: IntArray, predicted: IntArray) -> float:
    """Fraction of correct predictions; NaN without samples."""
    return float(sklearn.metrics.accuracy_score(truth, predicted)) if len(truth) else float("nan")


def macro_f1(truth: IntArray, predicted: IntArray) -> float:
    """Mean F1 over the classes that are labeled; NaN without samples."""
    if not len(truth):
        return float("nan")
    return float(
        sklearn.metrics.f1_score(
            truth, predicted, labels=np.unique(truth), average="macro", zero_division=0.0
        )
    )


def macro_f1_confidence_interval(
    truth: IntArray, predicted: IntArray, groups: Sequence[str], classes: int
) -> tuple[float, float]:
    """95 % confidence interval of the macro F1.

    Percentile bootstrap (Efron, 1979, "Bootstrap Methods: Another Look at the Jackknife") over
    duplicate groups, because the predictions within a group are correlated.

    Args:
        truth: (N,) true classes.
        predicted: (N,) predicted classes.
        groups: N names of duplicate groups; each is drawn with all of its samples.
        classes: number of classes.

    Returns:
        Lower and upper end; both NaN without samples.
    """
    if not len(truth):
        return float("nan"), float("nan")
    _, members = np.unique(np.asarray(groups), return_inverse=True)
    matrices = np.zeros((members.max() + 1, classes, classes), np.int64)
    np.add.at(matrices, (members, truth, predicted), 1)
    random = np.random.default_rng(0)
    drawn = random.integers(0, len(matrices), (BOOTSTRAP_SAMPLES, len(matrices)))
    counts = np.stack([np.bincount(sample, minlength=len(matrices)) for sample in drawn])
    resampled = _macro_f1_of_matrices(np.tensordot(counts, matrices, 1))
    low, high = np.percentile(resampled, (2.5, 97.5))
    return float(low), float(high)


def _macro_f1_of_matrices(matrices: IntArray) -> FloatArray:
    """``macro_f1`` (S,) of confusion matrices (S, C, C); thousands at once."""
    correct = np.diagonal(matrices, axis1=1, axis2=2)
    f1 = 2 * correct / np.maximum(matrices.sum(1) + matrices.sum(2), 1)
    return np.asarray(np.mean(f1, axis=1, where=matrices.sum(2) > 0))


def calibration_bins(
    probabilities: FloatArray, truth: IntArray, bins: int = CALIBRATION_BINS
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Reliability of the predicted class in bins of equal width over its probability.

    Args:
        probabilities: (N, C).
        truth: (N,) true classes.
        bins: number of bins from 0 to 1.

    Returns:
        Per bin: number of samples, their mean probability and their accuracy; the latter two
        are NaN in empty bins.
    """
    confidence = probabilities.max(1)
    correct = probabilities.argmax(1) == truth
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(index, minlength=bins)
    divisor = np.where(counts > 0, counts, np.nan)
    mean_confidence = np.bincount(index, confidence, bins) / divisor
    return counts, mean_confidence, np.bincount(index, correct, bins) / divisor


def calibration_error(
    probabilities: FloatArray, truth: IntArray, bins: int = CALIBRATION_BINS
) -> float:
    """Expected calibration error (ECE) of the predicted class.

    Mean difference of probability and accuracy over the bins of ``calibration_bins``, weighted
    by their number of samples (Guo et al., 2017, "On Calibration of Modern Neural Networks").

    Args:
        probabilities: (N, C).
        truth: (N,) true classes.
        bins: number of bins from 0 to 1.
    """
    counts, confidence, correct = calibration_bins(probabilities, truth, bins)
    return float(np.nansum(counts * np.abs(confidence - correct)) / max(counts.sum(), 1))


def recall_at_false_positive_rate(
    scores: FloatArray, positives: BoolArray, rate: float = 0.01
) -> float:
    """Highest recall with a false positive rate of at most ``rate``.

    Args:
        scores: (N,), higher for likelier positives.
        positives: (N,) bool, the ground truth.
        rate: largest fraction of the negatives that may be taken for positives.

    Returns:
        The recall; NaN without positives or without negatives.
    """
    if positives.all() or not positives.any():
        return float("nan")
    false_positive_rate, recall, _ = sklearn.metrics.roc_curve(
        positives, scores, drop_intermediate=False
    )
    return float(recall[false_positive_rate <= rate].max())
