# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps what libraries write to the standard error output away from the user.

libjpeg and OpenCV report damaged images there by themselves, without the name of the file; LiteRT
reports that it works.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator

import cv2

CHATTER = (
    b"Corrupt JPEG",
    b"Premature end of JPEG",
    b"Invalid JPEG",
    b"libpng ",
    b"Unsupported JPEG",
    b"INFO: Created TensorFlow Lite",
)
"""How the lines of the libraries begin."""

_lock = threading.Lock()


@contextlib.contextmanager
def opencv_log_off() -> Iterator[None]:
    """OpenCV logs nothing; its exceptions and results say the same."""
    logging = getattr(getattr(cv2, "utils", None), "logging", None)
    if logging is None:
        yield
        return
    before = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(before)


@contextlib.contextmanager
def chatter_removed() -> Iterator[None]:
    """Take lines of libraries out of the standard error output of the process.

    What other threads write meanwhile appears a little later. Costs 0.1 ms.
    """
    with _lock, tempfile.TemporaryFile() as written:
        try:
            saved = os.dup(2)
        except OSError:  # closed: nobody reads it
            yield
            return
        try:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(written.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            written.seek(0)
            others = [line for line in written if not line.startswith(CHATTER)]
            if others:
                os.write(2, b"".join(others))


@contextlib.contextmanager
def libraries_silenced() -> Iterator[None]:
    """Nothing appears that libraries write to the standard error output; what Python writes does.

    For a whole process, from its main thread: libjpeg and the decoders of videos report damage
    there, some of them from threads of their own.
    """
    python = sys.stderr
    try:
        saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        is_real = python.fileno() == 2
    except (OSError, ValueError, AttributeError):  # closed, or replaced by an object
        yield
        return
    python.flush()
    if is_real:
        sys.stderr = os.fdopen(saved, "w", 1, encoding=python.encoding, errors=python.errors)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(nowhere)
        if is_real:
            sys.stderr.close()  # closes ``saved``, too
            sys.stderr = python
        else:
            os.close(saved)
