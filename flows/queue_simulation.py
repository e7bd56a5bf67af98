"""How many counters does the service desk need.

A small event simulation. Times are minutes after eight in the morning.

Converted by nb-to-flow from queue_simulation.ipynb (sha256 1c2da0f4). Edit freely: this
is plain Prefect.
"""

import csv
import heapq
import json
import logging
import os
import random
import re
import statistics
from collections import deque
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.utilities import math as prefect_math
from websockets import client
from websockets.asyncio import connection

RETRY_IO = {
    "retries": 3,
    "retry_delay_seconds": [1, 10, 60],
    "retry_jitter_factor": 0.5,
}


def isolate_random() -> None:
    """Keep the random numbers that Prefect draws apart from those that are seeded."""
    for module in (client, connection, prefect_math):
        module.random = random.Random()


def show(*values: Any, key: str) -> None:
    """Publish values as the notebook displayed them, as artifacts of this task run."""
    for value in values:
        try:
            kind = type(value)
            names = [n for n in ("_repr_html_", "_repr_markdown_") if hasattr(kind, n)]
            rich = getattr(value, names[0], None) if names else None
            html = rich() if rich else None
            html = re.sub(r"<style.*?</style>", "", html or "", flags=re.DOTALL)
            text = html or f"```\n{value!r}\n```"
            if value is not None:
                create_markdown_artifact(markdown=text[:500_000], key=key)
        except Exception:
            logging.getLogger(__name__).warning("%s: not shown", key, exc_info=True)


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_arrival_rates() -> dict:
    """Arrival rates (cells 5-6). Reads data/arrival_rates.csv."""
    rates = {}
    with open("data/arrival_rates.csv") as f:
        for row in csv.DictReader(f):
            rates[int(row["hour"])] = float(row["per_hour"])
    show(rates, key="load-arrival-rates")

    show(sum(rates.values()), key="load-arrival-rates-sum")
    return rates


@task(cache_policy=NO_CACHE)
def simulate_one_day_check(
    rates: dict, service_minutes: float, counters: int, patience: float, days: int
) -> dict[str, Any]:
    """One day, as a check (cells 8-9, 14-16, 18, 21, 28).

    The seed of cell 2 moved here.
    """
    isolate_random()
    random.seed(2024)

    clock = 0.0
    waiting = deque()
    busy = 0
    served = []
    lost = 0

    class Customer:
        """Somebody who wants something."""

        number = 0

        def __init__(self, arrival):
            Customer.number += 1
            self.id = Customer.number
            self.arrival = arrival
            self.start = None

        @property
        def wait(self):
            return None if self.start is None else self.start - self.arrival

        def __repr__(self):
            return f"Customer({self.id}, {self.arrival:.1f})"

    def arrivals():
        """All arrivals of one day, in order."""
        times = []
        for hour, rate in sorted(rates.items()):
            t = (hour - 8) * 60.0
            while True:
                t += random.expovariate(rate / 60)
                if t >= (hour - 7) * 60.0:
                    break
                times.append(t)
        return times

    def service_time():
        return random.expovariate(1 / service_minutes)

    def start_service(events):
        nonlocal busy, lost
        while waiting and busy < counters:
            customer = waiting.popleft()
            if clock - customer.arrival > patience:
                lost += 1
                continue
            customer.start = clock
            busy += 1
            heapq.heappush(
                events, (clock + service_time(), "leaves", customer.id, customer)
            )

    def reset():
        nonlocal clock, busy, lost
        clock, busy, lost = 0.0, 0, 0
        waiting.clear()
        served.clear()

    def simulate_day():
        nonlocal clock, busy
        reset()
        events = []
        for t in arrivals():
            customer = Customer(t)
            heapq.heappush(events, (t, "arrives", customer.id, customer))
        while events:
            clock, kind, _, customer = heapq.heappop(events)
            if kind == "arrives":
                waiting.append(customer)
            else:
                busy -= 1
                served.append(customer)
            start_service(events)
        return [c.wait for c in served], lost

    waits, gone = simulate_day()
    print(len(waits), "served,", gone, "gave up, last one left at", round(clock, 1))

    show(served[:3], key="simulate-one-day-check")
    print("longest wait", round(max(waits), 1), end=" min\n")

    history = []
    for day in range(days):
        waits, gone = simulate_day()
        history.append(
            {
                "day": day + 1,
                "served": len(waits),
                "lost": gone,
                "mean_wait": statistics.mean(waits),
            }
        )
    show(history[-1], key="simulate-one-day-check-history")

    usual = counters
    scenarios = {}
    for counters in range(2, 7):  # noqa: PLR1704
        results = [simulate_day() for _ in range(5)]
        all_waits = [w for waits, _ in results for w in waits]
        scenarios[counters] = {
            "mean_wait": round(statistics.mean(all_waits), 2),
            "p90": round(statistics.quantiles(all_waits, n=10)[-1], 2),
            "lost": sum(gone for _, gone in results),
        }
        print(counters, scenarios[counters])
    counters = usual

    print("customers in total:", Customer.number)
    return {
        "gone": gone,
        "waits": waits,
        "history": history,
        "scenarios": scenarios,
        "counters": counters,
    }


@task(cache_policy=NO_CACHE)
def compute_many_days(history: list, counters: int) -> tuple[float, Any]:
    """Many days (cell 19). Returns (mean_wait, lost_share)."""
    mean_wait = statistics.mean(h["mean_wait"] for h in history)
    lost_share = sum(h["lost"] for h in history) / sum(
        h["served"] + h["lost"] for h in history
    )
    print(f"{counters} counters: {mean_wait:.2f} min, {lost_share:.1%} lost")
    return mean_wait, lost_share


@task(cache_policy=NO_CACHE)
def find_enough(scenarios: dict) -> Any:
    """What if we open more counters (cell 22)."""
    enough = min(n for n, s in scenarios.items() if s["mean_wait"] < 2)
    show(enough, key="find-enough")
    return enough


@task(cache_policy=NO_CACHE)
def find_busy_hours(rates: dict, service_minutes: float) -> Any:
    """Busy hours (cell 24)."""
    load = {hour: rate * service_minutes / 60 for hour, rate in rates.items()}
    peak = max(load, key=load.get)
    for hour in load:  # noqa: PLC0206
        print(f"{hour:2d} h", "#" * round(4 * load[hour]))
    return peak


@task(cache_policy=NO_CACHE, **RETRY_IO)
def save_history(history: list, enough: Any, peak: Any, scenarios: dict) -> None:
    """Save (cells 26-27).

    Writes out, out/queue_days.csv and out/queue_scenarios.json.
    """
    os.makedirs("out", exist_ok=True)
    with open("out/queue_days.csv", "w", newline="") as f:
        writer = csv.DictWriter(f, fieldnames=list(history[0]))
        writer.writeheader()
        writer.writerows(history)

    with open("out/queue_scenarios.json", "w") as f:
        json.dump(
            {"enough": enough, "peak_hour": peak, "scenarios": scenarios}, f, indent=1
        )


@flow(
    name="queue-simulation",
    log_prints=True,
    task_runner=ThreadPoolTaskRunner(max_workers=4),
)
def queue_simulation(
    counters: int = 3,
    service_minutes: float = 4.5,
    days: int = 20,
    patience: float = 15.0,
) -> dict[str, Any]:
    """A small event simulation. Times are minutes after eight in the morning.

    Args:
        counters: open counters
        service_minutes: mean time at a counter
        days: simulated days
        patience: minutes after which people walk away
    """
    rates = load_arrival_rates.submit()
    one_day_check_simulated = simulate_one_day_check.submit(
        rates, service_minutes, counters, patience, days
    )
    peak = find_busy_hours.submit(rates, service_minutes)
    simulated = one_day_check_simulated.result()
    many_days_computed = compute_many_days.submit(simulated["history"], counters)
    enough = find_enough.submit(simulated["scenarios"])
    history_saved = save_history.submit(
        simulated["history"], enough, peak, simulated["scenarios"]
    )
    mean_wait, lost_share = many_days_computed.result()
    history_saved.result()
    return {
        "gone": simulated["gone"],
        "waits": simulated["waits"],
        "mean_wait": mean_wait,
        "lost_share": lost_share,
        "counters": simulated["counters"],
        "enough": enough.result(),
        "peak": peak.result(),
    }


if __name__ == "__main__":
    queue_simulation()
