"""What the bot counts about itself, in memory: how questions ended and how long answers took; Prometheus may ask."""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.answer import Reason
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from prometheus_client import Metric

    from bot.answer import Answer

# Answers whose times are kept for the quantiles.
KEPT = 1000
# How a question can end. The set is closed, so that nothing a user wrote can become a label.
OUTCOMES = ("answered", *(f"refused_{reason}" for reason in Reason), "failed", "too_busy")
# Seconds within which answers are counted; one takes tenths, and a long queue makes it seconds.
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class MetricsError(OnTheRecordError):
    """The numbers cannot be served to Prometheus."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Within how many seconds half of the latest `count` answers came, and 95 % of them."""

    p50: float
    p95: float
    count: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything since the start, as of one moment.

    `outcomes` has each of `OUTCOMES`. `within` counts the answers within each of `BOUNDS`, and last all of them;
    together they took `seconds`.
    """

    outcomes: Mapping[str, int]
    within: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Gauges:
    """What is so at one moment: questions waiting, the index that is served, and the gateway's latency in seconds.

    A latency that is not known is nan or infinite, as discord.py has it.
    """

    queue: int
    generation: int
    articles: int
    latency: float


class Metrics:
    """Counts, and the times of the latest answers; for any number of threads. Holds no words of anybody's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes = dict.fromkeys(OUTCOMES, 0)
        self._latest: deque[float] = deque(maxlen=KEPT)
        # Answers up to each bound and above the one before it; the last are above all.
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def note_answer(self, outcome: str, seconds: float) -> None:
        """Count a question that was answered or refused, and how long its asker waited.

        Raises:
            KeyError: the outcome is not one of `OUTCOMES`.

        """
        with self._lock:
            self._outcomes[outcome] += 1
            self._latest.append(seconds)
            self._buckets[bisect_left(BOUNDS, seconds)] += 1
            self._seconds += seconds

    def note_failure(self, outcome: str) -> None:
        """Count a question that got no answer; its time is not counted, since it says nothing about answers.

        Raises:
            KeyError: the outcome is not one of `OUTCOMES`.

        """
        with self._lock:
            self._outcomes[outcome] += 1

    def quantiles(self) -> Quantiles | None:
        """How long the latest answers took, or None before the first."""
        with self._lock:
            latest = sorted(self._latest)
        if not latest:
            return None
        return Quantiles(_quantile(latest, 50), _quantile(latest, 95), len(latest))

    def counts(self) -> Counts:
        """All that was counted."""
        with self._lock:
            return Counts(dict(self._outcomes), tuple(accumulate(self._buckets)), self._seconds)


def outcome_of(answer: Answer) -> str:
    """Which of `OUTCOMES` an answer is."""
    return f"refused_{answer.refusal.reason}" if answer.refusal else "answered"


@contextmanager
def serve(metrics: Metrics, port: int, gauges: Callable[[], Gauges], host: str = "127.0.0.1") -> Iterator[int]:
    """Answer Prometheus on `http://host:port/metrics` for as long as the context is open; gives the port.

    `gauges` is called in a thread of the server at every request. Port 0 takes one that is free.

    Raises:
        MetricsError: the extra [metrics] is not installed, or the port cannot be had.

    """
    try:
        from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415 an extra
    except ImportError as exc:
        raise MetricsError(
            "METRICS_PORT is set, and the package for it is not installed. Run `.venv/bin/python -m pip install "
            "-c constraints.txt -e '.[metrics]'` in the project's folder (with pipx or uv: install '.[metrics]' "
            "again), or leave METRICS_PORT empty."
        ) from exc
    # A registry of its own: the library's default one is global, and would add numbers about Python.
    registry = CollectorRegistry()
    registry.register(_Collector(metrics, gauges))
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as exc:
        raise MetricsError(
            f"METRICS_PORT {port} cannot be used on {host}: {exc.strerror}. Set it to a port that is free, or leave it "
            "empty."
        ) from exc
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Collector:
    """What Prometheus is told, made anew from the counts at each request, so that nothing is counted twice."""

    def __init__(self, metrics: Metrics, gauges: Callable[[], Gauges]) -> None:
        self._metrics = metrics
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import (  # noqa: PLC0415 an extra
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        counts, now = self._metrics.counts(), self._gauges()
        answers = CounterMetricFamily("on_the_record_answers", "Questions by how they ended.", labels=["outcome"])
        for outcome, number in counts.outcomes.items():
            answers.add_metric([outcome], number)
        yield answers
        bounds = (*map(str, BOUNDS), "+Inf")
        yield HistogramMetricFamily(
            "on_the_record_answer_seconds",
            "How long an answer or a refusal took, the wait in the queue included.",
            buckets=list(zip(bounds, counts.within, strict=True)),
            sum_value=counts.seconds,
        )
        yield GaugeMetricFamily("on_the_record_queue", "Questions that wait or are being answered.", now.queue)
        yield GaugeMetricFamily("on_the_record_index_generation", "The generation that is served.", now.generation)
        yield GaugeMetricFamily("on_the_record_index_articles", "Articles in the index that is served.", now.articles)
        # Nothing is said of a latency that is not known: an infinite one would spoil every average.
        if math.isfinite(now.latency):
            yield GaugeMetricFamily(
                "on_the_record_gateway_latency_seconds", "From a heartbeat to Discord's reply.", now.latency
            )


def _quantile(ordered: list[float], percent: int) -> float:
    """The least of the values that at least `percent` % of them do not exceed."""
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]
