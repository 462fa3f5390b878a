"""A window that shows the newest picture, by Tk, which comes with Python."""

import time
from typing import Any

from mgfusion.errors import OutputError
from mgfusion.images import Array


class LiveWindow:
    """One window; call it from the main thread.

    Raises:
        OutputError: there is no display, or this Python has no Tk.
    """

    def __init__(self, title: str = "mgfusion live") -> None:
        try:
            import tkinter
        except ImportError as error:
            raise OutputError(
                "--show: this Python has no Tk (Debian: apt install python3-tk); write with -o instead"
            ) from error
        try:
            self._root: Any = tkinter.Tk()
        except tkinter.TclError as error:
            raise OutputError(
                f"--show: no display here ({error}); leave it out, and write with -o"
            ) from error
        self._root.title(title)
        self._label = tkinter.Label(self._root, borderwidth=0, background="black")
        self._label.pack(fill="both", expand=True)
        self._picture: Any = None
        self.closed = False
        self._root.protocol("WM_DELETE_WINDOW", self._close)
        for key in ("<Escape>", "q"):
            self._root.bind(key, lambda event: self._close())

    def _close(self) -> None:
        self.closed = True

    def show(self, picture: Array, caption: str = "") -> None:
        """Show (H, W) or (H, W, 3), uint8, with a line in the title; as large as the window allows."""
        from PIL import Image, ImageTk

        image = Image.fromarray(picture)
        self._picture = ImageTk.PhotoImage(image)
        self._label.configure(image=self._picture)
        self._root.title(f"mgfusion live  {caption}")

    def pump(self, seconds: float) -> None:
        """Let the window react, for about so long."""
        end = time.monotonic() + seconds
        while True:
            self._root.update()
            left = end - time.monotonic()
            if left <= 0 or self.closed:
                return
            time.sleep(min(0.005, left))

    def destroy(self) -> None:
        """Take it away."""
        self._root.destroy()
