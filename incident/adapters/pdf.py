"""Documents and letters on A4 paper, as `ports.PdfMaker`: ReportLab is imported when something is laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ReportLabPdf:
    """Makes PDF files; what a document holds is said in `pdf_pages`."""

    def pdf(self, document: Mapping[str, Any]) -> bytes:
        """Return the document as PDF; TemplateError names a missing key or an unknown block."""
        from incident.adapters.pdf_pages import pages  # a quarter of a second that sending does not need

        return pages(document)

    def letters(self, letters: Sequence[Mapping[str, Any]]) -> bytes:
        """Return letters ready to post; TemplateError names a missing key."""
        from incident.adapters import pdf_pages

        return pdf_pages.letters(letters)
