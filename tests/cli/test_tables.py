"""What a person reads on a terminal: no cell is lost at any width, and identifiers can be copied."""

from __future__ import annotations

import click
import pytest

from incident.cli.tables import table

HEADERS = ("obligation", "who", "due", "because", "citation")
ROWS = [
    (
        "eu-gdpr/art-33@DE#DE",
        "the supervisory authority competent in Germany (Land unknown)",
        "2026-12-01 18:00 UTC",
        "an unknown number of affected people in DE; no establishment and no lead authority in the EU",
        "Regulation (EU) 2016/679 Art. 33(1) <https://eur-lex.europa.eu/eli/reg/2016/679/oj>",
    ),
    ("promise", "customer", "", "customers were promised to be told by e-mail", "Privacy policy"),
]


@pytest.fixture
def printed(monkeypatch, capsys):
    """Return what a terminal of a width shows of a table."""

    def show(headers, rows, width: int | None) -> str:
        monkeypatch.setattr("sys.stdout.isatty", lambda: width is not None)
        monkeypatch.setenv("COLUMNS", str(width or 0))
        capsys.readouterr()
        table(headers, rows)
        return click.unstyle(capsys.readouterr().out)

    return show


@pytest.mark.parametrize("width", [40, 80, 120, 500])
def test_every_cell_is_there_at_every_width(printed, width):
    words = " ".join(printed(HEADERS, ROWS, width).split())
    for row in ROWS:
        for cell in row:
            if width != 500:
                assert cell in words.replace("obligation ", "")
            for word in cell.split():
                assert word in words


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_end_at_the_edge_unless_one_word_is_longer(printed, width):
    for line in printed(HEADERS, ROWS, width).splitlines():
        assert len(line) <= width or len(line.split()[-1]) + 14 > width, line


def test_where_there_is_room_it_is_a_table(printed):
    shown = printed(("letter", "people"), [("promise-en", "12"), ("eu-de", "3")], 80).splitlines()
    assert [line.split() for line in shown] == [["letter", "people"], ["promise-en", "12"], ["eu-de", "3"]]


def test_a_block_names_what_each_line_is(printed):
    shown = printed(HEADERS, ROWS, 80).splitlines()
    assert shown[0] == "eu-gdpr/art-33@DE#DE"
    assert shown[1].startswith("  who       the supervisory")
    assert "" in shown, "a line between the rows"
    assert not any(line.startswith("  due") for line in shown[shown.index("") :]), "an empty cell has no line"


def test_dense_rows_take_two_lines(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    row = (
        "us-ca/attorney-general@US-CA#US-CA",
        "-",
        "waiting for a trigger",
        "-",
        "Attorney General of California",
    )
    table(HEADERS, [row], dense=True)
    shown = click.unstyle(capsys.readouterr().out).splitlines()
    assert shown == [row[0], "  waiting for a trigger; Attorney General of California"]


def test_a_pipe_gets_one_line_a_row_and_nothing_else(printed):
    assert printed(HEADERS, ROWS, None).splitlines() == ["\t".join(row) for row in ROWS]
