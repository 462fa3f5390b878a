"""The one error of everything that reads, writes or converts pictures."""


class ImageError(ValueError):
    """A picture that cannot be used: one line that names it, says what was got and what would work."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
