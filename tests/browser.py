"""A headless Chromium, asked over its DevTools protocol which words of a saved page a link highlights."""

from __future__ import annotations

import asyncio
import base64
import io
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import regex
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Highlighted words are boxes of one colour that nothing else on a page has.
STYLE = (
    "::target-text{background:#f0f;color:#f0f} "
    "body{font:10px/14px sans-serif;margin:8px;width:560px;background:#fff;color:#000} "
    "h1{font:10px/14px sans-serif} p{margin:0 0 8px}"
)
# What has no colour of the page's: white space, and pictographs with what joins them.
UNPAINTED = r"\s|\p{Emoji_Presentation}|\p{Regional_Indicator}|[\u200d\ufe0f]"
_COLOUR = (255, 0, 255)
_SECONDS = 60
# How often is looked, a quarter of a second apart and more.
_LOOKS = 8
# Every character of the page, and the middle of it.
_CHARACTERS = """
(() => {
  const found = [], range = document.createRange();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    let at = 0;
    for (const character of node.data) {
      range.setStart(node, at);
      range.setEnd(node, at += character.length);
      const box = range.getClientRects()[0];
      found.push([character, box ? box.x + scrollX + box.width / 2 : -1, box ? box.y + scrollY + box.height / 2 : -1]);
    }
  }
  return found;
})()
"""
_PAINTED = "new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 250))"


class Seen(NamedTuple):
    """The characters of a page as far as they are painted, which are highlighted, and whether the first is in view."""

    characters: str
    highlighted: Sequence[bool]
    in_sight: bool

    @property
    def words(self) -> str:
        """What is highlighted."""
        return "".join(c for c, lit in zip(self.characters, self.highlighted, strict=True) if lit)


class Browser:
    """One tab. Use `opened`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, runner: asyncio.Runner) -> None:
        self._socket, self._runner = socket, runner
        self._calls = 0
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._tab = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def look(self, page: Path, directives: str, expected: Callable[[Seen], bool]) -> Seen:
        """What a page shows where a link with these directives leads to it: what is expected, or after a while."""
        # The same page with another fragment is not loaded anew.
        self._call("Page.navigate", url="about:blank")
        self._call("Page.navigate", url=f"{page.as_uri()}#:~:{directives}")
        while self._value("document.readyState + location.protocol") != "completefile:":
            pass
        characters = [found for found in self._value(_CHARACTERS) if not regex.match(UNPAINTED, found[0])]
        # Words are looked for one directive after another, once the page is there.
        for _ in range(_LOOKS):
            self._value(_PAINTED)
            seen = self._seen(characters)
            if expected(seen):
                break
        return seen

    def _seen(self, characters: list[tuple[str, float, float]]) -> Seen:
        shot = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        with Image.open(io.BytesIO(base64.b64decode(shot))) as image:
            pixels = image.convert("RGB")
        lit = [pixels.getpixel((int(x), int(y))) == _COLOUR for _, x, y in characters]
        top, height = self._value("[scrollY, innerHeight]")
        first = next((y for (_, _, y), is_lit in zip(characters, lit, strict=True) if is_lit), -1.0)
        return Seen("".join(c for c, _, _ in characters), lit, top <= first <= top + height)

    def _value(self, expression: str) -> Any:
        told = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return told["result"].get("value")

    def _call(self, method: str, **parameters: Any) -> Any:
        return self._runner.run(self._answer(method, parameters))

    async def _answer(self, method: str, parameters: dict[str, Any]) -> Any:
        self._calls += 1
        tab = {} if method.startswith("Target.") else {"sessionId": self._tab}
        await self._socket.send_json({"id": self._calls, "method": method, "params": parameters, **tab})
        async with asyncio.timeout(_SECONDS):
            while (told := await self._socket.receive_json()).get("id") != self._calls:
                pass
        assert "error" not in told, told
        return told["result"]


def installed() -> str | None:
    """The program, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def opened(program: str) -> Iterator[Browser]:
    """A browser with a profile of its own; raises OSError where it does not start."""
    # A browser that is ending may still write there.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, asyncio.Runner() as runner:
        # The pages are ours; and in containers there is often no room for a sandbox.
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")
        places = (f"--user-data-dir={profile}", "--remote-debugging-port=0", "--window-size=600,400")
        command = [program, *options, *places, "about:blank"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                session, socket = runner.run(_connected(process, Path(profile)))
                try:
                    yield Browser(socket, runner)
                finally:
                    runner.run(session.close())
            finally:
                process.terminate()


async def _connected(
    process: subprocess.Popen[bytes], profile: Path
) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    """A connection to where the browser says that it listens."""
    told = profile / "DevToolsActivePort"
    async with asyncio.timeout(_SECONDS):
        while not (told.exists() and told.read_text().count("\n") == 1):
            if process.poll() is not None:
                raise OSError(f"it ended with {process.returncode}")
            await asyncio.sleep(0.05)
    port, path = told.read_text().split("\n")
    session = aiohttp.ClientSession()
    # A picture of a long page is larger than what a message usually is.
    return session, await session.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0)
