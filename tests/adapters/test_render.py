"""The renderer: strict, sandboxed, one pass, at home in a checkout and in a package."""

from __future__ import annotations

import pytest

from incident.adapters.render import JinjaRenderer, templates_root
from incident.errors import TemplateError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inner").mkdir()
    files = {
        "hello.txt": "Hello {{ name }}",
        "outer.txt": "{% include 'inner/part.txt' %}",
        "inner/part.txt": "line one\n{{ missing }}",
        "computed.txt": "{% include which %}",
        "broken.txt": "{% if %}",
        "gone.txt": "{% include 'nowhere.txt' %}",
        "unsafe.txt": "{{ ().__class__.__mro__ }}",
        "mutating.txt": "{{ items.append(1) }}",
        "wrong.txt": "{{ 1 + 'a' }}",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_text_is_plain_and_html_is_escaped(folder):
    renderer = JinjaRenderer(folder)
    values = {"name": "<b> & {{ 7 * 7 }} Zoë"}
    assert renderer.text("hello.txt", values) == "Hello <b> & {{ 7 * 7 }} Zoë"
    assert renderer.html("hello.txt", values) == "Hello &lt;b&gt; &amp; {{ 7 * 7 }} Zoë"


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("hello.txt", "hole in hello.txt, line 1: 'name' is undefined"),
        ("outer.txt", "hole in inner/part.txt, line 2: 'missing' is undefined"),
        ("nowhere.txt", "there is no template nowhere.txt"),
        ("gone.txt", "there is no template nowhere.txt"),
        ("../secrets.txt", "there is no template"),
        ("broken.txt", "template broken.txt, line 1"),
        ("unsafe.txt", "unsafe"),
        ("wrong.txt", "will not render in wrong.txt, line 1 (TypeError)"),
    ],
)
def test_what_cannot_render_is_named(folder, template, says):
    with pytest.raises(TemplateError) as caught:
        JinjaRenderer(folder).text(template, {})
    assert says in str(caught.value)


def test_a_template_cannot_change_what_it_is_given(folder):
    items: list[int] = []
    with pytest.raises(TemplateError):
        JinjaRenderer(folder).text("mutating.txt", {"items": items})
    assert items == []


def test_an_error_never_shows_a_value(folder):
    (folder / "part.txt").write_text("{{ person.age }}")
    with pytest.raises(TemplateError) as caught:
        JinjaRenderer(folder).text("part.txt", {"person": {"email": "grete@example.org"}})
    assert "grete" not in str(caught.value)


def test_a_version_covers_everything_included(folder):
    renderer = JinjaRenderer(folder)
    before = renderer.version("outer.txt")
    assert len(before) == 12
    assert before == JinjaRenderer(folder).version("outer.txt")
    (folder / "inner/part.txt").write_text("another line")
    assert renderer.version("outer.txt") != before
    assert renderer.version("hello.txt") != before


@pytest.mark.parametrize("template", ["computed.txt", "nowhere.txt", "broken.txt", "gone.txt"])
def test_a_version_needs_to_know_every_part(folder, template):
    with pytest.raises(TemplateError):
        JinjaRenderer(folder).version(template)


def test_has_answers_for_files_only(folder):
    renderer = JinjaRenderer(folder)
    assert renderer.has("inner/part.txt")
    assert not renderer.has("inner")
    assert not renderer.has("../outer.txt")


def test_the_root_has_the_letters():
    assert templates_root().joinpath("notices", "layout.html").is_file()
    assert JinjaRenderer().has("notices/promise/en/body.txt")
