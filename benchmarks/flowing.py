"""Send by the Prefect flow `notify`, and note how much of its time was ours."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

from benchmarks.reporting import PREFECT
from incident.service import obligations, responding
from incident.service.house import House


def by_flow(house: House, folder: Path, incident_id: str, steps: dict[str, float]) -> None:
    """Run the flow once; `steps` has the seconds that it spent in the services, and those around them.

    Prefect's server is started before, by a flow that does nothing: on a real machine it runs already.
    """
    os.environ["TOCSIN_SETTINGS"] = str(folder / "tocsin.toml")
    os.environ.setdefault("PREFECT_HOME", str(folder / "prefect"))
    os.environ.update(PREFECT)
    from prefect import flow

    from flows.notify import notify

    obligations.determine(house, incident_id)  # the flow sends nothing before the law was asked
    spent, perform = [0.0], responding.perform

    def timed(*args: Any, **options: Any) -> str:
        began = time.perf_counter()
        try:
            return perform(*args, **options)
        finally:
            spent[0] += time.perf_counter() - began

    responding.perform = timed

    @flow
    def warm() -> None:
        """Do nothing."""

    warm()
    began = time.perf_counter()
    asyncio.run(notify(incident_id))
    whole = time.perf_counter() - began
    steps["in services"], steps["in prefect"] = spent[0], whole - spent[0]
