"""What every request passes first: access, bounds, an id, a line in the log, headers that browsers heed."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mgfusion.service.access import Access
from mgfusion.service.counters import Counters
from mgfusion.service.limits import Limits
from mgfusion.service.refusals import Refusal, defect
from mgfusion.service.request_log import LOGGER
from mgfusion.service.worker_pool import WorkerPool

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

WORK = ("/v1/fuse", "/v1/align", "/v1/evaluate")
"""Paths whose requests go to a worker: refused before their body is read where there is no room."""
_UNLOGGED = ("/healthz", "/readyz", "/metrics", "/assets/", "/static/")  # often; counted all the same
_GONE = 499  # in logs and counts: the client left before it was answered
_SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with none at all browsers send "Origin: null" from our own forms
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
# Swagger's page and Gradio's have scripts and styles inside of the HTML; nothing comes from elsewhere.
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)


class Gate:
    """ASGI: ``app`` behind the rules of a service.

    Args:
        app: what answers.
        access: who may ask.
        limits: how much, and how slowly.
        pool: whose queue decides whether there is room.
        counters: what is counted.
    """

    def __init__(
        self, app: App, access: Access, limits: Limits, pool: WorkerPool, counters: Counters
    ) -> None:
        self.app, self.access, self.limits, self.pool, self.counters = app, access, limits, pool, counters
        self.uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id)
        body = _BoundedBody(receive, self.limits)
        begun = time.monotonic()
        try:
            await self._answered(scope, body, answer)
        except Refusal as refusal:
            if refusal.status == 401 and scope["method"] == "GET" and _is_browser(scope):
                await answer.lead_to("/login")
            else:
                await answer.refuse(refusal)
        except Exception:
            LOGGER.exception("a defect", extra={"about": {"request_id": request_id}})
            if answer.status:
                raise
            await answer.refuse(defect())
        finally:
            self._note(scope, request_id, answer, body, time.monotonic() - begun)

    async def _answered(self, scope: Scope, body: "_BoundedBody", answer: "_Answer") -> None:
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        self.access.check(scope["path"], headers)
        body.check_length(headers.get("content-length"))
        if scope["path"] in WORK and scope["method"] == "POST":
            self.pool.check_room()
            if self.uploads >= self.limits.uploads:
                told = f"{self.uploads} requests are arriving already; try again later"
                raise Refusal(429, "busy", told, retry_after=1)
        self.uploads += 1
        body.on_end = self._uploaded
        try:
            await self.app(scope, body, answer)
        finally:
            body.end()

    def _uploaded(self) -> None:
        self.uploads -= 1

    def _note(
        self, scope: Scope, request_id: str, answer: "_Answer", body: "_BoundedBody", seconds: float
    ) -> None:
        status = answer.status or _GONE
        known = scope["path"] if scope["path"] in WORK else "other"
        route = getattr(scope.get("route"), "path", None) or known
        self.counters.request(route, status, seconds)
        if status < 400 and route.startswith(_UNLOGGED):
            return
        about = {
            "request_id": request_id,
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(1000 * seconds),
            "bytes_in": body.length,
            "bytes_out": answer.length,
            **scope["state"].get("about", {}),
        }
        LOGGER.info("request", extra={"about": about})


class _Answer:
    """``send`` that adds headers, and knows what was sent."""

    def __init__(self, send: Send, request_id: str) -> None:
        self.send, self.request_id = send, request_id
        self.status = 0
        self.length = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {key.lower() for key, _ in message["headers"]}
            kind = dict(message["headers"]).get(b"content-type", b"")
            policy = _PAGE_POLICY if kind.startswith(b"text/html") else _DATA_POLICY
            added = {**_SAFE, "content-security-policy": policy, "x-request-id": self.request_id}
            message["headers"] = [
                *message["headers"],
                *((k.encode(), v.encode()) for k, v in added.items() if k.encode() not in present),
            ]
        else:
            self.length += len(message.get("body", b""))
        await self.send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Send an error, unless an answer has begun."""
        if self.status:
            return
        data = json.dumps(refusal.body(self.request_id)).encode()
        headers = {"content-type": "application/json", "content-length": str(len(data)), **refusal.headers()}
        encoded = [(key.encode(), value.encode()) for key, value in headers.items()]
        await self({"type": "http.response.start", "status": refusal.status, "headers": encoded})
        await self({"type": "http.response.body", "body": data})

    async def lead_to(self, path: str) -> None:
        """Send a browser to another page of ours."""
        headers = [(b"location", path.encode()), (b"content-length", b"0")]
        await self({"type": "http.response.start", "status": 303, "headers": headers})
        await self({"type": "http.response.body", "body": b""})


def _is_browser(scope: Scope) -> bool:
    return b"text/html" in dict(scope["headers"]).get(b"accept", b"")


class _BoundedBody:
    """``receive`` with a bound of bytes and of time, until the body is complete."""

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self.receive, self.limits = receive, limits
        self.length = 0
        self.until = time.monotonic() + limits.upload_seconds
        self.complete = False
        self.on_end: Callable[[], None] | None = None

    def check_length(self, stated: str | None) -> None:
        """Refuse by what the head says of the body."""
        if stated is not None and (not stated.isdigit() or int(stated) > self.limits.body):
            self._too_long()

    async def __call__(self) -> Message:
        if self.complete:
            return await self.receive()
        left = self.until - time.monotonic()
        try:
            message = await asyncio.wait_for(self.receive(), max(left, 0.001))
        except TimeoutError as error:
            seconds = f"{self.limits.upload_seconds:g} s"
            raise Refusal(408, "too_slow_upload", f"the request did not arrive within {seconds}") from error
        self.length += len(message.get("body", b""))
        if self.length > self.limits.body:
            self._too_long()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self.end()
        return message

    def end(self) -> None:
        """The body is complete, or nobody waits for it any more."""
        self.complete = True
        if self.on_end is not None:
            self.on_end()
            self.on_end = None

    def _too_long(self) -> None:
        most = f"{self.limits.body / (1 << 20):g} MiB"
        raise Refusal(413, "too_large", f"a request may have {most} at most")
