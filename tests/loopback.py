"""What the loopback servers of both platforms share: a payload held against a schema, and the bot run beside them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    import jsonschema_rs


def first_fault(validator: jsonschema_rs.Draft7Validator | jsonschema_rs.Draft202012Validator, body: Any) -> str | None:
    """What a schema does not allow in a body as it is sent; a validator takes no strings of other classes."""
    sent = json.loads(json.dumps(body))
    errors = sorted(validator.iter_errors(sent), key=lambda error: len(error.instance_path))
    return f"{errors[0].message} at {errors[0].instance_path}" if errors else None


@asynccontextmanager
async def run_until_stopped(
    work: Coroutine[Any, Any, None],
    until: Callable[[Callable[[], object]], Awaitable[None]],
    connected: Callable[[], object],
) -> AsyncIterator[asyncio.Task[None]]:
    """The bot connected, or a server listening; stopped by a signal at the end, as a person would."""
    task = asyncio.create_task(work)
    try:
        await until(lambda: connected() or task.done())
        if task.done():
            task.result()
        yield task
        if not task.done():
            os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 120)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
