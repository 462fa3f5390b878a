"""One JSON object a line about each request and the service; never what a picture shows or is called."""

import json
import logging
import time
from typing import Any

LOGGER = logging.getLogger("mgfusion.service")


class JsonLines(logging.Formatter):
    """Log records as JSON objects; what is in ``extra={"about": {...}}`` becomes fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "about", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_to_stderr() -> None:
    """Write what the service says, and what libraries warn of, to stderr: for the process of the command."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    LOGGER.setLevel(logging.INFO)
