# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Conversion of a Markdown report to one self-contained HTML page."""

from __future__ import annotations

import base64
import html
import mimetypes
import re
from importlib import resources
from pathlib import Path

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def as_page(text: str, folder: Path, title: str) -> str:
    """Convert Markdown to HTML with embedded style and images.

    Args:
        text: Markdown.
        folder: folder of the images that the text refers to.
        title: title of the page.
    """
    import markdown

    body = markdown.markdown(text, extensions=["tables"])
    # Wide tables scroll on narrow screens.
    body = body.replace("<table>", '<div class="wide"><table>')
    body = body.replace("</table>", "</table></div>")
    body = re.sub(r'src="([^":]+)"', lambda found: _embedded(folder / found[1]), body)
    style = resources.files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    return PAGE.format(title=html.escape(title), style=style, body=body)


def _embedded(path: Path) -> str:
    kind = mimetypes.guess_type(path.name)[0]
    content = base64.b64encode(path.read_bytes()).decode()
    return f'src="data:{kind};base64,{content}"'
