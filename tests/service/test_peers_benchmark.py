"""What ours is compared with does what it stands for: everybody is written to, by the thousand."""

from __future__ import annotations

import pytest

from benchmarks import peers
from benchmarks.sink import asked, running


@pytest.mark.slow
def test_the_bulk_path_of_django_anymail_writes_to_everybody_by_the_thousand() -> None:
    with running() as url:
        assert peers.anymail(url, 2500) > 0
        assert asked(url) == {"calls": 3, "letters": 2500}
