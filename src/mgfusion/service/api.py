"""The routes of the service, and their description at /openapi.json and /docs, which need no other host."""

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, File, Form, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from mgfusion import __version__
from mgfusion.images.file_formats import FORMAT_OF
from mgfusion.service.counters import Counters
from mgfusion.service.offer import Offer
from mgfusion.service.refusals import Refusal
from mgfusion.service.schemas import AlignmentAnswer, ErrorAnswer, Model, Models, Scores, State
from mgfusion.service.worker_jobs import AlignJob, Done, EvaluateJob, FuseJob, Job
from mgfusion.service.worker_pool import WorkerPool

_MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff", "BMP": "image/bmp",
          "WEBP": "image/webp", "PPM": "image/x-portable-anymap", "JPEG2000": "image/jp2"}  # fmt: skip
_WORDS = {
    400: "The request can't be read.",
    401: "The token is missing or wrong.",
    403: "Asked from another site's page, or under another host name.",
    408: "The request did not arrive in time.",
    413: "The request is too long, or a picture has too many pixels.",
    415: "An upload is no picture.",
    422: "An option or a picture can't be used.",
    429: "The queue is full; see Retry-After.",
    500: "A defect of the service.",
    503: "A worker died, or none can take the request; see Retry-After.",
    504: "Not done in time.",
}
_ABOUT = """Infrared and visible pictures fused into one. Every error is JSON of one shape, `ErrorAnswer`;
what a result's user should know is in the header `X-Mgfusion-Warnings`, a JSON list."""
_POINTS = """CSV with the columns ir_x, ir_y, vis_x, vis_y: the same four places or more in both pictures,
in pixels from 0. A file, or its text."""
_LONGEST_POINTS = 1 << 20  # bytes
_CODES = {400: "bad_request", 404: "no_route", 405: "no_method"}


def build_api(pool: WorkerPool, offer: Offer, counters: Counters) -> FastAPI:
    """The application: routes over a pool of workers; :class:`mgfusion.service.gate.Gate` goes before it."""
    refused: dict[int | str, dict[str, Any]] = {
        status: {"model": ErrorAnswer, "description": words} for status, words in _WORDS.items()
    }
    asking: dict[int | str, dict[str, Any]] = {status: refused[status] for status in (401, 403)}
    app = FastAPIOffline(
        title="mgfusion", version=__version__, description=_ABOUT, redoc_url=None,
        docs_url="/docs", static_url="/docs/files",
    )  # fmt: skip
    _answer_errors_alike(app)

    async def work(request: Request, job: Job) -> Done:
        done = await _unless_gone(request, lambda: pool.run(job))
        steps = {step: round(1000 * spent) for step, spent in done.seconds.items()}
        request.state.about = {"ms_by_step": steps, "width": done.size[0], "height": done.size[1]}
        counters.work(done.seconds, done.size[0] * done.size[1] if done.data else 0)
        return done

    @app.post(
        "/v1/fuse",
        summary="Fuse two pictures, or one radiometric file",
        response_class=Response,
        responses={
            **refused,
            200: {
                "description": "The fused picture.",
                "content": {
                    kind: {"schema": {"type": "string", "format": "binary"}} for kind in _MEDIA.values()
                },
            },
        },
    )
    async def fuse(
        request: Request,
        ir: Annotated[UploadFile, File(description="The infrared picture; or a file that holds both.")],
        vis: Annotated[
            UploadFile | None, File(description="The visible picture, registered, of one size.")
        ] = None,
        model: Annotated[str | None, Form(description="See /v1/models.")] = None,
        thermal: Annotated[
            float | None, Form(ge=0, le=1, description="The thermal dial; 0.5 if left out.")
        ] = None,
        colour: Annotated[str | None, Form(description="visible, grey, or a palette: inferno ...")] = None,
        ir_range: Annotated[str | None, Form(description="auto, full, plateau, or LO,HI.")] = None,
        invert: Annotated[bool | None, Form(description="The infrared is black-hot.")] = None,
        isotherm: Annotated[str | None, Form(description="Marks temperatures: 30C..40C")] = None,
        ir_unit: Annotated[str | None, Form(description="Of the infrared's numbers: celsius ...")] = None,
        repair: Annotated[
            bool | None, Form(description="Dead pixels, stripes, borders; true if left out.")
        ] = None,
        align: Annotated[
            str | None, Form(description="auto, none or resize; if left out, sizes that differ are aligned.")
        ] = None,
        parallax: Annotated[
            bool | None, Form(description="What is aligned is moved in places besides; true if left out.")
        ] = None,
        points: Annotated[UploadFile | str | None, File(description=_POINTS + " In place of align.")] = None,
        format: Annotated[str, Form(description="Of the answer: png, tif, jpg ...")] = "png",
    ) -> Response:
        """Answers the fused picture, in the size, depth and colour of the visible one."""
        ending = _ending(format)
        options = offer.options(
            model, thermal=thermal, colour=colour, ir_range=ir_range, invert=invert, isotherm=isotherm,
            ir_unit=ir_unit, repair=repair, align=align, parallax=parallax,
        )  # fmt: skip
        table = await _table(points)
        if table is not None and (align is not None or vis is None):
            beside = "align" if align is not None else "one file that holds both pictures"
            raise Refusal(422, "bad_option", f"points: say nothing beside {beside}; leave them out")
        job = FuseJob(await ir.read(), None if vis is None else await vis.read(), ending, options, table)
        done = await work(request, job)
        name = offer.models[0] if model is None else model
        headers = {
            "server-timing": ", ".join(f"{k};dur={1000 * s:.1f}" for k, s in done.seconds.items()),
            "x-mgfusion-model": name,
            "x-mgfusion-warnings": json.dumps(list(done.warnings)),
            "cache-control": "no-store",
        }
        return Response(done.data, media_type=_MEDIA[FORMAT_OF[ending]], headers=headers)

    @app.post("/v1/evaluate", summary="Score a fused picture against its sources", responses=refused)
    async def evaluate(
        request: Request,
        fused: Annotated[UploadFile, File(description="The fused picture.")],
        ir: Annotated[UploadFile, File(description="What it was made from, infrared ...")],
        vis: Annotated[UploadFile, File(description="... and visible.")],
        metrics: Annotated[
            str | None, Form(description="Comma-separated; all of the convention if left out.")
        ] = None,
        convention: Annotated[str, Form(description="Whose definitions.")] = "standard",
        ir_range: Annotated[str, Form(description="As for fusing.")] = "auto",
    ) -> Scores:
        """Answers what ``mgfusion evaluate`` prints; all metrics of a picture take seconds."""
        names = None if metrics is None else tuple(filter(None, map(str.strip, metrics.split(","))))
        if names == ():
            raise Refusal(422, "bad_option", "metrics: names none; leave it out for all of the convention")
        job = EvaluateJob(await fused.read(), await ir.read(), await vis.read(), names, convention, ir_range)
        done = await work(request, job)
        return Scores(convention=convention, scores=done.scores, warnings=list(done.warnings))

    @app.post("/v1/align", summary="How an infrared picture lies on a visible one", responses=refused)
    async def align(
        request: Request,
        ir: Annotated[UploadFile, File(description="The infrared picture, of any size.")],
        vis: Annotated[UploadFile, File(description="The visible one.")],
        model: Annotated[
            str, Form(description="homography, affine, similarity or shift; of points it doesn't matter.")
        ] = "homography",
        points: Annotated[
            UploadFile | str | None, File(description=_POINTS + " What they say is answered.")
        ] = None,
    ) -> AlignmentAnswer:
        """Answers a matrix and how sure it is, as ``mgfusion align`` does; nothing is fused."""
        job = AlignJob(await ir.read(), await vis.read(), model, await _table(points))
        done = await work(request, job)
        return AlignmentAnswer(**done.alignment)

    @app.get("/v1/models", summary="The models that a request may name", responses=asking)
    async def models() -> Models:
        """The default comes first."""
        from mgfusion.models.model_summary import summarise_model

        found = [(name, summarise_model(offer.folders.get(name, name))) for name in offer.models]
        return Models(
            models=[
                Model(
                    name=name, default=name == offer.models[0], encoder=about.encoder,
                    parameters=about.parameters, licence=about.licence,
                )
                for name, about in found
            ]
        )  # fmt: skip

    @app.get("/healthz", summary="Whether the process lives")
    async def healthz() -> State:
        """Always 200 while it does."""
        return State(status="ok")

    @app.get("/readyz", summary="Whether requests are taken", responses={503: {"model": State}})
    async def readyz(response: Response) -> State:
        """200 when a worker can work; 503 while the first one starts, and when the service ends."""
        if pool.ready:
            return State(status="ready")
        response.status_code = 503
        return State(status="ending" if pool.draining else "starting")

    @app.get("/metrics", summary="Numbers for Prometheus", response_class=Response, responses=asking)
    async def metrics() -> Response:
        """In Prometheus's text format."""
        return Response(counters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return app


async def _unless_gone(request: Request, work: Callable[[], Any]) -> Done:
    """What comes of the work, which is given up where the client goes away meanwhile."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    tasks = [asyncio.ensure_future(work()), asyncio.ensure_future(gone())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[0].done():
            done: Done = tasks[0].result()
            return done
        raise Refusal(499, "gone", "the client went away")
    finally:
        for task in tasks:
            task.cancel()


async def _table(points: UploadFile | str | None) -> bytes | None:
    """Control points' table, which a worker reads."""
    if points is None:
        return None
    data = points.encode() if isinstance(points, str) else await points.read()
    if len(data) > _LONGEST_POINTS:
        raise Refusal(
            413, "too_large", f"points: {len(data)} bytes are no table of points; send at most 1 MiB"
        )
    return data


def _ending(name: str) -> str:
    """The file ending of a format asked for: ``png``, ``.PNG`` -> ``.png``."""
    ending = "." + name.lower().removeprefix(".")
    if ending not in FORMAT_OF:
        known = ", ".join(ending[1:] for ending in FORMAT_OF)
        raise Refusal(422, "bad_option", f"format {name!r}: give one of {known}")
    return ending


def _answer_errors_alike(app: FastAPI) -> None:
    def answer(request: Request, refusal: Refusal) -> JSONResponse:
        body = refusal.body(request.state.request_id)
        return JSONResponse(body, refusal.status, headers=refusal.headers())

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> JSONResponse:
        return answer(request, error)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        cause = error.__cause__  # of a body that broke off, FastAPI says only that it could not be read
        if isinstance(cause, Refusal):
            return answer(request, cause)
        code = _CODES.get(error.status_code, "refused")
        return answer(request, Refusal(error.status_code, code, error.detail))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(request, _refusal_of_fields(request, error))


def _refusal_of_fields(request: Request, error: RequestValidationError) -> Refusal:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        got = repr(kind[:60]) if kind else "no content type"
        return Refusal(415, "not_multipart", f"got {got}; send the pictures as multipart/form-data")
    told = [f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg'].lower()}" for e in error.errors()[:5]]
    return Refusal(422, "bad_option", "; ".join(told))
