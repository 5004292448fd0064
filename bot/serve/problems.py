"""What goes wrong, as HTTP and MCP tell it: a plain sentence and a status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.responses import JSONResponse

from bot.days import DayError
from bot.desk import DeskBusyError
from bot.pace import TooFastError
from bot.serve.program import NoArticleError
from bot.serve.tokens import UnknownTokenError
from bot.service import StoppingError
from bot.verifying import VerificationError
from bot.visit import sentence_for
from index.errors import IndexUnavailableError, OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from bot import schema

# Seconds after which it is worth a try again where nobody knows better.
RETRY = 10


class ElsewhereError(OnTheRecordError):
    """A request comes from a page of another site."""


class LateError(OnTheRecordError):
    """A request does not come to its end."""


class LargeError(OnTheRecordError):
    """A request is longer than it may be."""


_STATUS = {
    UnknownTokenError: 401,
    ElsewhereError: 403,
    NoArticleError: 404,
    LateError: 408,
    LargeError: 413,
    DayError: 422,
    VerificationError: 422,
    TooFastError: 429,
    DeskBusyError: 503,
    IndexUnavailableError: 503,
    StoppingError: 503,
}


def sentence(error: Exception) -> str:
    """What to tell whoever asked; what nobody foresaw is logged, without the words that were asked."""
    if isinstance(error, ValidationError):
        return invalid(error.errors(include_url=False, include_context=False, include_input=False))
    told = sentence_for(error, "serve", "call")
    if isinstance(error, IndexUnavailableError):
        # Its own sentence names folders, and is in the log.
        return "There is no index that can be served now. Whoever runs this server finds in its log what to do."
    return told


def invalid(errors: Sequence[Mapping[str, Any]]) -> str:
    """What cannot be used of what was asked, and why; never what it was."""
    told = []
    for error in errors:
        if error["type"] == "json_invalid" or tuple(error["loc"]) == ("body",):
            return "The body must be a JSON object, with the header `Content-Type: application/json`."
        where = ".".join(str(part) for part in error["loc"] if part not in {"body", "query", "path"})
        told.append(": ".join(filter(None, (where, str(error["msg"]).removeprefix("Value error, ")))))
    return "; ".join(told) + "."


def problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A sentence as it is sent."""
    told: schema.Problem = {"error": message}
    return JSONResponse(told, status, headers)


def problem_of(error: Exception) -> JSONResponse:
    """What went wrong, as it is sent, with when to come again where that is worth it."""
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in {429, 503}:
        headers["Retry-After"] = str(error.wait if isinstance(error, TooFastError) else RETRY)
    return problem(status, sentence(error), headers)
