"""JSON to rows: streamed items of one big document, lines of JSON, and a look at how a document begins.

Keys that occur twice, records that are no objects and broken lines are set aside; a broken document is
refused. Parser messages are not passed on, because they quote the content.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ijson
import orjson

from incident.adapters.systems.mending import Mended
from incident.adapters.systems.raw import PlainFile, clean_lines
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from incident.core.scoping.reader import ReadReport

Row = tuple[int, dict[str, Any]]
_SMALL_BUFFER = 1024  # events come per buffer: small ones keep a hostile beginning cheap
_DEEPEST_LOOK = 32
_CONTAINERS = {"start_map", "start_array"}
_TWICE = "a key occurs twice in one object"
_KEY_END = b'":'


@dataclass(slots=True)
class Outline:
    """How a JSON object or array begins: its type, its paths, the first scalar at each path; empty for all else."""

    top: str = ""
    paths: set[str] = field(default_factory=set)
    scalars: dict[str, object] = field(default_factory=dict)


def outline(head: bytes) -> Outline:
    """Look at the first JSON value of a text that may be cut off anywhere.

    An empty outline when it is no JSON.
    """
    seen = Outline()
    depth = 0
    try:
        file = PlainFile(iter([head.decode("utf-8", "replace").encode()]), "head")
        for path, event, value in ijson.parse(file, multiple_values=True, buf_size=_SMALL_BUFFER):
            seen.top = seen.top or event
            if seen.top not in _CONTAINERS:  # a table whose first cell is a number
                return Outline()
            seen.paths.add(path)
            if value is not None and event != "map_key":
                seen.scalars.setdefault(path, value)
            depth += {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}.get(event, 0)
            if not 0 < depth < _DEEPEST_LOOK:
                break
    except (ijson.JSONError, ValueError, ArithmeticError):
        return seen
    return seen


def json_items(file: PlainFile, path: str, report: ReadReport) -> Iterator[Row]:
    """Yield number and object of each item under `path`, over all pages in the file.

    BadInputError when it breaks.
    """
    repeated: dict[int, dict[str, Any]] = {}
    mended = Mended(file.chunks)
    file.chunks = iter(mended)

    class Object(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None:
            if key in self:
                repeated[id(self)] = self
            super().__setitem__(key, value)

    row = 0
    items = ijson.items(file, path, map_type=Object, multiple_values=True)
    while True:
        try:
            item = next(items)
        except StopIteration:
            return
        except (ijson.JSONError, ValueError, ArithmeticError):
            raise BadInputError(
                "the JSON is broken or ends too early", row=row + 1, source=file.source
            ) from None
        row += 1
        file.start_record()
        report.rows += 1
        if not isinstance(item, dict):
            report.set_aside(row, "record is not an object")
        elif mended.bytes and mended.is_in(item):
            report.set_aside(row, "record is not UTF-8")
        elif repeated and _holds_any(item, repeated):
            report.set_aside(row, _TWICE)
        else:
            yield row, item


def _holds_any(value: object, wanted: dict[int, dict[str, Any]]) -> bool:
    """Tell whether some of the objects, by identity, are within a value, and forget them; nesting may be deep."""
    waiting, found = [value], False
    while waiting:
        part = waiting.pop()
        found = wanted.pop(id(part), None) is not None or found
        waiting.extend(part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
    return found


def json_lines(
    chunks: Iterator[bytes], report: ReadReport, matters: Callable[[bytes], bool] | None = None
) -> Iterator[Row]:
    """Yield number and object of each line; lines that do not matter are passed over unparsed."""
    for row, line in clean_lines(chunks, report):
        if matters and not matters(line):
            report.passed_over += 1
            continue
        try:
            item = _parsed(line)
        except BadInputError as error:
            report.set_aside(row, error.reason)
        except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
            report.set_aside(row, "line is not JSON in UTF-8")
        else:
            if isinstance(item, dict):
                yield row, item
            else:
                report.set_aside(row, "record is not an object")


def _parsed(line: bytes) -> Any:
    """Parse one line: fast where a cheap count proves that no key occurs twice, slowly otherwise.

    The count is of `":` in the line and in what was parsed from it, written again. Escapes and spaces before a
    colon would blur it, so lines with them go the slow way. A number that 64 bits cannot hold comes out as a
    float, and no reader takes a float for a number or an id.
    """
    if b"\\u" not in line and b" :" not in line and b"\t:" not in line:
        try:
            item = orjson.loads(line)
        except orjson.JSONDecodeError:
            pass  # the slow way says whether it is broken, or only unusual
        else:
            if orjson.dumps(item).count(_KEY_END) == line.count(_KEY_END):
                return item
    return json.loads(line.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)


def _refuse_constant(_name: str) -> None:
    raise ValueError


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadInputError(_TWICE)
    return made
