# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the pipeline on the inputs of ``mask_detector detect`` and writes the outputs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from mask_detector_ros.apps.console import Console
from mask_detector_ros.apps.input_checks import InputChecks
from mask_detector_ros.apps.json_lines import event_record, face_records, frame_record
from mask_detector_ros.apps.output_images import OutputPaths, image_name, video_name, write_image
from mask_detector_ros.apps.run_summary import Failures, RunSummary, image_line
from mask_detector_ros.apps.signals import StopRequest
from mask_detector_ros.atomic_files import STDOUT, JsonLinesFile
from mask_detector_ros.library_output import libraries_silenced
from mask_detector_ros.perception.annotator import annotate
from mask_detector_ros.perception.pipeline import FrameResult, MaskPipeline
from mask_detector_ros.perception.pipeline_settings import DetectorSettings, PipelineSettings
from mask_detector_ros.perception.types import Event
from mask_detector_ros.resources import find_resource
from mask_detector_ros.settings import unflatten
from mask_detector_ros.settings_rules import check_settings
from mask_detector_ros.sources import Frame, Source, SourceError, open_source
from mask_detector_ros.sources.base import reason
from mask_detector_ros.sources.images import ImageSource
from mask_detector_ros.sources.streams import without_secrets
from mask_detector_ros.video_file import VideoFile

MAX_IMAGE_LINES = 20
"""One line per image is printed only for up to this many images."""

MAX_FACES_MIN_SCORE = 300
"""Faces kept per image with --min-score; benchmarks commonly evaluate 100."""

LOW_CONFIDENCE = "detector.low_confidence_threshold"


def pipeline_settings(args: argparse.Namespace) -> PipelineSettings:
    """The settings for these options; --min-score, --rotate, --far and --blur override --set.

    Raises:
        ValueError: settings contradict each other.
    """
    values: dict[str, Any] = dict(args.settings)
    if args.min_score is not None:
        values["detector.score_threshold"] = args.min_score
        low = values.get(LOW_CONFIDENCE, DetectorSettings().low_confidence_threshold)
        values[LOW_CONFIDENCE] = min(low, args.min_score)
        # A precision-recall curve also needs the boxes of low confidence.
        values.setdefault("detector.max_faces", MAX_FACES_MIN_SCORE)
    if args.rotate is not None:
        values["rotate"] = args.rotate
    if args.far is not None:
        values["detector.far"] = args.far
    if args.blur is not None:
        values["annotate.blur"] = args.blur
    settings: PipelineSettings = unflatten(PipelineSettings, values)
    check_settings(settings)
    return settings


class DetectRun:
    """One run of the command; a context manager that finishes output files on errors."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._settings = pipeline_settings(args)
        self._console = Console(args.quiet, STDOUT in (args.jsonl, args.events))
        self._summary = RunSummary()
        self._stop = StopRequest(self._end_current)
        self._failures = Failures()
        self._current: Source | None = None
        self._exit = ExitStack()
        self._lines: JsonLinesFile | None = None
        self._events: JsonLinesFile | None = None
        self._paths: OutputPaths | None = None

    def __enter__(self) -> DetectRun:
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()
        for lines in (self._lines, self._events):
            partial = lines.abandon() if lines is not None else None
            if partial is not None:
                self._console.warn(f"interrupted by an error; the lines so far are in {partial}")

    def run(self) -> int:
        """Process all inputs; the exit code. Raises as ``detect.run``."""
        if self._args.quiet:
            self._exit.enter_context(libraries_silenced())
        sources = self._open_sources()
        if not sources:
            return 1
        models = Path(self._args.models) if self._args.models else find_resource("models")
        pipeline = MaskPipeline(models, self._settings, self._args.runtime, self._args.threads)
        self._open_outputs(sources)
        lengths = [source.length for source in sources]
        known = [length for length in lengths if length is not None]
        self._console.start(sum(known) if len(known) == len(lengths) else None)
        self._exit.callback(self._console.close)
        images = sum(source.length or 0 for source in sources if not source.timed)
        with self._stop:
            for source in sources:
                if not self._stop:
                    self._run_source(source, pipeline, list_each=images <= MAX_IMAGE_LINES)
            for lines in (self._lines, self._events):
                if lines is not None:
                    lines.finish()
        self._console.close()
        self._print_summary(sources)
        if self._stop:
            return self._stop.exit_code
        return 1 if self._failures else 0

    def _open_sources(self) -> list[Source]:
        """Open all inputs before any processing, so that a wrong name is reported at once."""
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
                self._fail(name, error)
                continue
            except Exception as error:  # from a library: costs this input
                shown = without_secrets(name)
                self._fail(name, SourceError(f"{shown} cannot be opened: {reason(error)}"))
                continue
            self._exit.callback(source.close)
            if source.files:
                source.close()  # reopened when it is iterated
            sources.append(source)
        return sources

    def _fail(self, name: str, error: SourceError) -> None:
        self._failures.add_input(without_secrets(name))
        self._console.error(str(error))

    def _end_current(self) -> None:
        """End a camera or stream at once, also while it waits for a frame; a signal handler."""
        if self._current is not None:
            self._current.stop()

    def _open_outputs(self, sources: list[Source]) -> None:
        inputs = [path for source in sources for path in source.files]
        targets = [path for path in (self._args.jsonl, self._args.events) if path]
        real = [Path(path).resolve() for path in targets]
        if len(set(real)) != len(real):
            raise ValueError("--jsonl and --events name the same file")
        for target in real:
            if target in {path.resolve() for path in inputs}:
                raise ValueError(f"{target} is an input file and would be overwritten")
            if target.is_dir():
                raise ValueError(f"{target} is a folder; expected a file")
        if self._args.out:
            out = Path(self._args.out)
            for source in sources:
                inside = out.resolve().is_relative_to(Path(source.name).resolve())
                if self._args.recursive and source.files and inside:
                    raise ValueError(
                        f"--out {out} is inside {source.name}, which is read with its "
                        "subfolders: the next run would read the results as inputs"
                    )
            self._paths = OutputPaths(out, inputs)
        if self._args.jsonl:
            self._lines = JsonLinesFile(self._args.jsonl)
        if self._args.events:
            self._events = JsonLinesFile(self._args.events)

    def _run_source(self, source: Source, pipeline: MaskPipeline, list_each: bool) -> None:
        video: VideoFile | None = None
        if self._paths is not None and not isinstance(source, ImageSource):
            video = VideoFile(self._paths.unique(video_name(source.name)), source.rate)
        last: Frame | None = None
        checks = InputChecks(pipeline, source.timed)
        try:
            for frame in self._frames(source):
                result = self._process(frame, source, pipeline)
                if result is None:
                    continue
                last = frame
                checks.add(frame, result)
                self._record(frame, result, source.timed)
                if self._paths is not None:
                    self._write_annotated(frame, result, source, self._paths, video)
                if source.timed:
                    self._summary.add_frame(result.faces)
                else:
                    self._summary.add_image(result.faces)
                    if list_each:
                        self._console.print(image_line(frame.source, result.faces))
                self._console.advance()
        finally:
            # Also after an error: what is written so far stays complete.
            if video is not None:
                video.finish()
            lost = pipeline.reset()
            if last is not None:
                self._record_events(last, lost)
        self._failures.add_skipped(source.name, source.skipped, source.timed)
        if source.timed:
            self._console.print(self._summary.end_sequence(source.name))
        for problem in checks.problems():
            self._console.warn(f"{source.name}: {problem}")

    def _frames(self, source: Source) -> Iterator[Frame]:
        """Frames until the end, an error of the source or a signal."""
        self._current = source
        try:
            for frame in source:
                yield frame
                if self._stop:
                    return
        except SourceError as error:
            self._fail(source.name, error)
        except Exception as error:  # from a library: costs the rest of this input
            self._fail(source.name, SourceError(f"{source.name} cannot be read: {reason(error)}"))

    def _process(self, frame: Frame, source: Source, pipeline: MaskPipeline) -> FrameResult | None:
        """The result of a frame; None, and a warning, if it fails."""
        try:
            return pipeline.process(frame.image, frame.stamp if source.timed else None)
        except Exception as error:  # any error: costs this frame
            source.skip(f"{_frame_name(frame, source)} cannot be processed: {reason(error)}")
            return None

    def _record(self, frame: Frame, result: FrameResult, tracked: bool) -> None:
        if self._lines is not None:
            height, width = frame.image.shape[:2]
            self._lines.write(
                frame_record(
                    source=frame.source,
                    frame=frame.index,
                    stamp=frame.stamp,
                    width=width,
                    height=height,
                    faces=face_records(result.faces, tracked),
                )
            )
        self._record_events(frame, result.events)

    def _record_events(self, frame: Frame, events: list[Event]) -> None:
        if self._events is not None:
            for event in events:
                self._events.write(event_record(frame.source, frame.index, event))

    def _write_annotated(
        self,
        frame: Frame,
        result: FrameResult,
        source: Source,
        paths: OutputPaths,
        video: VideoFile | None,
    ) -> None:
        try:
            image, faces, low_confidence = result.upright(frame.image)
            annotated = annotate(image, faces, self._settings.annotate, low_confidence)
        except Exception as error:  # any error: costs this frame
            source.skip(f"{_frame_name(frame, source)} cannot be annotated: {reason(error)}")
            return
        if video is not None:
            video.write(annotated, frame.stamp)
            return
        relative = Path(frame.source).name
        if frame.source != source.name:  # an image of a folder: keep its subfolders
            relative = os.path.relpath(frame.source, source.name)
        write_image(paths.unique(image_name(Path(relative))), annotated)

    def _print_summary(self, sources: list[Source]) -> None:
        totals = self._summary.totals()
        if len(sources) > 1 or sources[0].length != 1:
            for line in totals:
                self._console.print(line)
        for line in self._failures.lines():
            self._console.print(line)
        if self._stop:
            self._console.print("interrupted; the results so far are complete")
        if self._paths is not None:
            self._console.print(f"annotated output written to {self._paths.folder}")


def _frame_name(frame: Frame, source: Source) -> str:
    return f"frame {frame.index} of {frame.source}" if source.timed else frame.source
