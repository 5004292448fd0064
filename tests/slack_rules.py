"""What Slack would refuse, and what it would do with words that nobody meant: rules for messages and views.

Blocks are held against the published schema where it is present, against the models of slack_sdk, and against limits
that neither of them has.
"""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from conftest import SHARED
from loopback import first_fault
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SCHEMA = SHARED / "spec" / "slack-Blocks.schema.json"
# Beyond about so many characters of blocks Slack takes no message.
MESSAGE_CHARS = 12_000
_LINK = re.compile(r"<https?://[^\s|<>]+\|link>", re.IGNORECASE)
# Elements of rich text that ping nobody and show nothing but what is in them.
_HARMLESS = {"text", "link"}
_PARTS = {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}
_REPLIES = {"response_type", "replace_original", "delete_original", "thread_ts"}


def check_message(payload: dict[str, Any]) -> None:
    """Assert that Slack would take a message and show it as it is meant.

    The payload may be that of a reply to a response url. Where it goes (channel, user, thread) is not looked at.
    """
    if payload.get("delete_original") and payload.keys() <= _REPLIES:
        return
    text, blocks = payload["text"], payload["blocks"]
    assert payload["unfurl_links"] is False, "a link could unfurl"
    assert payload["unfurl_media"] is False, "a picture could unfurl"
    assert not payload.get("link_names"), "a name could ping"
    assert payload.get("parse") in (None, "none"), "a name could ping"
    assert payload.get("response_type") in (None, "ephemeral", "in_channel")
    assert text.strip(), "a notification would be empty"
    assert len(text) <= 4000
    assert not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", text), "a text could hold a mention or a link"
    assert 1 <= len(blocks) <= 50
    assert len(json.dumps(blocks, ensure_ascii=False)) <= MESSAGE_CHARS
    assert all(block["type"] != "input" for block in blocks)
    _check_blocks(blocks)


def check_view(view: dict[str, Any]) -> None:
    """Assert that Slack would take a modal or a home tab."""
    blocks = view["blocks"]
    assert view["type"] in {"modal", "home"}
    assert 1 <= len(blocks) <= 100
    assert len(view.get("private_metadata", "")) <= 3000
    assert len(view.get("callback_id", "")) <= 255
    if view["type"] == "modal":
        for name in ("title", "submit", "close"):
            assert view[name]["type"] == "plain_text"
            assert 1 <= len(view[name]["text"].strip()) <= len(view[name]["text"]) <= 24
    else:
        assert not {"title", "submit", "close"} & view.keys()
    assert View(**copy.deepcopy(view)).to_dict() == view
    _check_blocks(blocks)


def quotes(payload: dict[str, Any]) -> list[str]:
    """What stands in each quote of a message without a style, or in bold."""
    return _quoted(payload, None, {"bold": True})


def marked(payload: dict[str, Any]) -> list[str]:
    """What of each quote of a message is in bold."""
    return _quoted(payload, {"bold": True})


def _quoted(payload: dict[str, Any], *styles: dict[str, bool] | None) -> list[str]:
    parts = (part for block in payload["blocks"] if block["type"] == "rich_text" for part in block["elements"])
    return [
        "".join(e["text"] for e in part["elements"] if e["type"] == "text" and e.get("style") in styles)
        for part in parts
        if part["type"] == "rich_text_quote"
    ]


def _check_blocks(blocks: Sequence[dict[str, Any]]) -> None:
    for block in blocks:
        if SCHEMA.exists():
            fault = first_fault(_validator(SCHEMA, block["type"]), block)
            assert fault is None, fault
        assert _parsed(block) == block
        _check_block(block)
        for element in _walk(block):
            _check_element(element)
    for name in ("action_id", "block_id"):
        ids = [element[name] for block in blocks for element in _walk(block) if name in element]
        assert len(ids) == len(set(ids)), f"the same {name} twice"
        assert all(1 <= len(value) <= 255 for value in ids)


def _check_block(block: dict[str, Any]) -> None:
    match block["type"]:
        case "header":
            assert block["text"]["type"] == "plain_text"
            assert len(block["text"]["text"]) <= 150
        case "context":
            assert 1 <= len(block["elements"]) <= 10
        case "actions":
            assert 1 <= len(block["elements"]) <= 25
        case "rich_text":
            assert block["elements"]
            assert all(part["type"] in _PARTS and part["elements"] for part in block["elements"])
            inline = [element for part in block["elements"] for element in part["elements"]]
            assert all(element["type"] in _HARMLESS for element in inline)
        case "input":
            assert len(block["label"]["text"]) <= 2000
            assert len(block.get("hint", {}).get("text", "")) <= 2000
        case kind:
            assert kind == "section"
            assert "text" in block


def _check_element(element: dict[str, Any]) -> None:
    for name in ("text", "label", "hint", "placeholder"):
        if isinstance(words := element.get(name), str):
            assert 1 <= len(words) <= 3000, "a text is empty or too long"
    if "url" in element:
        assert re.fullmatch(r"https?://[^\s\x00-\x1f|<>\"]+", element["url"], re.IGNORECASE)
        assert len(element["url"]) <= 3000
    assert len(element.get("placeholder", {}).get("text", "")) <= 150
    match element.get("type"):
        case "plain_text":
            assert element["text"].strip()
            assert element.get("emoji") is False, "words could become an emoji"
        case "mrkdwn":
            assert element.get("verbatim") is True, "words could become a link"
            assert not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", _LINK.sub("", element["text"])), element["text"]
        case "button":
            assert len(element["text"]["text"]) <= 75
            assert 1 <= len(element["value"]) <= 2000
            assert element.get("style") in (None, "primary", "danger")
        case "checkboxes":
            _check_options(element["options"], 10)
        case "static_select":
            _check_options(element["options"], 100)
        case "file_input":
            assert 1 <= element.get("max_files", 10) <= 10
        case "plain_text_input":
            assert 1 <= element.get("max_length", 1) <= 3000


def _check_options(options: Sequence[dict[str, Any]], most: int) -> None:
    assert 1 <= len(options) <= most
    assert len({option["value"] for option in options}) == len(options)
    for option in options:
        assert len(option["text"]["text"]) <= 75
        assert 1 <= len(option["value"]) <= 150


def _walk(element: Any) -> Iterator[dict[str, Any]]:
    """Everything in a block that is an object, the block first."""
    if isinstance(element, dict):
        yield element
        for value in element.values():
            yield from _walk(value)
    elif isinstance(element, list):
        for value in element:
            yield from _walk(value)


def _parsed(block: dict[str, Any]) -> dict[str, Any]:
    """A block as slack_sdk's models understand it, after their own checks; they drop what they do not know."""
    parsed = Block.parse(copy.deepcopy(block))
    assert parsed is not None, f"slack_sdk knows no block like {block}"
    shown: dict[str, Any] = parsed.to_dict()
    return shown


@cache
def _validator(file: Path, kind: str) -> jsonschema_rs.Draft7Validator:
    """The schema of one kind of block: of all kinds at once it says only that none fits."""
    document = json.loads(file.read_text(encoding="utf-8"))
    definitions = document["definitions"]
    names = [reference["$ref"].rpartition("/")[2] for reference in definitions["KnownBlock"]["anyOf"]]
    kinds = {definitions[name].get("properties", {}).get("type", {}).get("const"): name for name in names}
    return jsonschema_rs.Draft7Validator({"$ref": f"#/definitions/{kinds[kind]}", "definitions": definitions})
