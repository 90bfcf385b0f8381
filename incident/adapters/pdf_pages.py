"""Lay a document out on A4 paper with ReportLab: the same document gives the same bytes.

A document is a mapping: `title`, `subtitle`, `drill`, `at` (its date, an aware instant or None), `blocks`
and `footer` (lines). A block has a `kind`: `heading` and `paragraph` with `text`, `list` with `items`,
`table` with `columns` and `rows`. What stands in it, `incident.core.filings` and `postmortem` decide.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    LongTable,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)

from incident.adapters.fonts import BODY, BOLD, markup, register
from incident.adapters.post import letters_pdf
from incident.core.spoken_times import when
from incident.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARGIN = 18 * mm
FOOT = 24 * mm
WIDTH = A4[0] - 2 * MARGIN
LABEL_SHARE = 0.36
NARROWEST, WIDEST = 9, 48
WHOLE = 14
"""So many letters of a word are not broken, however narrow the column would be."""
PADDING = 9
ROOM_BELOW = 45 * mm
"""A heading stands above something, not alone at the end of a page."""
UNKNOWN_DATE = "date unknown"
GREY = colors.HexColor("#555555")
LINE = colors.HexColor("#bbbbbb")
SHADE = colors.HexColor("#eeeeee")
FAINT = colors.HexColor("#e3cfc9")

TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=17, leading=21, spaceAfter=4)
SUBTITLE = ParagraphStyle("subtitle", fontName=BODY, fontSize=10.5, leading=14, textColor=GREY, spaceAfter=10)
HEADING = ParagraphStyle("heading", fontName=BOLD, fontSize=12, leading=15, spaceBefore=12, spaceAfter=5)
PARAGRAPH = ParagraphStyle(
    "paragraph", fontName=BODY, bulletFontName=BODY, fontSize=9.5, leading=13, spaceBefore=3, spaceAfter=6
)
ITEM = ParagraphStyle("item", parent=PARAGRAPH, leftIndent=12, bulletIndent=2)
CELL = ParagraphStyle("cell", fontName=BODY, fontSize=8.5, leading=11.5)
HEAD_CELL = ParagraphStyle("head cell", parent=CELL, fontName=BOLD)


def pages(document: Mapping[str, Any]) -> bytes:
    """Return the document as PDF; TemplateError names a missing key or an unknown block."""
    register()
    try:
        story = [*_head(document), *(f for block in document["blocks"] for f in _block(block))]
        return _build(document, story)
    except KeyError as error:
        raise TemplateError(f"the document has no {error.args[0]!r}") from error


def letters(wanted: Sequence[Mapping[str, Any]]) -> bytes:
    """Return letters ready to post; TemplateError names a missing key."""
    try:
        return letters_pdf(wanted)
    except KeyError as error:
        raise TemplateError(f"the letter has no {error.args[0]!r}") from error


def _head(document: Mapping[str, Any]) -> list[Flowable]:
    subtitle = f"{document['subtitle']} · {_date(document['at'])}"
    drill = [Paragraph(markup("DRILL: this is an exercise."), HEAD_CELL)] if document["drill"] else []
    return [*drill, Paragraph(markup(document["title"]), TITLE), Paragraph(markup(subtitle), SUBTITLE)]


def _block(block: Mapping[str, Any]) -> list[Flowable]:
    kind = block["kind"]
    if kind == "heading":
        return [CondPageBreak(ROOM_BELOW), Paragraph(markup(block["text"]), HEADING)]
    if kind == "paragraph":
        return [Paragraph(markup(block["text"]), PARAGRAPH)]
    if kind == "list":
        return [Paragraph(markup(item), ITEM, bulletText="•") for item in block["items"]]
    if kind == "table":
        return [_table(block["columns"], block["rows"]), Spacer(1, 3 * mm)]
    raise TemplateError(f"the document has a block of the unknown kind {kind!r}")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Flowable:
    headed = any(columns)
    head = [[Paragraph(markup(c), HEAD_CELL) for c in columns]] if headed else []
    first = CELL if headed else HEAD_CELL
    body = [[Paragraph(markup(v), CELL if i else first) for i, v in enumerate(r)] for r in rows]
    table = LongTable([*head, *body], colWidths=_widths(columns, rows), repeatRows=len(head), splitInRow=1)
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
    ]
    table.setStyle(TableStyle([*style, ("BACKGROUND", (0, 0), (-1, 0), SHADE)] if headed else style))
    return table


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    if len(columns) == 2:  # noqa: PLR2004 - label and value
        return [WIDTH * LABEL_SHARE, WIDTH * (1 - LABEL_SHARE)]
    weights, floors = [], []
    for index, column in enumerate(columns):
        lengths = [len(row[index]) for row in rows if len(row[index]) > 1]  # a dash says nothing
        typical = sum(lengths) / len(lengths) if lengths else 0
        weights.append(min(WIDEST, max(NARROWEST, len(column), typical)))
        longest = max((word for row in (columns, *rows) for word in row[index].split()), key=len, default="")
        floors.append(stringWidth(longest[:WHOLE], BOLD, CELL.fontSize) + PADDING)
    rest = max(0.0, WIDTH - sum(floors))
    shared = [floor + rest * weight / sum(weights) for floor, weight in zip(floors, weights, strict=True)]
    return [one * WIDTH / sum(shared) for one in shared]


def _build(document: Mapping[str, Any], story: list[Flowable]) -> bytes:
    out = BytesIO()
    template = BaseDocTemplate(
        out,
        pagesize=A4,
        title=document["title"],
        subject=document["subtitle"],
        author="Tocsin",
        creator="Tocsin",
        lang="en",
        invariant=1,
        pageCompression=1,
    )
    frame = Frame(MARGIN, FOOT, WIDTH, A4[1] - FOOT - MARGIN, leftPadding=0, rightPadding=0)
    template.addPageTemplates(PageTemplate("page", [frame], onPage=partial(_under, document=document)))
    template.build(story, canvasmaker=partial(_NumberedCanvas, footer=tuple(document["footer"])))
    return out.getvalue()


def _under(canvas: Canvas, _template: BaseDocTemplate, *, document: Mapping[str, Any]) -> None:
    at: datetime | None = document["at"]
    stamp = at.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ") if at else "D:20000101000000Z"
    canvas.setDateFormatter(lambda *_parts: stamp)
    if document["drill"]:
        canvas.saveState()
        canvas.setFillColor(FAINT)
        canvas.setFont(BOLD, 120)
        canvas.translate(A4[0] / 2, A4[1] / 2)
        canvas.rotate(52)
        canvas.drawCentredString(0, -40, "DRILL")
        canvas.restoreState()


class _NumberedCanvas(Canvas):  # type: ignore[misc]
    """Writes "page x of y" when y is known: at the end."""

    def __init__(self, *args: Any, footer: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._footer = footer
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - ReportLab's name
        """Keep the page until the number of pages is known."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages with their footers."""
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self._foot(f"page {number} of {len(self._pages)}")
            super().showPage()
        super().save()

    def _foot(self, page: str) -> None:
        self.setStrokeColor(LINE)
        self.line(MARGIN, FOOT - 3 * mm, A4[0] - MARGIN, FOOT - 3 * mm)
        lines = [*self._footer, page]
        for index, line in enumerate(lines):
            flowable = Paragraph(markup(line), ParagraphStyle("foot", parent=CELL, fontSize=6.5, leading=8))
            flowable.wrapOn(self, WIDTH, FOOT)
            flowable.drawOn(self, MARGIN, FOOT - (7 + 3 * index) * mm)


def _date(at: datetime | None) -> str:
    return when(at) if at else UNKNOWN_DATE
