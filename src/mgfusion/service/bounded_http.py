"""HTTP/1.1 that waits for nobody forever: uvicorn's protocol with a clock on what a client sends."""

import asyncio
import json
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from mgfusion.service.limits import Limits
from mgfusion.service.refusals import Refusal

_GRACE = 2.0  # seconds after which a connection is cut whose request was answered 408, or should have been


def bounded_http(limits: Limits) -> type[asyncio.Protocol]:
    """The protocol class for one service."""
    return type("BoundedHttp", (_BoundedHttp,), {"limits": limits})


class _BoundedHttp(H11Protocol):
    """Cuts connections on which a request, head and body, does not arrive in time.

    uvicorn waits for a head as long as the client likes, and reads on after a request has been refused.
    """

    limits: ClassVar[Limits]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            most = self.limits.connections
            self._say(
                Refusal(503, "too_many_connections", f"{most} connections are open already", retry_after=1)
            )
            return
        self._start_clock()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        theirs, unparsed = self.conn.their_state, self.conn.trailing_data[0]
        if theirs is h11.SEND_BODY or (theirs is h11.IDLE and unparsed):
            self._start_clock()
        else:
            self._stop_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP, in the shape of all errors."""
        self._say(Refusal(400, "no_http", "what was sent is no HTTP/1.1 request"))

    def _start_clock(self) -> None:
        if self._clock is None:
            self._clock = self.loop.call_later(self.limits.upload_seconds + _GRACE, self._late)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _late(self) -> None:
        if self.conn.their_state is h11.IDLE:
            self._say(Refusal(408, "too_slow_upload", "the request's head did not arrive in time"))
        else:
            self.transport.abort()

    def _say(self, refusal: Refusal) -> None:
        """Answer past the application, and hang up."""
        data = json.dumps(refusal.body("")).encode()
        head = (
            f"HTTP/1.1 {refusal.status} \r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n"
        )
        self.transport.write(f"{head}connection: close\r\n\r\n".encode() + data)
        self.transport.close()
