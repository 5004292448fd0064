"""Where questions are typed in a terminal: lines that can be edited and called back, and names that Tab completes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer, Completion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

# Letters of an outlet's name that must be there, so that Tab after a little word does not offer one.
_ENOUGH = 2


class Names(Completer):
    """Commands at the beginning of a line, and the names of outlets wherever a word begins in a question."""

    def __init__(self, commands: Sequence[str]) -> None:
        self._commands = commands
        self.outlets: Sequence[str] = ()

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002 its interface
        """What the words before the cursor can become."""
        typed = document.text_before_cursor
        if typed.startswith("/"):
            yield from (Completion(name, -len(typed)) for name in self._commands if name.startswith(typed))
            return
        begun = [typed[word.start() :] for word in re.finditer(r"\b\w", typed)]
        for outlet in self.outlets:
            words = next((words for words in begun if outlet.casefold().startswith(words.casefold())), "")
            if len(words) >= _ENOUGH:
                yield Completion(outlet, -len(words))


class Prompt:
    """Asks for one line after another; what was typed is remembered until the chat ends, and not longer."""

    def __init__(self, commands: Sequence[str]) -> None:
        self._names = Names(commands)
        self._session: PromptSession[str] = PromptSession(
            "? ", completer=self._names, complete_while_typing=False, enable_history_search=True
        )

    async def line(self, outlets: Sequence[str]) -> str:
        """The next line; `outlets` are there to be named.

        Raises:
            EOFError, KeyboardInterrupt: Ctrl-D, Ctrl-C.

        """
        self._names.outlets = outlets
        return await self._session.prompt_async()
