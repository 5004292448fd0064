"""Bytes and markup → text that can be stored: what the readers share."""

from __future__ import annotations

import re
from contextlib import suppress
from os import SEEK_END
from typing import BinaryIO

from index.readers.drafts import MAX_ARTICLE_BYTES, TOO_LARGE, UnreadableError

# The encodings of newsrooms' archives that can be told from their bytes: Python's name, and the one people know.
LEGACY_ENCODINGS = {
    "cp1252": "Latin-1 (Windows-1252)",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1253": "Windows-1253",
    "cp1254": "Windows-1254",
    "cp1255": "Windows-1255",
    "cp1256": "Windows-1256",
    "cp1257": "Windows-1257",
    "iso8859_2": "ISO 8859-2",
    "iso8859_5": "ISO 8859-5",
    "koi8_r": "KOI8-R",
    "koi8_u": "KOI8-U",
    "cp866": "DOS Cyrillic (866)",
    "cp932": "Shift-JIS",
    "euc_jp": "EUC-JP",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "cp949": "EUC-KR (949)",
}
# With fewer bytes beyond ASCII than these, a guess is worth less than the most common encoding.
_FEW_BYTES = 8
# Below this, the letters of a single-byte encoding do not look like any language.
_SOME_LANGUAGE = 0.2
# Written with letters that Windows-1252 lacks: what looks like one of these even when read as that, is not.
_NOT_WESTERN = {"Croatian", "Czech", "Hungarian", "Polish", "Romanian", "Slovak", "Slovene"}
# The six letters in which Windows-1254 differs from it.
_TURKISH = re.compile(rb"[\xd0\xdd\xde\xf0\xfd\xfe]")
_MULTI_BYTE = {"cp932", "euc_jp", "gb18030", "big5", "cp949"}

# Controls and halves of characters, which nothing shows and which cannot be stored, or not in a tree of markup.
_UNSTORABLE = re.compile("\r\n?|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# What some of them are meant as: the end of a line, and what Windows-1252 has in their place, as browsers read them.
_MEANT = dict.fromkeys(("\r", "\r\n", "\x0b", "\x0c"), "\n") | {
    chr(byte): shown for byte in range(0x80, 0xA0) if (shown := bytes([byte]).decode("cp1252", "ignore"))
}
# Where a word may be broken: the soft hyphen and the zero-width space, which are not seen.
_HINTS = {0xAD: None, 0x200B: None}


def bounded(file: BinaryIO) -> bytes:
    """All bytes of a file of one article.

    Raises:
        UnreadableError: they are more than `MAX_ARTICLE_BYTES`.

    """
    if file.seek(0, SEEK_END) > MAX_ARTICLE_BYTES:  # before anything of it is read
        raise UnreadableError(TOO_LARGE)
    file.seek(0)
    return file.read(MAX_ARTICLE_BYTES)


def decode(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of some bytes without its byte order mark, and a note where the encoding had to be guessed.

    UTF-8, or the byte order mark's encoding; else what the bytes look like, and where that is not clear Windows-1252,
    which shows what Latin-1 bytes were meant to show.

    Raises:
        UnreadableError: it holds NULs, or its byte order mark says what it is not.

    """
    encoding = "utf-8-sig"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in raw:
        raise UnreadableError("it holds NUL bytes, so it is not a text file")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as exc:
        if encoding == "utf-16":
            raise UnreadableError("its byte order mark says UTF-16, but it is not") from exc
    else:
        if "\0" in text:
            raise UnreadableError("it holds NUL characters, so it is not a text file")
        return text, ()
    for guess in (_looks_like(raw), "cp1252"):
        with suppress(UnicodeDecodeError):
            return raw.decode(guess), (f"it is not UTF-8; read as {LEGACY_ENCODINGS[guess]}",)
    return raw.decode("latin-1"), ("it is not UTF-8; read as Latin-1",)


def as_shown(words: str) -> str:
    """Words of markup as a browser shows them: white space is one space, breaks are kept, hyphenation hints are not."""
    lines = (re.sub(r"[ \t\r\f]+", " ", line).strip(" ") for line in words.translate(_HINTS).split("\n"))
    return "\n".join(line for line in lines if line and not line.isspace())


def storable(words: str) -> str:
    """The words with no control but tabs and line feeds, and without the halves of characters that escapes can make."""
    return _UNSTORABLE.sub(lambda found: _MEANT.get(found[0], ""), words)


def language_code(code: str) -> str:
    """A language code as most write it, from `en_US` or `EN-us`."""
    first, *others = code.strip().replace("_", "-").split("-")
    return "-".join([first.lower(), *others])


def _looks_like(raw: bytes) -> str:
    """The encoding that the bytes look like; Windows-1252 unless another is clearly the better reading."""
    if sum(map(len, re.findall(rb"[\x80-\xff]+", raw))) < _FEW_BYTES:
        return "cp1252"
    from charset_normalizer import from_bytes  # noqa: PLC0415 – most files are UTF-8 and need no guess

    matches = from_bytes(raw, cp_isolation=list(LEGACY_ENCODINGS))
    best = matches.best()
    if best is None or (best.encoding not in _MULTI_BYTE and best.coherence < _SOME_LANGUAGE):
        return "cp1252"
    western = next((match for match in matches if "cp1252" in (match.encoding, *match.could_be_from_charset)), None)
    if western is None or western.language in _NOT_WESTERN:
        return best.encoding
    return "cp1254" if western.language == "Turkish" and _TURKISH.search(raw) else "cp1252"
