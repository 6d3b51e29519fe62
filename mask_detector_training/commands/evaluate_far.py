# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate far``."""

from __future__ import annotations

import argparse
from typing import Any

from mask_detector_training.commands.common import check_installed, models_folder
from mask_detector_training.commands.evaluate_options import (
    add_common,
    add_images,
    add_json,
    add_kind,
    load_records,
    print_report,
)

ABOUT = (
    "faces found in large frames without and with detector.far: how soon, at which cost, at which "
    "range"
)


def add_kinds(kinds: Any) -> None:
    """Add the command to those of ``mask_detector evaluate``."""
    add_kind(kinds, "far", ABOUT, _far, add_common, add_json, add_images)


def _far(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from tqdm import tqdm

    from mask_detector_ros.perception.pipeline import FACE_DETECTOR, MaskPipeline
    from mask_detector_training.evaluation.far_faces import far_tables, measure_far
    from mask_detector_training.evaluation.large_frames import compose
    from mask_detector_training.evaluation.predictions import detection_records

    pipeline = MaskPipeline(models_folder(args), runtime=args.runtime)
    sequences = tqdm(compose(detection_records(load_records(args))), unit="sequence")
    results = measure_far(pipeline, sequences)
    detector = pipeline.models[FACE_DETECTOR]
    return print_report(far_tables(results, (detector.width, detector.height)), args)
