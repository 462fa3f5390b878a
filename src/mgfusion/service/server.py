"""The process of ``mgfusion serve``: API and page on one socket, workers beside it, signals."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import FrameType

import uvicorn
from fastapi import FastAPI

from mgfusion.errors import OptionError
from mgfusion.service.access import Access
from mgfusion.service.api import build_api
from mgfusion.service.bounded_http import bounded_http
from mgfusion.service.counters import Counters
from mgfusion.service.gate import Gate
from mgfusion.service.limits import Limits
from mgfusion.service.login import add_login
from mgfusion.service.offer import DEFAULT_MODEL, Offer
from mgfusion.service.request_log import LOGGER, log_to_stderr
from mgfusion.service.site_icon import add_icon
from mgfusion.service.temporary_files import temporary_folder
from mgfusion.service.worker_jobs import WarmJob
from mgfusion.service.worker_pool import WorkerPool

_GRACE = 5.0  # seconds to write answers, beyond those that a request may take


@dataclass(frozen=True)
class ServiceSettings:
    """What ``mgfusion serve`` was asked for."""

    port: int = 7860
    access: Access = field(default_factory=Access)
    limits: Limits = field(default_factory=Limits)
    offer: Offer = field(default_factory=lambda: Offer((DEFAULT_MODEL,)))
    page: bool = True


def build_service(settings: ServiceSettings) -> tuple[Gate, WorkerPool]:
    """The ASGI application, which starts its workers with its lifespan and ends them with it."""
    offer = settings.offer
    first = offer.models[0]
    pool = WorkerPool(settings.limits, WarmJob(offer.folders.get(first, first), offer.device, settings.page))
    counters = Counters(pool)
    api = build_api(pool, offer, counters)

    add_icon(api)
    add_login(api, settings.access, "/page" if settings.page else "/docs")
    if settings.page:
        from mgfusion.service.page.built_page import mount_page
        from mgfusion.service.page.page_service import PageService

        api = mount_page(api, PageService(pool, offer, settings.limits))
    page_lifespan = api.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool.start()
        async with page_lifespan(app):
            yield
        await asyncio.to_thread(pool.close)

    api.router.lifespan_context = lifespan
    return Gate(api, settings.access, settings.limits, pool, counters), pool


def run_service(settings: ServiceSettings, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C: what runs then is finished, what comes is refused.

    Args:
        settings: what is served, where, to whom.
        announce: called with the URL once requests are heard.

    Raises:
        OptionError: the port is taken or not allowed.
        OutputError: there is no room for temporary files.
    """
    listener = _listen(settings.access.host, settings.port)
    log_to_stderr()
    with temporary_folder(), contextlib.closing(listener):
        gate, pool = build_service(settings)
        config = uvicorn.Config(
            gate,
            http=bounded_http(settings.limits),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(settings.limits.seconds + _GRACE),
        )
        server = _Server(config, pool, lambda: announce(_url(listener)))
        LOGGER.info("started", extra={"about": {"url": _url(listener), "workers": settings.limits.workers}})
        server.run(sockets=[listener])
        LOGGER.info("ended")


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it hears, refuses new work at a signal, and ends like any command."""

    def __init__(self, config: uvicorn.Config, pool: WorkerPool, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self.pool, self.announce = pool, announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.announce()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.pool.drain()
        super().handle_exit(sig, frame)
        self._captured_signals.clear()  # raised again at the end, they would leave temporary files behind


def _listen(host: str, port: int) -> socket.socket:
    """A socket that is listened at; port 0 takes a free one."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host.strip("[]"), port), family=family, backlog=512)
    except OSError as error:
        told = error.errno is not None and error.errno > 0  # a host name's errors have numbers of their own
        why = os.strerror(error.errno or 0) if told else error.strerror or error
        raise OptionError(f"{host}, port {port}: can't listen there ({why}); give another --port") from error


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
