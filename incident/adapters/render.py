"""Fill templates strictly with Jinja2: a hole is an error, a value is never markup, and there is one pass.

Finds `templates/` of a checkout, or `incident/_templates` of an installed package. What the templates say,
and what is put into them, is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import traceback
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.exceptions import SecurityError, TemplateNotFound, UndefinedError
from jinja2.loaders import split_template_path
from jinja2.meta import find_referenced_templates
from jinja2.sandbox import ImmutableSandboxedEnvironment

from incident.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from importlib.resources.abc import Traversable
    from types import CodeType

VERSION_LENGTH = 12


def templates_root() -> Traversable:
    """Return the folder of templates: the package's own copy, else the checkout's."""
    packaged = files("incident").joinpath("_templates")
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "templates"


class JinjaRenderer:
    """Renders templates below one folder, as text or as HTML."""

    def __init__(self, root: Traversable | None = None) -> None:
        self._root = root if root is not None else templates_root()
        self._text = _environment(self._source, autoescape=False)
        self._html = _environment(self._source, autoescape=True)

    def text(self, template: str, values: Mapping[str, Any]) -> str:
        """Render as plain text; TemplateError names the template and the hole."""
        return _render(self._text, template, values)

    def html(self, template: str, values: Mapping[str, Any]) -> str:
        """Render as HTML with every value escaped; TemplateError names the template and the hole."""
        return _render(self._html, template, values)

    def has(self, template: str) -> bool:
        """Whether there is such a template."""
        return self._read(template) is not None

    def source(self, template: str) -> bytes:
        """Return a shipped file as it stands, not rendered; TemplateError when there is none."""
        source = self._read(template)
        if source is None:
            raise TemplateError(f"there is no template {template}")
        return source.encode()

    def version(self, template: str) -> str:
        """Return the first 12 hex digits of sha256 over the template and all that it refers to."""
        digest = hashlib.sha256()
        for name in sorted(self._closure(template)):
            digest.update(f"{name}\0{self._read(name)}\0".encode())
        return digest.hexdigest()[:VERSION_LENGTH]

    def _closure(self, template: str) -> set[str]:
        seen: set[str] = set()
        waiting = [template]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            waiting.extend(self._references(name))
        return seen

    def _references(self, name: str) -> Iterator[str]:
        source = self._read(name)
        if source is None:
            raise TemplateError(f"there is no template {name}")
        try:
            references = _references_in(source)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(f"template {name}, line {error.lineno}: {error.message}") from error
        for reference in references:
            if reference is None:
                raise TemplateError(
                    f"template {name} includes another by a computed name; write the name out"
                )
            yield reference

    def _source(self, name: str) -> tuple[str, str, Callable[[], bool]] | None:
        source = self._read(name)
        return None if source is None else (source, name, lambda: True)

    def _read(self, name: str) -> str | None:
        try:
            node = self._root.joinpath(*split_template_path(name))
        except TemplateNotFound:
            return None
        return node.read_text(encoding="utf-8") if node.is_file() else None


class _Compiled(BytecodeCache):
    """What this process has compiled, by source: every renderer of it compiles a template once."""

    def __init__(self, *, autoescape: bool) -> None:
        self._autoescape = autoescape

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the code of the same source under the same name, if there is one."""
        bucket.code = _COMPILED.get((self._autoescape, bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code."""
        if len(_COMPILED) < MOST_COMPILED and bucket.code is not None:
            _COMPILED[self._autoescape, bucket.key, bucket.checksum] = bucket.code


_COMPILED: dict[tuple[bool, str, str], CodeType] = {}
MOST_COMPILED = 2000


@lru_cache(maxsize=MOST_COMPILED)
def _references_in(source: str) -> tuple[str | None, ...]:
    """Return the templates that a source refers to; None stands for a computed name."""
    syntax = _environment(lambda _name: None, autoescape=False)
    return tuple(find_referenced_templates(syntax.parse(source)))


def _environment(source: Callable[[str], Any], *, autoescape: bool) -> jinja2.Environment:
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FunctionLoader(source),
        bytecode_cache=_Compiled(autoescape=autoescape),
        undefined=jinja2.StrictUndefined,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _render(environment: jinja2.Environment, template: str, values: Mapping[str, Any]) -> str:
    try:
        return environment.get_template(template).render(values)
    except TemplateNotFound as error:
        raise TemplateError(f"template {template}: there is no template {error.name}") from error
    except UndefinedError as error:
        raise TemplateError(f"template {template}: hole {_place(error)}: {error.message}") from error
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"template {error.name}, line {error.lineno}: {error.message}") from error
    except SecurityError as error:
        raise TemplateError(f"template {template}: {error}") from error
    except (TypeError, ValueError, KeyError) as error:
        kind = type(error).__name__
        raise TemplateError(f"template {template}: will not render {_place(error)} ({kind})") from error


def _place(error: Exception) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.endswith(".py")]
    return f"in {frames[-1].filename}, line {frames[-1].lineno}" if frames else "in an unknown line"
