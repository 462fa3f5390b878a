"""Why a request gets no picture: one exception, one JSON shape, and which status stands for what."""

from typing import Any

from mgfusion.errors import EncoderError, ImageError, MGFusionError, ModelError, OptionError, WorkerError


class NotAPictureError(ImageError):
    """An upload is no picture that can be read here."""


class TooManyPixelsError(ImageError):
    """A picture has more pixels than the service takes."""


class Refusal(MGFusionError):
    """A request that is answered by an error.

    Args:
        status: of HTTP.
        code: a word for programs, see docs/serve.md; it outlives the wording of the message.
        message: one line for people: what was got, and what would work.
        retry_after: seconds after which it may work.
    """

    def __init__(self, status: int, code: str, message: object, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after = status, code, retry_after

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON that every error is answered with."""
        about = {"status": self.status, "code": self.code, "message": str(self), "request_id": request_id}
        return {"error": about}

    def headers(self) -> dict[str, str]:
        """What is said beside the body."""
        headers = {}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        if self.status == 401:
            headers["www-authenticate"] = 'Bearer realm="mgfusion"'
        if self.status == 408:
            headers["connection"] = "close"
        return headers


def check_pixels(name: str, size: tuple[int, int], most: int) -> None:
    """Refuse a picture or a frame by its size alone.

    Raises:
        TooManyPixelsError: ``size``, (width, height), is more than ``most`` pixels.
    """
    width, height = size
    if width * height > most:
        raise TooManyPixelsError(
            f"{name}: {width}x{height} pixels; at most {most / 1e6:g} million are taken, so shrink it first"
        )


def ending() -> Refusal:
    """Of a service that takes no more work."""
    return Refusal(503, "ending", "the service is ending; ask another one", retry_after=5)


def too_slow(seconds: float) -> Refusal:
    """Of work that took all the time that it is given."""
    return Refusal(504, "too_slow", f"not done within {seconds:g} s; send less, or a faster model")


def defect() -> Refusal:
    """Of an error that nobody foresaw."""
    return Refusal(500, "internal", "a defect of this service; its log has this request's id")


def refusal_of(error: BaseException, crowded: bool = False) -> Refusal:
    """What a worker's error is answered with.

    Args:
        error: what the job raised.
        crowded: it failed for want of memory.
    """
    if isinstance(error, Refusal):
        return error
    if isinstance(error, WorkerError):
        message = "the process that worked on this request died, out of memory perhaps; nothing else was lost"
        return Refusal(503, "worker_died", message, retry_after=1)
    if crowded:
        return Refusal(503, "out_of_memory", "not enough memory for this request now", retry_after=5)
    if isinstance(error, TooManyPixelsError):
        return Refusal(413, "too_many_pixels", error)
    if isinstance(error, NotAPictureError):
        return Refusal(415, "not_a_picture", error)
    if isinstance(error, ImageError):
        return Refusal(422, "bad_picture", error)
    if isinstance(error, OptionError):
        return Refusal(422, "bad_option", error)
    if isinstance(error, ModelError | EncoderError):
        return Refusal(500, "model_failed", error)
    if isinstance(error, MGFusionError):
        return Refusal(422, "refused", error)
    return defect()
