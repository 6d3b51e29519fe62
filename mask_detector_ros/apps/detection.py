# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The work of ``mask_detector detect``: sources in; words, drawings and JSON lines out."""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from mask_detector_ros.apps.console import Console
from mask_detector_ros.apps.json_lines import event_record, face_records, frame_record
from mask_detector_ros.apps.output_paths import OutputPaths, picture_name, write_picture
from mask_detector_ros.apps.settings_options import build_settings
from mask_detector_ros.apps.stop_signal import Stop
from mask_detector_ros.apps.text_summary import Tally, picture_line, plural
from mask_detector_ros.atomic_files import STDOUT, LineFile
from mask_detector_ros.perception.annotator import annotate
from mask_detector_ros.perception.pipeline import FrameResult, Pipeline
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources import Frame, Source, SourceError, open_source
from mask_detector_ros.sources.pictures import PictureSource
from mask_detector_ros.video_file import VideoFile

FEW_PICTURES = 20
"""Up to so many pictures get a line each."""

FACES_OF_A_CURVE = 300
"""Faces kept per picture with --min-score: three times what benchmarks commonly look at."""


def pipeline_settings(args: argparse.Namespace) -> dict[str, Any]:
    """Dotted settings that the options ask for; the specific options win over --set."""
    values = dict(args.settings)
    if args.min_score is not None:
        values["detector.score_threshold"] = args.min_score
        # A precision-recall curve needs the doubtful boxes, too.
        values.setdefault("detector.max_faces", FACES_OF_A_CURVE)
    if args.blur is not None:
        values["annotate.blur"] = args.blur
    return values


class Detection:
    """One run of the command; to be entered, so that files are finished whatever happens."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._settings = build_settings(pipeline_settings(args))
        self._console = Console(args.quiet, STDOUT in (args.jsonl, args.events))
        self._tally = Tally()
        self._stop = Stop()
        self._failed = 0
        self._exit = ExitStack()
        self._lines: LineFile | None = None
        self._events: LineFile | None = None
        self._paths: OutputPaths | None = None

    def __enter__(self) -> Detection:
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()
        for lines in (self._lines, self._events):
            left = lines.abandon() if lines is not None else None
            if left is not None:
                self._console.warn(f"broken off; the lines written until then are in {left}")

    def run(self) -> int:
        """Do it all; the exit code. See ``detect.run`` for what it raises."""
        sources = self._open_sources()
        if not sources:
            return 1
        models = Path(self._args.models) if self._args.models else find_resource("models")
        pipeline = Pipeline(models, self._settings, self._args.runtime, self._args.threads)
        self._open_outputs(sources)
        lengths = [source.length for source in sources]
        known = [length for length in lengths if length is not None]
        self._console.start(sum(known) if len(known) == len(lengths) else None)
        self._exit.callback(self._console.close)
        pictures = sum(length or 0 for source, length in zip(sources, lengths, strict=True)
                       if not source.timed)  # fmt: skip
        with self._stop:
            for source in sources:
                if not self._stop:
                    self._run_source(source, pipeline, list_each=pictures <= FEW_PICTURES)
            for lines in (self._lines, self._events):
                if lines is not None:
                    lines.finish()
        self._console.close()
        self._conclude(sources)
        if self._stop:
            return self._stop.exit_code
        return 1 if self._failed else 0

    def _open_sources(self) -> list[Source]:
        """All of them before any work, so that a typing error shows at once."""
        sources = []
        for name in self._args.inputs:
            try:
                source = open_source(
                    name,
                    rate=self._args.rate,
                    recursive=self._args.recursive,
                    warn=self._console.warn,
                )
            except SourceError as error:
                self._fail(error)
                continue
            self._exit.callback(source.close)
            if source.files:
                source.close()  # opens itself again in its turn
            sources.append(source)
        return sources

    def _open_outputs(self, sources: list[Source]) -> None:
        inputs = [path for source in sources for path in source.files]
        targets = [path for path in (self._args.jsonl, self._args.events) if path]
        real = [Path(path).resolve() for path in targets]
        if len(set(real)) != len(real):
            raise ValueError("--jsonl and --events name the same file")
        for target in real:
            if target in {path.resolve() for path in inputs}:
                raise ValueError(f"{target} is an input; it would be overwritten")
            if target.is_dir():
                raise ValueError(f"{target} is a folder; a file is needed")
        if self._args.out:
            out = Path(self._args.out)
            for source in sources:
                inside = out.resolve().is_relative_to(Path(source.name).resolve())
                if self._args.recursive and source.files and inside:
                    raise ValueError(
                        f"--out {out} lies inside {source.name}, which is read with its "
                        "subfolders: the next run would take the results for inputs"
                    )
            self._paths = OutputPaths(out, inputs)
        if self._args.jsonl:
            self._lines = LineFile(self._args.jsonl)
        if self._args.events:
            self._events = LineFile(self._args.events)

    def _fail(self, error: Exception) -> None:
        self._failed += 1
        self._console.error(str(error))

    def _run_source(self, source: Source, pipeline: Pipeline, list_each: bool) -> None:
        pipeline.reset()
        video: VideoFile | None = None
        if self._paths is not None and not isinstance(source, PictureSource):
            video = VideoFile(self._paths.reserve(_video_name(source.name)), source.rate)
        try:
            for frame in source:
                result = pipeline.process(frame.image, frame.stamp if source.timed else None)
                self._record(frame, result, source.timed)
                if self._paths is not None:
                    self._draw(frame, result, source, self._paths, video)
                if source.timed:
                    self._tally.frame(result.faces)
                else:
                    self._tally.picture(result.faces)
                    if list_each:
                        self._console.say(picture_line(frame.source, result.faces))
                self._console.advance()
                if self._stop:
                    break
        except SourceError as error:
            self._fail(error)
        finally:
            if video is not None:
                video.finish()
        self._failed += source.skipped
        if source.timed:
            self._console.say(self._tally.end_sequence(source.name))

    def _record(self, frame: Frame, result: FrameResult, followed: bool) -> None:
        if self._lines is not None:
            height, width = frame.image.shape[:2]
            self._lines.write(
                frame_record(
                    source=frame.source,
                    frame=frame.index,
                    stamp=frame.stamp,
                    width=width,
                    height=height,
                    faces=face_records(result.faces, followed),
                )
            )
        if self._events is not None:
            for event in result.events:
                self._events.write(event_record(frame.source, frame.index, event))

    def _draw(
        self,
        frame: Frame,
        result: FrameResult,
        source: Source,
        paths: OutputPaths,
        video: VideoFile | None,
    ) -> None:
        drawn = annotate(frame.image, result.faces, self._settings.annotate, result.faint)
        if video is not None:
            video.write(drawn, frame.stamp)
            return
        relative = Path(frame.source).name
        if frame.source != source.name:  # of a folder: keeps its subfolders
            relative = os.path.relpath(frame.source, source.name)
        write_picture(paths.reserve(picture_name(Path(relative))), drawn)

    def _conclude(self, sources: list[Source]) -> None:
        totals = self._tally.totals()
        if len(sources) > 1 or sources[0].length != 1:
            for line in totals:
                self._console.say(line)
        if self._failed:
            self._console.say(f"{plural(self._failed, 'input')} could not be read")
        if self._stop:
            self._console.say("stopped early; what was done is kept")
        if self._paths is not None:
            self._console.say(f"drawn into {self._paths.folder}")


def _video_name(name: str) -> Path:
    """walk.avi -> walk.mp4, webcam:0 -> webcam0.mp4, bag:x.mcap#/a/b -> x_a_b.mp4."""
    if name.startswith("webcam:"):
        return Path("webcam" + name.removeprefix("webcam:").replace("/", "_") + ".mp4")
    path, _, topic = name.removeprefix("bag:").partition("#")
    # OpenCV crashes on names that are not UTF-8.
    stem = Path(path).stem.encode("utf-8", "replace").decode()
    return Path(stem + topic.replace("/", "_") + ".mp4")
