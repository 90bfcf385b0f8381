"""Letters on paper, ready to post: the address stands where a window envelope shows it (DIN 5008, form B)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageBreak, PageTemplate
from reportlab.platypus import Paragraph as Text

from incident.adapters.fonts import BODY, BOLD, markup, register
from incident.core.spoken_times import day

LEFT, RIGHT = 25 * mm, 20 * mm
WINDOW_TOP, FIRST_TEXT_TOP, LATER_TEXT_TOP, BOTTOM = 45 * mm, 103 * mm, 30 * mm, 25 * mm
SMALL = ParagraphStyle("small", fontName=BODY, fontSize=7, leading=9)
ADDRESS = ParagraphStyle("address", fontName=BODY, fontSize=10.5, leading=14)
SUBJECT = ParagraphStyle("subject", fontName=BOLD, fontSize=11, leading=15, spaceAfter=8)
PLAIN = ParagraphStyle("plain", fontName=BODY, fontSize=10, leading=14, spaceAfter=7)
BLANK = "_" * 30


def letters_pdf(letters: Sequence[Mapping[str, Any]]) -> bytes:
    """Return one PDF with every letter on pages of its own.

    A letter has `sender`, `to` (the name; the lines below it are left to write where no address is known), `at`,
    `subject`, `text`, `reference`, `drill`.
    """
    register()
    out = BytesIO()
    template = BaseDocTemplate(out, pagesize=A4, title="Letters", author="Tocsin", lang="en", invariant=1)
    for number, letter in enumerate(letters):
        first = _frame(FIRST_TEXT_TOP)
        template.addPageTemplates(PageTemplate(f"first-{number}", [first], onPage=_Heading(letter)))
    template.addPageTemplates(PageTemplate("later", [_frame(LATER_TEXT_TOP)]))
    template.build([flowable for number, letter in enumerate(letters) for flowable in _story(number, letter)])
    return out.getvalue()


def _frame(top: float) -> Frame:
    width, height = A4[0] - LEFT - RIGHT, A4[1] - top - BOTTOM
    return Frame(LEFT, BOTTOM, width, height, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)


def _story(number: int, letter: Mapping[str, Any]) -> Iterator[Flowable]:
    if number:
        yield NextPageTemplate(f"first-{number}")
        yield PageBreak()
    yield NextPageTemplate("later")
    yield Text(markup(letter["subject"]), SUBJECT)
    for paragraph in str(letter["text"]).split("\n\n"):
        lines = [markup(line) for line in paragraph.splitlines() if line.strip()]
        if lines:
            yield Text("<br/>".join(lines), PLAIN)
    yield Text(markup(f"Reference: {letter['reference']}"), SMALL)


class _Heading:
    """Draws sender, address and date on the first page of a letter."""

    def __init__(self, letter: Mapping[str, Any]) -> None:
        self._letter = letter

    def __call__(self, canvas: Canvas, _template: BaseDocTemplate) -> None:
        letter, top = self._letter, A4[1] - WINDOW_TOP
        canvas.setDateFormatter(lambda *_parts: letter["at"].strftime("D:%Y%m%d%H%M%SZ"))
        _draw(canvas, Text(markup(letter["sender"]), SMALL), top, 80 * mm)
        lines = [letter["to"], BLANK, BLANK, BLANK]
        _draw(
            canvas,
            Text("<br/>".join(markup(line) for line in lines), ADDRESS),
            top - 8 * mm,
            80 * mm,
        )
        _draw(canvas, Text(markup(day(letter["at"])), PLAIN), A4[1] - 95 * mm, A4[0] - LEFT - RIGHT)
        if letter["drill"]:
            canvas.setFont(BOLD, 12)
            canvas.drawString(LEFT, A4[1] - 20 * mm, "DRILL: this is an exercise. Do not post.")


def _draw(canvas: Canvas, flowable: Flowable, top: float, width: float) -> None:
    _w, height = flowable.wrapOn(canvas, width, 60 * mm)
    flowable.drawOn(canvas, LEFT, top - height)
