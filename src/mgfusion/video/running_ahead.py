"""Work that runs beside its consumer: a few items ahead of it, or behind it, never more."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

_END = object()


def ahead(items: Iterator[Item], size: int = 4) -> Generator[Item]:
    """The same items, made by a thread that is at most ``size`` ahead; its errors are raised here.

    Closing the generator stops the thread after the item that it is at.
    """
    ready: queue.Queue[object] = queue.Queue(size)
    stop = threading.Event()

    def put(item: object) -> bool:
        while not stop.is_set():
            try:
                ready.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for item in items:
                if not put(item):
                    return
            put(_END)
        except BaseException as error:  # raised again where the items are used
            put(_Raised(error))
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=work, name="mgfusion-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item = ready.get()
            if item is _END:
                return
            if isinstance(item, _Raised):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class Behind(Generic[Item]):
    """A function called with each item by a thread, in order, at most ``size`` items behind.

    An error of the function is raised by the next :meth:`put`, or by :meth:`finish`; after it nothing is
    called.
    """

    def __init__(self, function: Callable[[Item], None], size: int = 4) -> None:
        self._function = function
        self._waiting: queue.Queue[object] = queue.Queue(size)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="mgfusion-behind", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Hand over one item; waits while ``size`` are waiting."""
        if self._error is not None:
            raise self._error
        self._waiting.put(item)

    def finish(self) -> None:
        """Wait until all is done."""
        self._waiting.put(_END)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        """Wait for the item that is being worked on, and do no more."""
        self._error = self._error or InterruptedError("abandoned")
        self._waiting.put(_END)
        self._thread.join()

    def _work(self) -> None:
        while (item := self._waiting.get()) is not _END:
            if self._error is None:
                try:
                    self._function(item)  # type: ignore[arg-type]
                except BaseException as error:
                    self._error = error
