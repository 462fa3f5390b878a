"""Every error that is raised on purpose; a message is one line: what was got, and what would work."""


class MGFusionError(Exception):
    """The base of every error that this package raises on purpose; anything else is a defect of ours."""

    def __init__(self, message: object = "") -> None:
        super().__init__(" ".join(str(message).split()))


class OptionError(MGFusionError, ValueError):
    """An argument or option has a value that can't be used; the message names it."""


class MissingExtraError(MGFusionError, ImportError):
    """A package of one of the extras is not installed; the message has the line that installs it."""


class ImageError(MGFusionError, ValueError):
    """A picture can't be used; the message names it."""


class OutputError(MGFusionError, OSError):
    """A file can't be written, or is there already; the message names it."""


class VideoError(MGFusionError, ValueError):
    """A video or camera can't be used; the message names it."""


class DataError(MGFusionError, ValueError):
    """A data set can't be found or used; the message names the folder."""


class ModelError(MGFusionError, ValueError):
    """A model can't be found or read; the message names it."""


class EncoderError(MGFusionError, RuntimeError):
    """The encoder's weights can't be found or read."""


class ExportError(MGFusionError, RuntimeError):
    """A model can't be exported."""


class RecipeError(MGFusionError, ValueError):
    """A recipe or setting can't be used; the message names it."""


class TrainingError(MGFusionError, RuntimeError):
    """A run can't go on; the message says where and why."""


class BenchmarkError(MGFusionError, ValueError):
    """What was asked for can't be run; the message names it."""


class WorkerError(MGFusionError, RuntimeError):
    """A process that did somebody's jobs has died; the message says what may have been the reason."""
