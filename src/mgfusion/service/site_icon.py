"""The icon and the name that browsers ask for beside a page, at the root of the site."""

import io
from functools import lru_cache

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from mgfusion.service.source_colours import INFRARED, VISIBLE

ICON, MANIFEST = "/favicon.ico", "/manifest.json"
_SIDE = 64
_BOTH = (255, 255, 255)


def add_icon(app: FastAPI) -> None:
    """Both routes: without them each visit to the page logs a 404."""

    @app.get(ICON, include_in_schema=False)
    async def icon() -> Response:
        return Response(_icon(), media_type="image/png", headers={"cache-control": "max-age=86400"})

    @app.get(MANIFEST, include_in_schema=False)
    async def manifest() -> JSONResponse:
        picture = {"src": ICON, "sizes": f"{_SIDE}x{_SIDE}", "type": "image/png"}
        return JSONResponse({"name": "mgfusion", "icons": [picture]}, media_type="application/manifest+json")


@lru_cache(maxsize=1)
def _icon() -> bytes:
    """Two discs, and what both cover: a PNG, which browsers take under any name."""
    from PIL import Image, ImageChops, ImageDraw

    whole = Image.new("RGBA", (4 * _SIDE, 4 * _SIDE))
    discs = []
    for left, colour in ((4, INFRARED), (92, VISIBLE)):
        disc = Image.new("L", whole.size)
        ImageDraw.Draw(disc).ellipse((left, 48, left + 160, 208), fill=255)
        whole.paste((*colour, 255), mask=disc)
        discs.append(disc)
    whole.paste((*_BOTH, 255), mask=ImageChops.multiply(*discs))
    buffer = io.BytesIO()
    whole.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS).save(buffer, "PNG")
    return buffer.getvalue()
