"""What is attached to mail and threads: by content either text, which is searched, or all else, which is counted.

Nobody can say who is named in what was not opened, or depicted in an image, so it is stated and stands against "all
accounted for".
"""

from __future__ import annotations

import re

_STARTS = (b"%PDF", b"{\\rtf")  # text by its bytes, and yet nothing of it can be read as written
_IMAGE = re.compile(r"data:(image/[a-z0-9.+-]{1,40})[;,]", re.IGNORECASE)
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def text_within(content: bytes) -> str | None:
    """Return what is attached as text, when it is UTF-8 or UTF-16 with its mark and holds no control characters."""
    if content.startswith(_STARTS):
        return None
    try:
        text = content.decode("utf-16" if content.startswith(_UTF16_BOMS) else "utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if _NOT_TEXT.search(text) else text


def images_within(page: str) -> list[str]:
    """Return the types of the images that a page of mail carries in itself."""
    return [found.lower() for found in _IMAGE.findall(page)]
