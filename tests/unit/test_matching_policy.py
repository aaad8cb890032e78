"""The policy file: what is shipped, what may be changed, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import matchers
from pipelines.errors import ConfigurationError
from pipelines.match import Matcher
from pipelines.policy import default_policy, load_policy, override
from tests.matching_ledger import item


def test_the_shipped_policy_is_strict() -> None:
    policy = default_policy()
    assert policy.automation.min_kinds == 2
    assert policy.automation.min_probability >= 0.999
    assert len(matchers.load(policy.strategies)) == len(policy.strategies)


def test_a_file_overlays_the_shipped_values(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('name = "mine"\n[automation]\nmin_margin_bits = 12\n[bits.payer]\niban = 18.5\n')
    policy = load_policy(file)
    assert (policy.name, policy.automation.min_margin_bits, policy.bits["payer"]["iban"]) == ("mine", 12.0, 18.5)
    assert policy.bits["payer"]["other"] == default_policy().bits["payer"]["other"]
    assert policy.hash != default_policy().hash
    assert load_policy(file).hash == policy.hash
    assert load_policy(file, {"automation.max_auto_minor": 5}).automation.max_auto_minor == 5


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[automation]\nmin_probabilty = 0.9\n", "automation.min_probability"),
        ("[automation]\nmin_kinds = 2.5\n", "min_kinds"),
        ("[automation]\npart_payment = 1\n", "part_payment"),
        ("[automation]\nmin_probability = 1.5\n", "min_probability"),
        ("[priors]\nforeign = 0.9\n", "priors.foreign"),
        ("[limits]\ngroup_items = -1\n", "limits.group_items"),
        ("bits = 3\n", "bits"),
        ("[automation\n", "TOML"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, part: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=part):
        load_policy(file)


def test_a_missing_file_and_a_missing_strategy(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        load_policy(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match="no matching strategy named tea_leaves"):
        matchers.load(["tea_leaves"])
    with pytest.raises(ConfigurationError):
        matchers.load(["_sums"])
    policy = override({"strategies": ["exact_number"]})
    import pandas as pd

    with pytest.raises(ConfigurationError, match="exact_number"):
        Matcher(pd.DataFrame([item("1", 1)]), None, None, policy, strategies=[])
