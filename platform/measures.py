"""Know what the server measures of itself, for Prometheus."""

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measures:
    """The counters of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "xrm_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "xrm_request_seconds",
            "Seconds until a request was answered.",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._jobs = Gauge(
            "xrm_jobs", "Background jobs by state.", ("state",), registry=self.registry
        )
        self._late = Gauge(
            "xrm_outbox_oldest_seconds",
            "Seconds since the oldest step that waits was due.",
            registry=self.registry,
        )
        self._workers = Gauge(
            "xrm_workers", "Workers that live.", registry=self.registry
        )
        self._counted: dict[tuple[str, str, int], Counter] = {}
        self._timed: dict[str, Histogram] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `route` is one of a limited set of names."""
        known = method if method in METHODS else "other"
        requests = self._counted.get((known, route, status))
        if requests is None:
            requests = self._requests.labels(known, route, str(status))
            self._counted[known, route, status] = requests
        requests.inc()
        timed = self._timed.get(route)
        if timed is None:
            timed = self._timed[route] = self._seconds.labels(route)
        timed.observe(seconds)

    def note_jobs(
        self, jobs: Mapping[str, int], oldest_seconds: float, workers: int
    ) -> None:
        """Say how background work stands."""
        for state, number in jobs.items():
            self._jobs.labels(state).set(number)
        self._late.set(oldest_seconds)
        self._workers.set(workers)

    def text(self) -> bytes:
        """Return all measures in Prometheus' text format."""
        return generate_latest(self.registry)
