"""Paper: the fields in order, no lost character, the same bytes for the same document."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from incident.adapters.fonts import markup, register
from incident.adapters.pdf import ReportLabPdf
from incident.core.filing_orders import GDPR_ORDER
from incident.core.filings import UNKNOWN, fact_base, pack
from incident.errors import TemplateError
from tests.core.letter_cases import AWARE, SETTINGS, incident


def document(**changes: Any) -> dict[str, Any]:
    usual = {
        "title": "A title",
        "subtitle": "Poland",
        "drill": False,
        "at": AWARE,
        "blocks": [{"kind": "paragraph", "text": "Words."}],
        "footer": ["ledger head abc"],
    }
    return {**usual, **changes}


def read(made: bytes) -> tuple[PdfReader, str]:
    reader = PdfReader(BytesIO(made))
    return reader, "\n".join(page.extract_text() for page in reader.pages)


def test_a_pack_has_its_fields_in_the_order_of_the_authority():
    state = incident(drill=True)
    made = pack(
        fact_base(state, SETTINGS),
        GDPR_ORDER,
        state=state,
        authority="UODO",
        jurisdiction="PL",
        stage="initial",
    )
    _, text = read(ReportLabPdf().pdf(made.document(at=AWARE, ledger_head="size 9, root abc")))
    flat = " ".join(text.split())
    places = [flat.index(label) for _, label in GDPR_ORDER]
    assert places == sorted(places)
    assert flat.count(UNKNOWN) == len(made.unknown) + 1  # and once in the remark
    assert made.sha256 in flat
    assert "size 9, root abc" in flat
    assert "DRILL: this is an exercise." in flat


def test_the_same_document_gives_the_same_bytes(monkeypatch):
    first = ReportLabPdf().pdf(document())
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert ReportLabPdf().pdf(document()) == first
    assert ReportLabPdf().pdf(document(title="Another")) != first


def test_the_date_is_the_documents_own():
    reader, text = read(ReportLabPdf().pdf(document()))
    assert reader.metadata is not None
    assert reader.metadata.creation_date == AWARE
    assert reader.metadata.title == "A title"
    assert "10 March 2026, 05:00 UTC" in text
    _, undated = read(ReportLabPdf().pdf(document(at=None)))
    assert "date unknown" in undated


@pytest.mark.parametrize(
    "words",
    [
        "Zürich, Kraków, Wrocław, żółć ŁÓDŹ",
        "Ştefan Țepeș",
        "Győr Őr ű",
        "Ølåf Þór",
        "Čeština ěšř",
        "Αθήνα",
        "Київ",
        "“q” – … €",
    ],
)
def test_latin_greek_and_cyrillic_are_drawn_and_can_be_copied(words):
    _, text = read(ReportLabPdf().pdf(document(blocks=[{"kind": "paragraph", "text": words}], title=words)))
    assert text.count(words) == 2
    assert {ord(c) for c in words} <= register()


def test_every_letter_of_latin_extended_has_a_glyph():
    assert [hex(c) for c in range(0xA1, 0x180) if c not in register()] == []


def test_japanese_can_be_copied_and_the_rest_is_written_as_code_points():
    _, text = read(
        ReportLabPdf().pdf(document(blocks=[{"kind": "list", "items": ["カード情報", "한국어", "💩 ع"]}]))
    )
    assert "カード情報" in text
    assert "한국어" in text
    assert "[U+1F4A9] [U+0639]" in text


def test_markup_in_a_value_is_text():
    assert markup("<b>&\n") == "&lt;b&gt;&amp;<br/>"
    _, text = read(
        ReportLabPdf().pdf(document(blocks=[{"kind": "paragraph", "text": "<font color='red'>x</b>"}]))
    )
    assert "<font color='red'>x</b>" in text


def test_long_tables_and_long_cells_go_on_over_pages():
    rows = [[f"label {n}", "word " * 30] for n in range(60)] + [["huge", "line\n" * 200], ["wide", "x" * 400]]
    reader, text = read(
        ReportLabPdf().pdf(document(blocks=[{"kind": "table", "columns": ["Field", "Answer"], "rows": rows}]))
    )
    assert len(reader.pages) > 4
    for n in range(60):
        assert f"label {n}" in text
    assert text.count("line") == 200
    assert text.count("x" * 20) >= 15
    assert f"page 1 of {len(reader.pages)}" in text
    assert all("Field" in page.extract_text() for page in reader.pages)  # the head is repeated


def test_a_table_of_many_columns_keeps_every_cell():
    block = {"kind": "table", "columns": ["A", "B", "C", "D"], "rows": [["1", "two " * 50, "3", "4"]]}
    _, text = read(ReportLabPdf().pdf(document(blocks=[{"kind": "heading", "text": "Head"}, block])))
    assert text.count("two") == 50
    assert "Head" in text


@pytest.mark.parametrize("drill", [False, True])
def test_a_drill_is_marked_on_every_page(drill):
    blocks = [{"kind": "paragraph", "text": "word " * 3000}]
    reader, _ = read(ReportLabPdf().pdf(document(drill=drill, blocks=blocks)))
    assert len(reader.pages) > 1
    assert all(("DRILL" in page.extract_text()) is drill for page in reader.pages)


@pytest.mark.parametrize(
    ("spoiled", "says"),
    [({"blocks": [{"kind": "picture"}]}, "'picture'"), ({"blocks": [{"kind": "heading"}]}, "'text'")],
)
def test_a_document_with_a_hole_is_refused(spoiled, says):
    with pytest.raises(TemplateError, match=says):
        ReportLabPdf().pdf(document(**spoiled))


def test_a_short_word_in_a_narrow_column_is_not_broken():
    rows = [["firebase_auth", "x" * 60, "13 March 2026, 05:00 UTC", "not required", "y" * 200]] * 3
    table = {"kind": "table", "columns": ["system", "file", "due", "stands", "law"], "rows": rows}
    text = PdfReader(BytesIO(ReportLabPdf().pdf(document(blocks=[table])))).pages[0].extract_text()
    for word in ("system", "stands", "firebase_auth", "March", "required"):
        assert word in text.split(), text


def test_no_heading_stands_alone_at_the_end_of_a_page():
    lines = [{"kind": "paragraph", "text": f"line {n}"} for n in range(31)]
    for filled in range(26, 32):
        blocks = [
            *lines[:filled],
            {"kind": "heading", "text": "Below"},
            {"kind": "paragraph", "text": "what follows"},
        ]
        pages = [
            page.extract_text()
            for page in PdfReader(BytesIO(ReportLabPdf().pdf(document(blocks=blocks)))).pages
        ]
        (where,) = [n for n, text in enumerate(pages) if "Below" in text]
        assert "what follows" in pages[where]
