"""A risk taken over from the rules holds for what was known then; what is unknown is never taken for harmless."""

from __future__ import annotations

import pytest

from incident.core.risk import propose_risk
from incident.core.risk_facts import RiskFacts


@pytest.mark.parametrize("loss", [[], ["confidentiality"]])
@pytest.mark.parametrize("recipients", [None, "unknown", "attacker", "known", "public"])
def test_unknown_data_is_not_taken_for_harmless(loss, recipients):
    facts = {"data": [], "loss": loss, "circumstances": {"recipients": recipients}}
    found = propose_risk(RiskFacts.from_json(facts))
    assert found.level.value != "unlikely"
    assert "data" in found.unknown


@pytest.mark.parametrize("facts", [
    {"circumstances": {"recipients": "nobody"}},
    {"circumstances": {"recipients": "trusted"}},
    {"encrypted": True, "key_compromised": False},
])  # fmt: skip
def test_where_nobody_can_read_it_the_kind_of_data_does_not_matter(facts):
    found = propose_risk(RiskFacts.from_json({"data": [], "loss": ["confidentiality"], **facts}))
    assert found.level.value == "unlikely"


def test_loss_that_nobody_knows_is_said_to_be_unknown():
    found = propose_risk(RiskFacts.from_json({"data": ["email"], "loss": []}))
    assert found.reasons[0].startswith("what was lost is not known")
