"""What the service answers beside pictures, as its OpenAPI description tells it."""

from pydantic import BaseModel, Field


class ErrorDetail(BaseModel):
    """Why a request was refused."""

    status: int = Field(description="Of HTTP.", examples=[422])
    code: str = Field(description="A word for programs; it outlives the wording of the message.")
    message: str = Field(description="One line for people: what was got, and what would work.")
    request_id: str = Field(description="Of the request's line in the log; the header X-Request-Id, too.")


class ErrorAnswer(BaseModel):
    """The one shape of every error."""

    error: ErrorDetail


class Scores(BaseModel):
    """Scores of one fused picture."""

    convention: str
    scores: dict[str, float | None] = Field(description="By metric; null where one is undefined.")
    warnings: list[str]


class AlignmentAnswer(BaseModel):
    """How an infrared picture lies on a visible one."""

    matrix: list[list[float]] = Field(description="3x3: infrared pixel centres (x, y, 1) to visible ones.")
    confidence: float = Field(description="0 to 1.")
    trusted: bool = Field(description="Whether it is sure enough to be used without asking.")
    ir_size: list[int] = Field(description="Width, height.")
    vis_size: list[int] = Field(description="Width, height.")


class Model(BaseModel):
    """A model that the service has."""

    name: str
    default: bool
    encoder: str
    parameters: int
    licence: str


class Models(BaseModel):
    """The models that a request may name."""

    models: list[Model]


class State(BaseModel):
    """Whether the service lives, or takes requests."""

    status: str
