"""The page that asks a browser for the token, once: it then has a cookie that proves it."""

from typing import Annotated

from fastapi import FastAPI, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mgfusion.service.access import COOKIE, Access

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>mgfusion: token</title>
<style>body{{font:1.1em system-ui,sans-serif;max-width:30em;margin:4em auto;padding:0 1em}}
input,button{{font:inherit;padding:.4em;width:100%;box-sizing:border-box;margin:.3em 0}}</style>
<h1>mgfusion</h1><form method="post" action="login"><p role="alert">{said}</p>
<label>Token <input type="password" name="token" autocomplete="current-password" required autofocus></label>
<button>Open</button></form></html>"""


def add_login(app: FastAPI, access: Access, home: str) -> None:
    """``/login``, and ``/``, which leads to ``home``."""

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        return RedirectResponse(home, 303)

    @app.get("/login", include_in_schema=False)
    async def ask() -> Response:
        return HTMLResponse(_PAGE.format(said="")) if access.token else RedirectResponse(home, 303)

    @app.post("/login", include_in_schema=False)
    async def check(request: Request, token: Annotated[str, Form()] = "") -> Response:
        if not access.is_token(token.strip()):
            return HTMLResponse(_PAGE.format(said="That is not the token."), 401)
        answer = RedirectResponse(home, 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, access.page_cookie(), httponly=True, samesite="strict", secure=secure)
        return answer
