"""A peer: a Prefect task for each customer, as orchestrators are often used; prints people a second.

python -m benchmarks.prefect_tasks URL PEOPLE
"""

from __future__ import annotations

import sys
import time

import httpx
from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from benchmarks.peers import loop_body
from benchmarks.people import Cohort

URL, PEOPLE = sys.argv[1], int(sys.argv[2])
CLIENT = httpx.Client()


@task(cache_policy=NO_CACHE)
def tell(address: str) -> None:
    """Send one letter."""
    CLIENT.post(f"{URL}/v3/mail/send", json=loop_body(address)).raise_for_status()


@flow
def everybody(addresses: list[str]) -> None:
    """Send all, as many at once as Prefect likes."""
    for future in [tell.submit(address) for address in addresses]:
        future.result()


everybody(["warm@example.org"])
some = [row.email or "x@example.org" for row in Cohort(PEOPLE, 4).rows()]
began = time.perf_counter()
everybody(some)
print(len(some) / (time.perf_counter() - began))
