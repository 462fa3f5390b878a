"""What Prometheus asks for at /metrics."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mgfusion.service.worker_pool import WorkerPool

_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60)


class Counters:
    """The numbers of one service, in a registry of their own."""

    def __init__(self, pool: "WorkerPool") -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "mgfusion_requests", "Requests answered", ["route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "mgfusion_request_seconds", "From a request's head to its answer", ["route"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._steps = Counter(
            "mgfusion_step_seconds", "Spent in workers, by step", ["step"], registry=registry
        )
        self._pixels = Counter("mgfusion_fused_pixels", "Pixels of fused pictures", registry=registry)
        for name, about, value in (
            ("mgfusion_waiting", "Requests that wait for a worker", lambda: pool.waiting),
            ("mgfusion_busy_workers", "Workers at a request", lambda: pool.busy),
            ("mgfusion_worker_deaths", "Workers that died or were ended for being slow", lambda: pool.deaths),
            ("mgfusion_ready", "1 where requests are taken", lambda: float(pool.ready)),
        ):
            Gauge(name, about, registry=registry).set_function(value)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count an answer; ``route`` is a pattern of ours, never what a client wrote."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def work(self, seconds: dict[str, float], pixels: int) -> None:
        """Count what a worker did."""
        for step, spent in seconds.items():
            self._steps.labels(step).inc(spent)
        self._pixels.inc(pixels)

    def text(self) -> bytes:
        """In Prometheus's text format."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)
