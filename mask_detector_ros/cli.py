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

COMMANDS = (
    ("mask_detector_ros.apps.detect", "add_subcommand", ("detect",)),
    ("mask_detector_ros.apps.doctor", "add_subcommand", ("doctor",)),
    ("mask_detector_ros.apps.demo", "add_subcommand", ("demo",)),
    ("mask_detector_ros.apps.scenarios", "add_subcommand", ("scenarios",)),
    ("mask_detector_training.commands.data", "add_subcommand", ("data",)),
    ("mask_detector_training.commands.synthesize", "add_subcommand", ("synthesize",)),
    ("mask_detector_training.commands.train", "add_subcommand", ("train",)),
    ("mask_detector_training.commands.compare", "add_subcommand", ("compare",)),
    ("mask_detector_training.commands.evaluate", "add_subcommand", ("evaluate",)),
    ("mask_detector_training.commands.export", "add_subcommand", ("export",)),
)
"""Module, function that adds to the subparsers, commands it is known to add. The modules
import what is heavy (OpenCV, TensorFlow) only when a command runs."""

EPILOG = """examples:
  mask_detector detect photos/ --out annotated    how the masks in pictures are worn
  mask_detector doctor --topic /camera/image_raw  what is not in order, and what to do
  mask_detector demo                              a patrol over ROS 2, without a robot
  mask_detector scenarios                         the patrol's trials in a simulated world

mask_detector COMMAND --help explains a command.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mask_detector",
        description="Finds faces and tells how each wears a mask.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = f"mask_detector {mask_detector_ros.__version__}"
    parser.add_argument("--version", action="version", version=version)
    parser.add_argument(
        "--debug", action="store_true", help="show where an error came from (traceback)"
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for module, function, names in COMMANDS:
        try:
            getattr(importlib.import_module(module), function)(subparsers)
        except ImportError as error:
            for name in names:
                _add_missing(subparsers, name, error)
    return parser


def _add_missing(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    error: ImportError,
) -> None:
    """A command that says what it lacks."""
    explanation = f"not available: {error}"

    def refuse(_args: argparse.Namespace) -> int:
        print(f"mask_detector: {name} is {explanation}", file=sys.stderr)
        return 1

    parser = subparsers.add_parser(name, help=explanation, add_help=False, prefix_chars="\0")
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    parser.set_defaults(func=refuse)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 0 fine, 1 something failed, 2 wrong usage.

    Args:
        argv: arguments without the program's name; those of the process by default.
    """
    # Decoders write about damaged files on their own; the sources say it in one line.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names may hold anything
    parser = _parser()
    try:
        args = parser.parse_args(argv)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    if args.command is None:
        parser.print_help()
        return 2
    try:
        return int(args.func(args) or 0)
    except KeyboardInterrupt:
        print("mask_detector: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Who reads the output has left; the interpreter must not trip over it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        if args.debug or not _is_expected(error):
            raise
        print(f"mask_detector: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1


def _is_expected(error: Exception) -> bool:
    """Whether the message alone tells a user what to do."""
    from mask_detector_ros.perception.models import ModelError
    from mask_detector_ros.sources.base import SourceError

    return isinstance(error, (ModelError, SourceError, OSError, ValueError, ImportError))
