"""The HTTP interface: an endpoint for each thing that may be asked, and the OpenAPI document that describes them."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, FastAPI, Path, Query, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from bot import schema
from bot.serve.asked import MAX_ID, Nothing, Question, Stretch, Text, Wanted, Which
from bot.serve.problems import invalid, problem, problem_of
from bot.serve.program import Program, Reception
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

_ABOUT = """Answers questions about a body of news articles with the articles' own words, each with its source, and
writes nothing about the news itself. Offsets are in characters: `stored_text[start:end] == text`."""
_AGAIN = {"Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": schema.Problem, "description": what} | ({"headers": _AGAIN} if status in {429, 503} else {})
    for status, what in {
        401: "No token, or none that is known.",
        403: "Called under a name that is not this machine's.",
        413: "The request is too long.",
        422: "Something in the request cannot be used.",
        429: "Too many calls with this token.",
        500: "Something went wrong.",
        503: "No index yet, too much to do, or about to stop.",
    }.items()
}
_bearer = HTTPBearer(auto_error=False, description="Asked for where the server has tokens.")


def http_app(reception: Reception, lifespan: "Callable[[FastAPI], AbstractAsyncContextManager[None]]") -> FastAPI:
    """The application, whose requests carry the token of whoever calls in their state (see `Guard`)."""
    app = FastAPI(
        title="On the Record", description=_ABOUT, version=version("on-the-record"), lifespan=lifespan,
        responses=_PROBLEMS, docs_url=None, redoc_url=None, redirect_slashes=False, generate_unique_id_function=_name,
    )  # fmt: skip

    def caller(request: Request, _: Annotated[object, Security(_bearer)]) -> Program:
        return Program(reception, request.state.token)

    Caller = Annotated[Program, Depends(caller)]  # noqa: N806 – a type

    @app.post("/ask")
    async def ask(program: Caller, asked: Question) -> schema.Answer:
        """Answer a question with excerpts, or say why not."""
        return (await program.ask(asked)).fields

    @app.post("/verify")
    async def verify(program: Caller, asked: Text) -> schema.Verification:
        """Hold every quotation of a text against the articles, word for word."""
        return (await program.verify(asked)).fields

    @app.get("/sources")
    async def sources(program: Caller, asked: Annotated[Wanted, Query()]) -> schema.Sources:
        """List the articles."""
        return (await program.sources(asked)).fields

    @app.get("/articles/{id:path}", responses={404: {"model": schema.Problem, "description": "No such article."}})
    async def article(
        program: Caller,
        wanted: Annotated[str, Path(alias="id", max_length=MAX_ID)],
        asked: Annotated[Stretch, Query()],
    ) -> schema.Stored:
        """An article's stored text, or a stretch of it; by its id, or the hash of its text."""
        return (await program.article(Which(id=wanted, start=asked.start, end=asked.end))).fields

    @app.get("/status")
    async def status(program: Caller) -> schema.Status:
        """Which index is served, and what it holds."""
        return (await program.status(Nothing())).fields

    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(OnTheRecordError, _failed)
    app.add_exception_handler(Exception, _failed)
    return app


def _name(route: Any) -> str:
    return str(route.name)


async def _failed(_: Request, error: Exception) -> Response:
    return problem_of(error)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 – by what it is registered for
    return problem(422, invalid(error.errors()))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 – by what it is registered for
    told = {404: "There is nothing here; /openapi.json lists what there is.", 405: f"This takes no {request.method}."}
    return problem(error.status_code, told.get(error.status_code, f"{error.detail}."), error.headers)
