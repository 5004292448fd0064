"""What news agencies send in XML → drafts: items of NewsML-G2 and NewsML 1, and NITF."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.readers.elements import language, line_of, local_name, names, said, words
from index.readers.items import WITHDRAWN, article, embargo, refused, revision, unpublished, version_number
from index.readers.markup import html_paragraphs, plain, prose, tree_paragraphs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml.etree import _Element

    from index.readers.drafts import Draft, Refused
    from index.readers.items import Found

    # The highest version of each item of a file, and its line: only that one speaks.
    Latest = Mapping[str, tuple[int, int | None]]

NAR = "{http://iptc.org/std/nar/2006-10-01/}"
# Where HTML in an item keeps its headline, slug lines, genre and date, which the item's metadata tell too.
HEADER = frozenset({"header"})

_META, _CONTENT = f"{NAR}itemMeta/{NAR}", f"{NAR}contentMeta/{NAR}"
# Agencies write HTML in its own namespace, in another or in none, or only its paragraphs among elements of their own.
_HTML, _PARAGRAPH = ("{*}html", "{*}body", "{*}div", "{*}section"), "{*}p"
# Parts of an item of NewsML 1 that are not its text, by their roles.
_BESIDE = re.compile(
    r"caption|picture|photo|graphic|video|audio|quicklook|thumbnail|preview|abstract|summary|teaser", re.I
)


def version_of(item: _Element) -> tuple[str, str]:
    """What an item of NewsML is called, whatever its version, and the number of that."""
    if item.tag.startswith(NAR):
        return item.get("guid", ""), item.get("version", "")
    identifier = "{*}Identification/{*}NewsIdentifier/{*}"
    number = words(item.find(f"{identifier}RevisionId"))
    public = words(item.find(f"{identifier}PublicIdentifier"))
    return re.sub(rf":{re.escape(number)}[A-Z]?$", "", public), number


# --- NewsML-G2 -------------------------------------------------------------------------------------------------------


def news_item(item: _Element, latest: Latest) -> Draft | Refused:
    """One item of NewsML-G2."""
    (identity, version), line, kind = version_of(item), line_of(item), item.tag.removeprefix(NAR)
    changed = said(item, f"{_META}versionCreated")
    newest = latest.get(identity, (0, None))
    reason = taken_back = None
    status = _code(item.find(f"{_META}pubStatus")) or "usable"
    until = item.find(f"{_META}embargoed")
    if kind != "newsItem":
        reason = f"it is a {kind}, which holds no text of its own"
    elif newest[0] > version_number(version):
        reason = f"a later version of it stands in line {newest[1]}"
    elif status != "usable":
        reason, taken_back = _not_usable(status), revision(version, changed)
    elif until is not None:
        reason = embargo(words(until))
    if reason:
        return refused(reason, line, identity, taken_back)
    contents = item.findall(f"{NAR}contentSet/{NAR}inlineXML") + item.findall(f"{NAR}contentSet/{NAR}inlineData")
    texts = [(local_name(content), text) for content in contents if (text := _rendition(content))]
    if not texts:
        held = [local_name(child) for child in item.iterfind(f"{NAR}contentSet/*")]
        return refused(f"it holds no text that is read, only {', '.join(held) or 'metadata'}", line, identity)
    nitf = next(item.iter("{*}nitf"), None)
    inside = _stated(nitf) if nitf is not None else {}
    authors = names(item, f"{_CONTENT}by") or names(item, f"{_CONTENT}creator/{NAR}name") or inside.get("author", [])
    tag = item.find(f"{_CONTENT}language[@tag]")
    languages = [("language", tag.get("tag", ""))] if tag is not None else language(contents[0])
    created = said(item, f"{_META}firstCreated", f"{_CONTENT}contentCreated")
    titles = said(item, f"{_CONTENT}headline", f"{_META}title")[:1]
    values: dict[str, Found] = {
        "title": [(place, prose(title)) for place, title in titles] or inside.get("title", []),
        "outlet": [*_party(item.find(f"{_META}provider")), *_party(item.find(f"{_CONTENT}infoSource"))][:1],
        "author": authors,
        "published": (created or changed)[:1],
        "language": languages,
    }
    return article(texts, values, identity=identity, line=line, changed=changed, version=version)


def _rendition(content: _Element) -> str:
    """The text of one rendition of an item's content; nothing if it is of a kind that is not read."""
    kind = content.get("contenttype", "").partition(";")[0].lower()
    if content.tag == NAR + "inlineXML":
        return _marked_up(content)
    if content.get("encoding"):
        return ""
    if "html" in kind:
        return html_paragraphs(words(content), without=HEADER)
    return plain(words(content)) if kind in {"", "text/plain"} else ""


def _marked_up(content: _Element) -> str:
    """The text of NITF, or of HTML in whatever namespace; nothing if it is neither."""
    body = next(content.iter("{*}body.content"), None)
    if body is None and next(content.iter(*_HTML), None) is not None:
        body = content
    if body is None and (paragraph := next(content.iter(_PARAGRAPH), None)) is not None:
        body = paragraph.getparent()
    return tree_paragraphs(body, without=HEADER) if body is not None else ""


def _party(element: _Element | None) -> list[tuple[str, str]]:
    """What an organisation is called: by name, else by what stands for it."""
    if element is None:
        return []
    named = said(element, f"{NAR}name")[:1]
    code = element.get("literal") or element.get("qcode", "").partition(":")[2]
    return named or ([("code", code)] if code else [])


def _code(element: _Element | None) -> str:
    """The last part of a code from a vocabulary, as in `stat:usable`."""
    return re.split("[:/]", element.get("qcode") or element.get("uri") or "")[-1].lower() if element is not None else ""


def _not_usable(status: str) -> str:
    return WITHDRAWN if unpublished(status) == WITHDRAWN else f'its status is "{status}", not usable'


# --- NewsML 1 --------------------------------------------------------------------------------------------------------


def news_item_1(item: _Element, latest: Latest) -> Draft | Refused:
    """One item of NewsML 1: its first text, which is its main one where it says so."""
    (identity, version), line = version_of(item), line_of(item)
    manage = "{*}NewsManagement/{*}"
    changed = said(item, f"{manage}ThisRevisionCreated")
    status = _formal(item, f"{manage}Status").lower() or "usable"
    kind = _formal(item, f"{manage}NewsItemType").lower() or "news"
    newest = latest.get(identity, (0, None))
    reason = taken_back = None
    if newest[0] > version_number(version):
        reason = f"a later version of it stands in line {newest[1]}"
    elif status == "embargoed":
        reason = embargo(words(item.find(f"{manage}StatusWillChange/{{*}}DateAndTime")))
    elif status != "usable":
        reason, taken_back = _not_usable(status), revision(version, changed)
    elif kind not in {"news", "newsupdate", "text"}:
        reason = f"its type is {kind}, not news"
    if reason:
        return refused(reason, line, identity, taken_back)
    texts = [(part, text) for part in _parts(item) if (text := _part_text(part))]
    if not texts:
        media = [each.get("FormalName", "") for each in item.iter("{*}MediaType")]
        return refused(f"it holds no text that is read, only {', '.join(media) or 'metadata'}", line, identity)
    main, text = texts[0]
    inside = _stated(main)
    lines, meta = "{*}NewsComponent/{*}NewsLines/{*}", ".//{*}AdministrativeMetadata/{*}"
    parties = [_formal(item, f"{meta}{role}/{{*}}Party") for role in ("Provider", "Source")]
    parties += [words(item.find("{*}Identification/{*}NewsIdentifier/{*}ProviderId"))]
    values: dict[str, Found] = {
        "title": (said(item, f"{lines}HeadLine") or said(item, ".//{*}HeadLine") or inside["title"])[:1],
        "outlet": [("Party", party) for party in parties if party][:1],
        "author": names(item, f"{lines}ByLine") or names(item, ".//{*}ByLine") or inside["author"],
        "published": said(item, f"{manage}FirstCreated") or changed,
        "language": [("Language", code)] if (code := _formal(item, ".//{*}Language")) else language(main)[:1],
    }
    notes = [f"it holds {len(texts)} texts; the first is read"] if len(texts) > 1 else []
    return article(
        [("DataContent", text)],
        values,
        identity=identity,
        line=line,
        notes=notes,
        changed=changed,
        version=version,
    )


def _parts(item: _Element) -> list[_Element]:
    """The contents that may be an item's text, the main one first; not those of pictures, nor their captions."""
    found = [part for part in item.iter("{*}ContentItem") if _formal(part, "{*}MediaType").lower() in {"", "text"}]
    found = [part for part in found if not any(map(_BESIDE.search, _roles(part)))]
    return sorted(found, key=lambda part: not any("main" in role.lower() for role in _roles(part)))


def _roles(part: _Element) -> Iterator[str]:
    return (_formal(each, "{*}Role") for each in part.iterancestors("{*}NewsComponent"))


def _part_text(part: _Element) -> str:
    content = part.find("{*}DataContent")
    if content is None or part.find("{*}Encoding") is not None or content.find("{*}Encoding") is not None:
        return ""
    return _marked_up(content) if len(content) else prose(words(content))


def _formal(element: _Element, path: str) -> str:
    """The name, from a vocabulary, of what stands at a path."""
    found = element.find(path)
    return (found.get("FormalName") or "").strip() if found is not None else ""


# --- NITF ------------------------------------------------------------------------------------------------------------


def nitf_document(nitf: _Element) -> Draft | Refused:
    """One document of NITF."""
    line = line_of(nitf)
    identity = next((each.get("id-string", "") for each in nitf.iter("{*}doc-id")), "")
    data = nitf.find("{*}head/{*}docdata")
    status = data.get("management-status", "usable").lower() if data is not None else "usable"
    release = next((each.get("norm", "") for each in nitf.iter("{*}date.release")), None)
    values = _stated(nitf)
    if unpublished(status) == WITHDRAWN:
        return refused(WITHDRAWN, line, identity, revision("", values["published"]))
    until = release if release is not None else "" if status == "embargoed" else None
    if until is not None and (reason := embargo(until)):
        return refused(reason, line, identity)
    texts = [("body.content", tree_paragraphs(body)) for body in nitf.iter("{*}body.content")]
    return article(texts, values, identity=identity, line=line)


def _stated(nitf: _Element) -> dict[str, Found]:
    """The fields that a NITF document itself gives."""

    def norms(path: str, attribute: str) -> list[tuple[str, str]]:
        return [(path, each.get(attribute)) for each in nitf.iterfind(f".//{{*}}{path}[@{attribute}]")]

    created = norms("pubdata", "date.publication") or norms("date.issue", "norm") or norms("story.date", "norm")
    heads = ".//{*}body.head/{*}"
    return {
        "title": (said(nitf, f"{heads}hedline/{{*}}hl1", ".//{*}head/{*}title"))[:1],
        "outlet": (norms("pubdata", "name") or said(nitf, f"{heads}distributor"))[:1],
        "author": names(nitf, f"{heads}byline/{{*}}person") or _bylines(nitf, f"{heads}byline"),
        "published": created[:1],
        "language": language(nitf)[:1],
    }


def _bylines(nitf: _Element, path: str) -> list[tuple[str, str]]:
    """Who signs, without what they are (`byttl`) and where."""
    found = []
    for byline in nitf.iterfind(path):
        parts = [byline.text, *(part for each in byline for part in (_named(each), each.tail))]
        found.append(" ".join(" ".join(filter(None, parts)).split()).strip(" ,;"))
    return [("byline", ", ".join(filter(None, found)))] if any(found) else []


def _named(part: _Element) -> str:
    return "" if local_name(part) in {"byttl", "virtloc", "location"} else " ".join(part.itertext())
