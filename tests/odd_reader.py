"""A reader that does to its process what a hostile file might; a file says what, in its first word."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from index.readers.drafts import Draft, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(file: BinaryIO) -> Iterator[Draft]:
    what, *words = file.read().decode().split(" ", 1)
    if what == "some":
        yield Draft("One.", member="1")
        yield Draft("x" * 2_000_000, member="2")
        what, *words = words[0].split(" ", 1)
    match what:
        case "hang":  # in one call of C, which no thread of Python's can interrupt
            if words:
                Path(words[0]).write_text(str(os.getpid()))
            re.match(r"(a+)+$", "a" * 64 + "b")
        case "eat":
            bytearray(1 << 34)
        case "eat-slowly":
            held = []
            while True:
                held.append(bytes(100_000_000))
        case "crash":
            os.abort()
        case "leave":
            os._exit(3)
        case "raise":
            raise ValueError("All strings must be XML compatible")
        case "refuse":
            raise UnreadableError("it is odd", 7)
        case "pid":
            yield Draft(str(os.getpid()))
        case _:
            print(*words, file=sys.stderr)
            yield Draft(what)
