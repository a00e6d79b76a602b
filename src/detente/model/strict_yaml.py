"""YAML read strictly: every scalar is text until its place gives it a type, and a key given twice is refused.

`no` is not false, 12:00 is not 720, dates are text (21-language-reference, 1). Anchors, aliases, tags and several
documents in one file are refused: two readers must see the same file.
"""

from __future__ import annotations

from typing import Any

import yaml

from detente.errors import GivenError

MAX_DEPTH = 32


def read_yaml(data: bytes, where: str, code: str = "terms-invalid") -> Any:
    """Plain dicts, lists and strings of one YAML document; GivenError(code) naming the line."""
    try:
        text = data.decode("utf-8")
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise GivenError(code, f"nested deeper than {MAX_DEPTH} levels", where=_line(where, event.start_mark))
            marked = isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None
            if marked or getattr(event, "tag", None) is not None:
                raise GivenError(code, "anchors, aliases and tags are not read", where=_line(where, event.start_mark))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise GivenError(code, f"not YAML: {problem}", where=_line(where, mark)) from error
    return _plain(node, where, code) if node is not None else {}


def _line(where: str, mark: Any) -> str:
    return f"{where} line {mark.line + 1}" if mark is not None else where


def _plain(node: yaml.Node, where: str, code: str) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, where, code) for item in node.value]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        place = _line(where, key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            raise GivenError(code, "a key must be text", where=place)
        if key_node.value in result:
            raise GivenError(code, f"key {key_node.value!r} is given twice", where=place)
        result[str(key_node.value)] = _plain(value_node, where, code)
    return result
