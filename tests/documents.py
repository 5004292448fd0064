"""Word, OpenDocument and EPUB files for tests, made of the parts that such files have."""

from __future__ import annotations

import io
from html import escape
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{path}:1.0"'
    for name, path in {
        "office": "office",
        "text": "text",
        "table": "table",
        "style": "style",
        "draw": "drawing",
    }.items()
)
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A ZIP file of these parts; one called mimetype is stored as it is."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content, ZIP_STORED if name == "mimetype" else ZIP_DEFLATED)
    return out.getvalue()


def word_paragraph(words: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{escape(words)}</w:t></w:r></w:p>'


def docx(*paragraphs: str, body: str = "", title: str = "", **parts: str | bytes) -> bytes:
    """A Word document of these paragraphs, and what else stands in its body."""
    inner = "".join(map(word_paragraph, paragraphs)) + body
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in {"Titel": "Title", "berschrift1": "heading 1", "Standard": "Normal"}.items()
    )
    whole: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "word/document.xml": f"<w:document {W}><w:body>{inner}<w:sectPr/></w:body></w:document>",
        "word/styles.xml": f"<w:styles {W}>{styles}</w:styles>",
        "docProps/core.xml": f"<core {DC}><dc:title>{escape(title)}</dc:title><dc:creator>Somebody</dc:creator></core>",
    }
    return zipped(whole | parts)


def odt(*paragraphs: str, body: str = "", styles: str = "", title: str = "", **parts: str | bytes) -> bytes:
    """An OpenDocument text of these paragraphs, and what else stands in its body."""
    inner = "".join(f"<text:p>{escape(words)}</text:p>" for words in paragraphs) + body
    whole: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"<office:document-content {ODF}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{inner}</office:text></office:body></office:document-content>",
        "meta.xml": f"<office:document-meta {ODF} {DC}><office:meta><dc:title>{escape(title)}</dc:title>"
        "<dc:date>2024-03-01T10:00:00</dc:date></office:meta></office:document-meta>",
    }
    return zipped(whole | parts)


def chapter(title: str, *paragraphs: str) -> str:
    inner = "".join(f"<p>{escape(words)}</p>" for words in paragraphs)
    return (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head><title>{escape(title)}</title></head><body><h1>{escape(title)}</h1>{inner}</body></html>"
    )


def epub(chapters: dict[str, str], about: str = "", **parts: str | bytes) -> bytes:
    """An EPUB of these chapters by the names of their files; `about` is what it says of itself."""
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(chapters)))
    whole: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/content.opf"/></rootfiles></container>',
        "OEBPS/content.opf": f'<package xmlns="http://www.idpf.org/2007/opf" {DC}><metadata>{about}</metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
        **{f"OEBPS/{name}": words for name, words in chapters.items()},
    }
    return zipped(whole | parts)
