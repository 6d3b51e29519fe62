# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command ``mask_detector`` and its subcommands."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

import mask_detector_ros
from mask_detector_ros.early_signals import Interrupted, interruptible

TRAINING_PACKAGE = "mask_detector_training"
COMMANDS = {
    "detect": "mask_detector_ros.apps.detect",
    "doctor": "mask_detector_ros.apps.doctor",
    "demo": "mask_detector_ros.apps.demo",
    "scenarios": "mask_detector_ros.apps.scenarios",
    "data": "mask_detector_training.commands.data",
    "synthesize": "mask_detector_training.commands.synthesize",
    "train": "mask_detector_training.commands.train",
    "compare": "mask_detector_training.commands.compare",
    "evaluate": "mask_detector_training.commands.evaluate",
    "export": "mask_detector_training.commands.export",
}
"""Command -> module whose ``add_subcommand`` adds it to the subparsers. The modules import what
is slow to import (OpenCV, TensorFlow) only when their command runs."""

EPILOG = """examples:
  mask_detector detect photos/ --out annotated    classify how people wear their masks
  mask_detector doctor --topic /camera/image_raw  check the installation and a camera topic
  mask_detector demo                              patrol of a simulated robot over ROS 2
  mask_detector scenarios                         test the patrol in a simulated world

mask_detector COMMAND --help explains a command.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mask_detector",
        description="Detects faces and classifies how each person wears a face mask.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = f"mask_detector {mask_detector_ros.__version__}"
    parser.add_argument("--version", action="version", version=version)
    parser.add_argument("--debug", action="store_true", help="print the traceback of an error")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, module in COMMANDS.items():
        try:
            importlib.import_module(module).add_subcommand(subparsers)
        except ImportError as error:
            _add_unavailable(subparsers, name, error)
    return parser


def _add_unavailable(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    error: ImportError,
) -> None:
    """Add a command that only reports what is missing."""
    if error.name == TRAINING_PACKAGE:
        summary = f"needs {TRAINING_PACKAGE}, which is not installed"
        hint = "; in a clone of the repository run: pip install '.[train]'"
    else:
        summary, hint = f"is not available: {error}", ""

    def report(_args: argparse.Namespace) -> int:
        print(f"mask_detector: {name} {summary}{hint}", file=sys.stderr)
        return 1

    parser = subparsers.add_parser(name, help=summary, add_help=False, prefix_chars="\0")
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    parser.set_defaults(func=report)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: arguments without the program name; by default those of the process.

    Returns:
        The exit code: 0 success, 1 failure, 2 wrong usage, 130 interrupted, 143 terminated.
    """
    with interruptible():
        try:
            return _run(argv)
        except KeyboardInterrupt as interrupt:
            print("mask_detector: interrupted", file=sys.stderr)
            return interrupt.exit_code if isinstance(interrupt, Interrupted) else 130


def _run(argv: Sequence[str] | None) -> int:
    """Run a command; the exit code."""
    # The decoders print about damaged files; the sources report them in one line.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names may not be text
    parser = _parser()
    try:
        args = parser.parse_args(argv)
    except SystemExit as request:
        return int(request.code or 0)
    if args.command is None:
        parser.print_help()
        return 2
    try:
        return int(args.func(args) or 0)
    except BrokenPipeError:
        # The reader of the output has ended. Keep the interpreter from flushing to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        if args.debug or not _is_expected(error):
            raise
        print(f"mask_detector: {_in_words(error)}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1


def _in_words(error: Exception) -> str:
    """The message of an error; one of the system with its file first, and without its number."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error)


def _is_expected(error: Exception) -> bool:
    """Whether the message alone, without a traceback, is enough for a user."""
    from mask_detector_ros.perception.models import ModelError
    from mask_detector_ros.sources.base import SourceError

    return isinstance(error, (ModelError, SourceError, OSError, ValueError, ImportError))
