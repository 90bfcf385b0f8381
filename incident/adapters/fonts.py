"""Which font draws which character on paper: no character is lost, none becomes an empty box.

DejaVu Sans, shipped with the templates and embedded, has Latin, Greek and Cyrillic. Chinese,
Japanese and Korean go to the standard Asian fonts that PDF readers bring along. Whatever
is left is written as its code point.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

from incident.adapters.render import templates_root

BODY, BOLD = "TocsinSans", "TocsinSansBold"
FILES = {BODY: "DejaVuSans.ttf", BOLD: "DejaVuSans-Bold.ttf"}
JAPANESE, KOREAN = "HeiseiKakuGo-W5", "HYGothic-Medium"
ASIAN: tuple[tuple[int, int, str], ...] = (
    (0x1100, 0x11FF, KOREAN),
    (0x3000, 0x303F, JAPANESE),
    (0x3040, 0x30FF, JAPANESE),
    (0x3130, 0x318F, KOREAN),
    (0x4E00, 0x9FFF, JAPANESE),
    (0xAC00, 0xD7A3, KOREAN),
    (0xFF00, 0xFFEF, JAPANESE),
)


@cache
def register() -> frozenset[int]:
    """Make the fonts known to ReportLab, once; returns the code points that the embedded font draws."""
    folder = templates_root().joinpath("fonts")
    faces = [TTFont(name, BytesIO(folder.joinpath(file).read_bytes())) for name, file in FILES.items()]
    for face in faces:
        pdfmetrics.registerFont(face)
    pdfmetrics.registerFontFamily(BODY, normal=BODY, bold=BOLD, italic=BODY, boldItalic=BOLD)
    for name in (JAPANESE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return frozenset.intersection(*(frozenset(face.face.charToGlyph) for face in faces))


def markup(text: str) -> str:
    """Return the text as ReportLab's paragraph markup, escaped, with a font for every character."""
    pieces: list[str] = []
    for character in text:
        code = ord(character)
        if character == "\n":
            pieces.append("<br/>")
        elif character.isspace() or code in register():
            pieces.append(escape(character) if not character.isspace() else " ")
        elif font := _asian(code):
            pieces.append(f'<font name="{font}">{character}</font>')
        else:
            pieces.append(f"[U+{code:04X}]")
    return "".join(pieces).replace(f'</font><font name="{JAPANESE}">', "")


def _asian(code: int) -> str | None:
    return next((font for first, last, font in ASIAN if first <= code <= last), None)
