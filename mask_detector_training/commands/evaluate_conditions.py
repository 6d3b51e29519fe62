# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate robustness``, ``covers``, ``clips`` and ``anonymization``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mask_detector_training.commands.common import (
    PLOTS,
    SHEETS,
    add_models,
    check_drawing,
    check_installed,
    load_models,
    models_folder,
)
from mask_detector_training.commands.evaluate_options import (
    add_common,
    add_images,
    add_json,
    add_kind,
    add_plot,
    add_split,
    add_yunet,
    load_records,
    load_worn,
    print_json,
    print_report,
    print_tables,
    read_labels,
)


def add_kinds(kinds: Any) -> None:
    """Add the commands to those of ``mask_detector evaluate``."""
    robustness = add_kind(
        kinds, "robustness",
        "scores of the detector in changed images: gray, dark, blurred, tilted, faces covered",
        _robustness, add_common, add_json, add_images, add_plot,
    )  # fmt: skip
    add_yunet(
        robustness,
        "also score YuNet, from its ONNX file, at 640 px and with as many false faces per "
        "unchanged image",
    )
    covers = add_kind(
        kinds, "covers", "wear status of bare faces under drawn covers: hands, paper, scarves",
        _covers, add_common, add_json, add_images,
    )  # fmt: skip
    covers.add_argument(
        "--real", type=Path, metavar="FILE",
        help="also classify the bare faces of this .jsonl file, such as real hands and scarves",
    )  # fmt: skip
    clips = add_kind(
        kinds, "clips", "list the violation events in videos, to look for false ones", _clips,
        add_models, add_json,
    )  # fmt: skip
    clips.add_argument(
        "source", type=Path, metavar="FOLDER", help="folder of videos, or a video; with tracking"
    )
    clips.add_argument(
        "--sheet", type=Path, metavar="FILE",
        help="write an image (.jpg) of the faces at the events. It shows people unhidden: look at "
        "it on this computer and delete it, do not publish it",
    )  # fmt: skip
    anonymization = add_kind(
        kinds, "anonymization", "identify people in annotated images, by a face recognizer",
        _anonymization, add_split, add_json,
    )  # fmt: skip
    anonymization.add_argument(
        "--people", type=int, default=150, metavar="N", help="people of each kind (default: 150)"
    )


def _robustness(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    check_drawing("--plot", args.plot, PLOTS)
    from mask_detector_training.evaluation.predictions import detection_records, with_progress
    from mask_detector_training.evaluation.robustness import (
        OURS,
        YUNET,
        beside,
        measure_robustness,
        our_detector,
        plot_robustness,
        yunet_detector,
    )
    from mask_detector_training.markdown_text import metrics_table

    records = detection_records(load_records(args))
    detectors = {OURS: our_detector(load_models(args))}
    if args.yunet:
        detectors[YUNET] = yunet_detector(args.yunet)
    tables, thresholds = measure_robustness(detectors, with_progress(records, args.split))
    if args.plot:
        plot_robustness(args.plot, tables)
    if args.json:
        return print_json({"score thresholds": thresholds, **tables})
    print(metrics_table(beside(tables)))
    shown = " / ".join(f"{name} {threshold:.3f}" for name, threshold in thresholds.items())
    print(f"\nimages: {len(records)}; score threshold: {shown}")
    return 0


def _covers(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_training.evaluation.cover_scores import (
        BARE,
        measure_drawn_covers,
        measure_uncovered,
    )
    from mask_detector_training.evaluation.predictions import with_progress

    hard = read_labels(args.real, "--real") if args.real else []
    records, models = load_worn(args), load_models(args)
    bare = [record for record in records if BARE in record.statuses]
    drawn = measure_drawn_covers(models, with_progress(bare, "covers"))
    by_source, by_label = measure_uncovered(models, with_progress(records, "uncovered faces"))
    tables = {
        "bare faces with drawn covers": drawn,
        "uncovered bare faces, by source": by_source,
        "uncovered faces, by label": by_label,
    }
    if args.real:
        real = with_progress(hard, args.real.name)
        by_source, by_label = measure_uncovered(models, real)
        tables[f"bare faces of {args.real.name}, by source"] = by_source
        tables[f"faces of {args.real.name}, by label"] = by_label
    return print_report(tables, args)


def _clips(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    check_drawing("--sheet", args.sheet, SHEETS)
    from mask_detector_ros.perception.pipeline import MaskPipeline
    from mask_detector_training.evaluation.clip_events import find_clips, run_clip, summary
    from mask_detector_training.evaluation.tiles import draw_tiles
    from mask_detector_training.figures import CLASS_COLORS
    from mask_detector_training.markdown_text import metrics_table

    clips = find_clips(args.source)
    pipeline = MaskPipeline(models_folder(args), runtime=args.runtime)
    runs = [run_clip(pipeline, clip) for clip in clips]
    events = [event for run in runs for event in run.events]
    if args.sheet and events:
        draw_tiles(args.sheet, [event.tile for event in events], CLASS_COLORS["no_mask"])
    if args.json:
        return print_json({"clips": summary(runs), "events": [event.row for event in events]})
    print(metrics_table(summary(runs)))
    if events:
        rows = {str(number): event.row for number, event in enumerate(events, 1)}
        print(f"\n{metrics_table(rows)}")
    if args.sheet:
        print(f"\n{args.sheet} shows people unhidden" if events else "\nno events, no sheet")
    return 0


def _anonymization(args: argparse.Namespace) -> int:
    from mask_detector_training.evaluation.anonymization import (
        Embed,
        measure_anonymization,
        pixel_embedding,
    )
    from mask_detector_training.evaluation.recognizer import FaceRecognizer

    if args.people < 2:
        raise ValueError(f"--people must be at least 2, got {args.people}")
    attackers: dict[str, Embed] = {"recognizer": FaceRecognizer(), "pixels": pixel_embedding}
    return print_tables(measure_anonymization(load_records(args), attackers, args.people), args)
