"""Ask a service that ``mgfusion serve`` started: files, bytes or arrays in, pictures and scores out."""

import json
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from mgfusion.errors import MGFusionError
from mgfusion.extras import needs_extra
from mgfusion.files import write_whole
from mgfusion.images import Array, read_image
from mgfusion.images.file_formats import PathLike
from mgfusion.images.reading import read_bytes
from mgfusion.images.writing import encode_image
from mgfusion.registration import Alignment

if TYPE_CHECKING:
    import httpx

_KEPT = 2.0  # seconds that a connection is kept; the service closes its own after five
Picture = PathLike | bytes | Array
"""A file by its name or its content, or an array (H, W) or (H, W, 3) RGB of uint8 or uint16."""


class ServiceError(MGFusionError):
    """The service refused, or could not be asked.

    Attributes:
        status: of HTTP; 0 where there was no answer.
        code: the service's word for it, see docs/serve.md; ``no_answer`` where there was none.
        retry_after: seconds after which the same request may work; None where it won't.
    """

    def __init__(
        self, message: object, status: int = 0, code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after = status, code, retry_after


@dataclass(frozen=True)
class FusedPicture:
    """A fused picture as the service sent it.

    Attributes:
        data: the file.
        model: that made it.
        warnings: what should be known of it, one line each.
        seconds: how long the service took, by step.
    """

    data: bytes = field(repr=False)
    model: str
    warnings: tuple[str, ...]
    seconds: dict[str, float]

    def array(self) -> Array:
        """(H, W) or (H, W, 3) RGB, uint8 or uint16."""
        return read_image(self.data)

    def save(self, path: PathLike, overwrite: bool = False) -> Path:
        """Write the file, whole or not at all.

        Raises:
            OutputError: it exists and ``overwrite`` is false, or it can't be written.
        """
        return write_whole(path, self.data, overwrite)


class Client:
    """A service, asked one request after another; threads may share it.

    A request that breaks off before its answer is asked once more: a connection that is kept may be closed
    just as it is used, and nothing that is asked for changes anything.

    Args:
        url: of the service.
        token: what it asks for; the environment's MGFUSION_TOKEN where None.
        timeout: seconds to wait for an answer.
        transport: of httpx, for tests and proxies.

    Raises:
        MissingExtraError: httpx is not installed.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:7860",
        *,
        token: str | None = None,
        timeout: float = 120.0,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        with needs_extra("client", "mgfusion.client"):
            import httpx
        token = os.environ.get("MGFUSION_TOKEN") if token is None else token
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=timeout, transport=transport,
            limits=httpx.Limits(keepalive_expiry=_KEPT),
        )  # fmt: skip
        self._failed = httpx.HTTPError, httpx.InvalidURL
        self._broke_off = httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError
        self.url = url

    def fuse(
        self,
        ir: Picture,
        vis: Picture | None = None,
        *,
        model: str | None = None,
        thermal: float | None = None,
        colour: str | None = None,
        ir_range: str | tuple[float, float] | None = None,
        invert: bool | None = None,
        isotherm: str | None = None,
        ir_unit: str | None = None,
        repair: bool | None = None,
        align: str | None = None,
        parallax: bool | None = None,
        points: PathLike | bytes | None = None,
        format: str = "png",
    ) -> FusedPicture:
        """Fuse a pair, or one radiometric file; options are those of :class:`mgfusion.Fuser`.

        Args:
            ir: infrared.
            vis: visible, registered to it and of its size; None where ``ir`` holds both.
            model: a name that :meth:`models` gives; the service's default where None.
            thermal: the thermal dial, 0 to 1.
            colour: ``visible``, ``grey`` or a palette.
            ir_range: ``auto``, ``full``, ``plateau``, or the numbers that are black and white.
            invert: the infrared is black-hot.
            isotherm: temperatures to mark, ``30C..40C``.
            ir_unit: of the infrared's numbers.
            repair: put right dead pixels, stripes and black borders; True where None.
            align: ``auto``, ``none`` or ``resize``; None: pictures whose sizes differ are aligned.
            parallax: move what is aligned in places besides; True where None.
            points: in place of ``align`` a table of control points, a CSV file by its name or its content.
            format: of the file that comes: png, tif, jpg ...

        Raises:
            ServiceError: refused, or no answer.
            ImageError: a picture can't be read here.
        """
        files = {"ir": _file(ir), **({} if vis is None else {"vis": _file(vis)}), **_table(points)}
        given = {
            "model": model, "thermal": thermal, "colour": colour, "ir_range": _range(ir_range),
            "invert": invert, "isotherm": isotherm, "ir_unit": ir_unit, "repair": repair, "align": align,
            "parallax": parallax, "format": format,
        }  # fmt: skip
        answer = self._post("/v1/fuse", files, given)
        steps = [step.split(";dur=") for step in answer.headers.get("server-timing", "").split(", ") if step]
        return FusedPicture(
            answer.content,
            answer.headers["x-mgfusion-model"],
            tuple(json.loads(answer.headers["x-mgfusion-warnings"])),
            {name: float(spent) / 1000 for name, spent in steps},
        )

    def align(
        self,
        ir: Picture,
        vis: Picture,
        model: str = "homography",
        *,
        points: PathLike | bytes | None = None,
    ) -> Alignment:
        """How an infrared picture lies on a visible one, as :func:`mgfusion.align` finds it.

        Args:
            ir: infrared.
            vis: visible, of any size.
            model: ``homography``, ``affine``, ``similarity`` or ``shift``.
            points: a table of control points that says it: a CSV file by its name or its content.

        Raises:
            ServiceError: refused, or no answer.
            ImageError: a picture can't be read here.
        """
        files = {"ir": _file(ir), "vis": _file(vis), **_table(points)}
        found = self._post("/v1/align", files, {"model": model}).json()
        (iw, ih), (vw, vh) = found["ir_size"], found["vis_size"]
        return Alignment(np.array(found["matrix"]), found["confidence"], (iw, ih), (vw, vh), "a service's")

    def evaluate(
        self,
        fused: Picture,
        ir: Picture,
        vis: Picture,
        metrics: Iterable[str] | None = None,
        convention: str = "standard",
        *,
        ir_range: str | tuple[float, float] = "auto",
    ) -> dict[str, float]:
        """Scores of a fused picture, as :func:`mgfusion.evaluate` gives them; NaN where one is undefined.

        Raises:
            ServiceError: refused, or no answer.
            ImageError: a picture can't be read here.
        """
        names = [metrics] if isinstance(metrics, str) else metrics
        given = {
            "metrics": None if names is None else ",".join(names),
            "convention": convention,
            "ir_range": _range(ir_range),
        }
        files = {"fused": _file(fused), "ir": _file(ir), "vis": _file(vis)}
        scores = self._post("/v1/evaluate", files, given).json()["scores"]
        return {name: math.nan if value is None else float(value) for name, value in scores.items()}

    def models(self) -> list[str]:
        """Names of the service's models, its default first.

        Raises:
            ServiceError: refused, or no answer.
        """
        return [model["name"] for model in self._ask("GET", "/v1/models").json()["models"]]

    def ready(self) -> bool:
        """Whether the service takes requests now; False also where nothing answers."""
        try:
            self._ask("GET", "/readyz")
        except ServiceError:
            return False
        return True

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _post(self, path: str, files: dict[str, bytes], options: dict[str, Any]) -> "httpx.Response":
        fields = {name: str(value) for name, value in options.items() if value is not None}
        return self._ask("POST", path, files=files, data=fields)

    def _ask(self, method: str, path: str, **content: Any) -> "httpx.Response":
        try:
            try:
                answer = self._http.request(method, path, **content)
            except self._broke_off:
                answer = self._http.request(method, path, **content)
        except self._failed as error:
            why = f"{type(error).__name__} {error}".strip()
            raise ServiceError(f"{self.url}: no answer ({why}); is it running?", 0, "no_answer") from error
        if answer.is_success:
            return answer
        after = answer.headers.get("retry-after", "")
        retry = float(after) if after.isdecimal() else None
        try:
            told = answer.json()["error"]
            message, code = told["message"], told["code"]
        except (ValueError, KeyError, TypeError):  # not the service: a proxy before it, say
            message, code = f"{self.url}: answered {answer.status_code} {answer.reason_phrase}", "unknown"
        raise ServiceError(message, answer.status_code, code, retry)


def _file(picture: Picture) -> bytes:
    if isinstance(picture, np.ndarray):
        return encode_image(picture, ".png")
    return read_bytes(picture)


def _table(points: PathLike | bytes | None) -> dict[str, bytes]:
    return {} if points is None else {"points": read_bytes(points)}


def _range(ir_range: str | tuple[float, float] | None) -> str | None:
    return ir_range if ir_range is None or isinstance(ir_range, str) else f"{ir_range[0]},{ir_range[1]}"
