"""Every error that is raised on purpose."""


class ImageError(ValueError):
    """A picture that cannot be used: one line that names it, says what was got and what would work."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class DataError(ValueError):
    """A data set can't be found or used; the message names the folder and says what would work."""


class ModelError(ValueError):
    """A model can't be found or read; the message names it and says what would work."""


class EncoderError(RuntimeError):
    """The encoder's weights can't be found or read; the message says what would work."""


class BenchmarkError(ValueError):
    """What was asked for can't be run; the message names it and says what would work."""


class ExportError(RuntimeError):
    """A model can't be exported; the message says why and what would work."""


class RecipeError(ValueError):
    """A recipe or setting can't be used; the message names it and says what would work."""


class TrainingError(RuntimeError):
    """A run can't go on; the message says where and why."""
