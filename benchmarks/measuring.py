"""Rounds, medians and tables: every benchmark measures its cases in turn, several times, and shows ratios.

A case is measured in every round next to its peer, so that a busy machine slows both; figures are medians of rounds.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the tests' services and the reference phone, for scripts run by their path

DISK = "/var/tmp"  # noqa: S108 — on a disk everywhere, which /tmp is not; the folder in it is private


@dataclass(frozen=True, slots=True)
class Sample:
    """What one case did in one round: how often, in how many seconds, how long each took, and how long a CPU worked."""

    count: int
    seconds: float
    times: tuple[float, ...] = ()
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Give how many a second."""
        return self.count / self.seconds


@dataclass(slots=True)
class Case:
    """One thing that is measured; ``run`` measures it once."""

    name: str
    run: Callable[[], Sample]
    samples: list[Sample] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Give the median of the rounds' rates."""
        return statistics.median(sample.rate for sample in self.samples)

    @property
    def cost(self) -> float:
        """Give the median of the rounds' CPU seconds for each one, where they were measured."""
        return statistics.median(sample.cpu / sample.count for sample in self.samples)

    def quantile(self, share: float) -> float:
        """Give the median over rounds of one quantile of the times."""
        return statistics.median(quantile(sample.times, share) for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Finding:
    """A ratio that a goal speaks of."""

    name: str
    value: float
    goal: float | None = None
    at_most: bool = False

    @property
    def verdict(self) -> str:
        """Say whether the goal is met."""
        if self.goal is None:
            return "no goal"
        met = self.value <= self.goal if self.at_most else self.value >= self.goal
        return ("met" if met else "NOT met") + f" ({'≤' if self.at_most else '≥'} {self.goal:g})"


def quantile(times: Sequence[float], share: float) -> float:
    """Give the time that ``share`` of all stay within."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rounds(cases: Sequence[Case], count: int) -> None:
    """Measure every case ``count`` times, in turn, after one round that does not count."""
    for number in range(count + 1):
        order = cases if number % 2 == 0 else list(reversed(cases))
        for case in order:
            sample = case.run()
            if number:
                case.samples.append(sample)


def ratio(case: Case, peer: Case) -> float:
    """Give the median over rounds of a case's rate over its peer's."""
    return statistics.median(one.rate / other.rate for one, other in zip(case.samples, peer.samples, strict=True))


def thrift(case: Case, peer: Case) -> float:
    """Give the median over rounds of the peer's CPU time over the case's: steady on a busy machine."""
    pairs = zip(case.samples, peer.samples, strict=True)
    return statistics.median((other.cpu / other.count) / (one.cpu / one.count) for one, other in pairs)


def repeated(work: Callable[[], object], seconds: float) -> Sample:
    """Do something again and again for so many seconds."""
    times: list[float] = []
    clock = time.perf_counter
    worked = time.process_time()
    begun = now = clock()
    while now - begun < seconds:
        work()
        after = clock()
        times.append(after - now)
        now = after
    return Sample(len(times), now - begun, tuple(times), time.process_time() - worked)


def each(items: Iterable[Any], work: Callable[[Any], object]) -> Sample:
    """Do something once with each item."""
    times: list[float] = []
    clock = time.perf_counter
    worked = time.process_time()
    begun = now = clock()
    for item in items:
        work(item)
        after = clock()
        times.append(after - now)
        now = after
    return Sample(len(times), now - begun, tuple(times), time.process_time() - worked)


def together(works: Sequence[Callable[[], Sample]]) -> Sample:
    """Do several works at once, each in a thread of its own; a failure of one is raised here."""
    found: list[Sample] = []
    failed: list[BaseException] = []
    start = threading.Barrier(len(works) + 1)

    def run(work: Callable[[], Sample]) -> None:
        start.wait()
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 — handed to the caller below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    start.wait()
    begun, worked = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.join()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
    if failed:
        raise failed[0]
    times = tuple(one for item in found for one in item.times)
    return Sample(sum(one.count for one in found), seconds, times, cpu)


def machine() -> str:
    """Say what this was measured on."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, Linux {platform.release().split('-')[0]}"


def show(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table."""
    print(f"\n**{title}**\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def conclude(findings: Sequence[Finding]) -> None:
    """Print the ratios and what they say of the goals."""
    show("Ratios", ("Ratio", "Measured", "Goal"), [(one.name, figure(one.value), one.verdict) for one in findings])


def figure(value: float) -> str:
    """Write a number with the digits that it deserves."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def arguments(about: str) -> argparse.Namespace:
    """Read the command line that all benchmarks share."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default 5)")
    return parser.parse_args()


def report(
    name: str, cases: Iterable[Case], findings: Sequence[Finding], facts: Mapping[str, Any] | None = None
) -> None:
    """Print everything as one JSON object."""
    body = {
        "benchmark": name,
        "machine": machine(),
        "perSecond": {case.name: round(case.rate, 2) for case in cases},
        "ratios": {one.name: {"value": round(one.value, 4), "verdict": one.verdict} for one in findings},
        "facts": dict(facts or {}),
    }
    print(json.dumps(body, ensure_ascii=False, indent=1))
