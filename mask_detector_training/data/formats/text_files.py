# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Label files as text, and the paths in them."""

from __future__ import annotations

import codecs
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from mask_detector_training.data.formats.faults import LabelError

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
MALFORMED = "label file cannot be read"


def read_label_text(path: Path) -> str:
    """Read a label file as text, with LF as the end of lines.

    UTF-8 and UTF-16 are recognized, with or without a byte order mark for UTF-8; anything else is
    read as Windows-1252, the superset of Latin-1 that older tools write.

    Raises:
        LabelError: the file cannot be read, or is not text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabelError(MALFORMED, f"{path} cannot be read: {error.strerror}") from error
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        text = "\0" if utf16 else data.decode("cp1252", errors="replace")
        reason = f"{error.reason} at byte {error.start}"
    else:
        reason = "it has control characters"
    if _CONTROL.search(text):
        raise LabelError(MALFORMED, f"{path} is not UTF-8 text ({reason}); is it a label file?")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def portable_path(name: str) -> PurePosixPath:
    """A path in a label file, which may be that of another computer, of Windows, or a URL."""
    if "://" in name:
        name = unquote(urlsplit(name.strip()).path)
    return PurePosixPath(name.strip().strip("\"'").replace("\\", "/"))
