"""What the bot counts about itself, and what Prometheus reads of it over a real socket."""

from __future__ import annotations

import math
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bot.answer import Answer, Reason, Refusal
from bot.metrics import BOUNDS, KEPT, OUTCOMES, Counts, Gauges, Metrics, MetricsError, Quantiles, outcome_of, serve

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = Gauges(queue=3, generation=7, articles=5, latency=0.042)


def read(port: int) -> tuple[str, Mapping[str, float]]:
    """What is served: as it stands, and each sample's value by its name with labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        text = response.read().decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    named = {(s.name + "".join(f"{{{k}={v}}}" for k, v in s.labels.items())): s.value for s in samples}
    assert len(named) == len(samples), "a sample is served twice"
    return text, named


def test_before_the_first_answer_there_are_no_times_and_every_count_is_0() -> None:
    metrics = Metrics()
    assert metrics.quantiles() is None
    assert metrics.counts() == Counts(dict.fromkeys(OUTCOMES, 0), (0,) * (len(BOUNDS) + 1), 0.0)


def test_quantiles_are_times_that_were_measured() -> None:
    metrics = Metrics()
    for n in reversed(range(1, 101)):
        metrics.note_answer("answered", n / 100)
    assert metrics.quantiles() == Quantiles(0.5, 0.95, 100)
    one = Metrics()
    one.note_answer("answered", 2.0)
    assert one.quantiles() == Quantiles(2.0, 2.0, 1)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=300))
def test_as_many_answers_as_a_quantile_says_came_within_it_and_no_shorter_time_would_do(times: list[float]) -> None:
    metrics = Metrics()
    for seconds in times:
        metrics.note_answer("answered", seconds)
    found = metrics.quantiles()
    assert found is not None
    for value, percent in ((found.p50, 50), (found.p95, 95)):
        assert sum(t <= value for t in times) * 100 >= percent * len(times)
        assert sum(t < value for t in times) * 100 < percent * len(times)


def test_only_the_latest_times_are_kept_while_everything_is_counted() -> None:
    metrics = Metrics()
    for _ in range(KEPT):
        metrics.note_answer("answered", 9.0)
    for _ in range(KEPT):
        metrics.note_answer("answered", 0.25)
    assert metrics.quantiles() == Quantiles(0.25, 0.25, KEPT)
    counts = metrics.counts()
    assert counts.outcomes["answered"] == counts.within[-1] == 2 * KEPT
    assert counts.seconds == KEPT * 9.25


def test_a_time_on_a_bound_is_within_it_and_the_counts_add_up() -> None:
    metrics = Metrics()
    for seconds in (0.0, 0.05, 0.0500001, 30.0, 31.0):
        metrics.note_answer("answered", seconds)
    within = dict(zip((*BOUNDS, math.inf), metrics.counts().within, strict=True))
    assert (within[0.05], within[0.1], within[10.0], within[30.0], within[math.inf]) == (2, 3, 3, 4, 5)


def test_failures_are_counted_without_a_time() -> None:
    metrics = Metrics()
    metrics.note_failure("failed")
    metrics.note_failure("too_busy")
    metrics.note_failure("too_busy")
    counts = metrics.counts()
    assert {name: n for name, n in counts.outcomes.items() if n} == {"failed": 1, "too_busy": 2}
    assert metrics.quantiles() is None
    assert counts.within[-1] == 0


def test_every_reason_to_refuse_is_an_outcome_and_nothing_else_can_become_one() -> None:
    answer = Answer("What?", (), None, 5, 1)
    told = {outcome_of(Answer("What?", (), Refusal(reason, "No."), 5, 1)) for reason in Reason}
    assert outcome_of(answer) == "answered"
    assert {*told, "answered", "failed", "too_busy"} == set(OUTCOMES)
    assert len(told) == len(Reason)
    metrics = Metrics()
    for note in (lambda: metrics.note_answer("Who denied it?", 1.0), lambda: metrics.note_failure("Who denied it?")):
        with pytest.raises(KeyError):
            note()
    assert set(metrics.counts().outcomes) == set(OUTCOMES)
    assert metrics.quantiles() is None


def test_threads_lose_no_count_and_every_look_is_of_one_moment() -> None:
    metrics = Metrics()
    threads, each = 8, 2000
    together = threading.Barrier(threads)

    def work(_: int) -> None:
        together.wait()
        for _n in range(each):
            metrics.note_answer("answered", 0.5)
            metrics.note_failure("failed")
            seen = metrics.counts()
            assert seen.outcomes["answered"] == seen.within[-1] == seen.seconds * 2

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
    finally:
        sys.setswitchinterval(switch)
    counts = metrics.counts()
    assert counts.outcomes["answered"] == counts.outcomes["failed"] == counts.within[-1] == threads * each
    assert counts.seconds == threads * each * 0.5


def test_prometheus_reads_the_counts_as_they_are_at_that_moment() -> None:
    metrics = Metrics()
    metrics.note_answer("answered", 0.2)
    metrics.note_answer("refused_nothing_near", 3.0)
    now = [NOW]
    with serve(metrics, 0, lambda: now[0]) as port:
        text, first = read(port)
        metrics.note_failure("too_busy")
        now[0] = Gauges(queue=0, generation=8, articles=6, latency=math.nan)
        _, second = read(port)
    for line in ("counter", "histogram", "gauge"):
        assert f" {line}\n" in text
    assert "# TYPE on_the_record_answers_total counter" in text
    assert first["on_the_record_answers_total{outcome=answered}"] == 1
    assert first["on_the_record_answers_total{outcome=refused_nothing_near}"] == 1
    assert first["on_the_record_answers_total{outcome=too_busy}"] == 0
    assert first["on_the_record_answer_seconds_bucket{le=0.1}"] == 0
    assert first["on_the_record_answer_seconds_bucket{le=0.25}"] == 1
    assert first["on_the_record_answer_seconds_bucket{le=+Inf}"] == 2
    assert first["on_the_record_answer_seconds_count"] == 2
    assert first["on_the_record_answer_seconds_sum"] == 3.2
    assert first["on_the_record_queue"] == 3
    assert first["on_the_record_index_generation"] == 7
    assert first["on_the_record_index_articles"] == 5
    assert first["on_the_record_gateway_latency_seconds"] == 0.042
    assert second["on_the_record_answers_total{outcome=too_busy}"] == 1
    assert (second["on_the_record_queue"], second["on_the_record_index_generation"]) == (0, 8)
    assert {name.split("{")[0] for name in first} - {name.split("{")[0] for name in second} == {
        "on_the_record_gateway_latency_seconds"
    }


def test_nothing_is_served_but_our_own_numbers_labelled_by_outcome_alone() -> None:
    with serve(Metrics(), 0, lambda: NOW) as port:
        text, _ = read(port)
    for family in text_string_to_metric_families(text):
        assert family.name.startswith("on_the_record_")
        for sample in family.samples:
            assert set(sample.labels) <= {"outcome", "le"}
            assert sample.labels.get("outcome", "answered") in OUTCOMES


@pytest.mark.parametrize("latency", [math.nan, math.inf, -math.inf])
def test_a_latency_that_is_not_known_is_left_out(latency: float) -> None:
    with serve(Metrics(), 0, lambda: Gauges(0, 1, 5, latency)) as port:
        assert "on_the_record_gateway_latency_seconds" not in read(port)[1]


def test_two_are_served_beside_each_other_and_each_port_is_free_afterwards() -> None:
    one, other = Metrics(), Metrics()
    one.note_failure("failed")
    with serve(one, 0, lambda: NOW) as first, serve(other, 0, lambda: NOW) as second:
        assert read(first)[1]["on_the_record_answers_total{outcome=failed}"] == 1
        assert read(second)[1]["on_the_record_answers_total{outcome=failed}"] == 0
    with pytest.raises(urllib.error.URLError):
        read(first)
    with serve(one, first, lambda: NOW) as again:
        assert again == first


def test_it_stops_when_what_runs_beside_it_fails() -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), serve(Metrics(), 0, lambda: NOW) as port:
        raise ZeroDivisionError
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))
    assert threading.active_count() == before


def test_only_this_machine_can_ask() -> None:
    with serve(Metrics(), 0, lambda: NOW) as port, socket.socket() as elsewhere:
        elsewhere.settimeout(5)
        # Another address of this same machine: what listens everywhere would answer there.
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0


def test_a_port_in_use_is_named_with_its_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(MetricsError, match=f"METRICS_PORT {port} .* in use"), serve(Metrics(), port, lambda: NOW):
            pass


def test_without_the_extra_the_error_has_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(MetricsError) as caught, serve(Metrics(), 0, lambda: NOW):
        pass
    assert "`.venv/bin/python -m pip install -c constraints.txt -e '.[metrics]'`" in str(caught.value)
    assert "METRICS_PORT" in str(caught.value)


def test_counting_loads_neither_the_extra_nor_a_search_engine() -> None:
    program = "import sys, bot.metrics; print(*{name.partition('.')[0] for name in sys.modules})"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"prometheus_client", "faiss", "discord", "torch"} & set(ended.stdout.split())
