"""How matching learns: honest probabilities, earned automation, learned payers, estimated weights. No database."""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

import pipelines
from pipelines.learning.earned import DEMOTED, UNPROVEN, Count, Earned, Record, audited, record_of, upper_bound
from pipelines.learning.fitting import Seen, fit_honesty, straighten
from pipelines.learning.honesty import Honesty
from pipelines.learning.patterns import families_of, group_of, objections_of, pattern_of
from pipelines.learning.payers import Habit, learned, payers_frame
from pipelines.learning.reasons import LANGUAGES, REASONS, near_miss, seen
from pipelines.learning.reliability import exact_interval, measure, missed_by_chance, pooled
from pipelines.learning.toml_out import policy_text
from pipelines.learning.weights import Choice, Option, _within_lines, estimate
from pipelines.model.proposal import Disposition, Evidence
from pipelines.policy import default_policy, differences, load_policy, override, with_values
from pipelines.ports.learning import Manner, Outcome, Paid, Refusal
from tests.matching_ledger import MUELLER, STRANGER, crowd, item, matcher, payment, plan, receipts

CLEAN = "reference:full|amount:exact|payer:iban|name:full|customer:absent"
LATE = "reference:full|amount:late_discount|payer:iban|name:full|customer:absent!discount-after-deadline"
TODAY = date(2026, 11, 20)


# --- patterns -----------------------------------------------------------------------------------------------------


def test_a_pattern_is_its_levels_and_what_kept_it_back() -> None:
    evidence = [Evidence("prior", "item", -8), Evidence("reference", "full", 18), Evidence("amount", "exact", 9),
                Evidence("payer", "iban", 20), Evidence("date", "late", 0)]  # fmt: skip
    pattern = pattern_of(evidence, objections=("ambiguous",))
    assert pattern == "reference:full|amount:exact|payer:iban!ambiguous"
    assert (families_of(pattern), group_of(pattern)) == (("whole", "exact", "account"), "whole+exact+account!ambiguous")
    assert objections_of(pattern) == ("ambiguous",)
    assert objections_of("reference:full") == ()


@pytest.mark.parametrize(
    ("levels", "payer"),
    [
        ("payer:unknown|name:full|customer:absent", "name"),
        ("payer:changed|name:none|customer:named", "number"),
        ("payer:other|name:full|customer:absent", "against"),
        ("payer:unknown|name:none|customer:absent", "none"),
        ("", "own"),
    ],
)
def test_the_payers_family_is_the_best_way_of_knowing_him(levels: str, payer: str) -> None:
    assert families_of(f"reference:full|amount:exact|{levels}")[2] == payer


# --- honest probabilities -----------------------------------------------------------------------------------------


def test_without_a_curve_the_evidence_is_taken_at_its_word() -> None:
    assert Honesty().shares([0.7, 0.2], ["a", "b"]) == [0.7, pytest.approx(0.2)]
    assert Honesty().share(1.0, "a") < 1.0


def test_alternatives_keep_their_order_and_leave_room_for_none() -> None:
    policy = default_policy()
    rng = random.Random(5)
    for _ in range(300):
        weights = sorted((rng.random() ** 4 for _ in range(4)), reverse=True)
        raw = [weight / sum(weights) for weight in weights]
        shares = policy.honesty.shares(raw[:3], [CLEAN, LATE, CLEAN])
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1.0 + 1e-9


def test_the_curve_makes_overconfident_evidence_honest() -> None:
    rng = random.Random(3)
    cases = []
    for _ in range(6000):
        posterior = rng.choice((0.05, 0.3, 0.6, 0.9, 0.99, 0.9999))
        cases.append(Seen(posterior, CLEAN, rng.random() < posterior**2, True))
    honesty = fit_honesty(cases)
    stated = measure([honesty.share(case.posterior, case.pattern) for case in cases], [case.right for case in cases])
    assert all(one.honest is not False for one in stated.bins)
    knots = [value for _, value in honesty.knots]
    assert knots == sorted(knots)
    assert fit_honesty(cases[:100]) == Honesty()
    assert straighten(honesty, cases[:100]) is honesty


def test_a_month_bends_the_curve_in_force_only_as_far_as_it_can_show() -> None:
    base = Honesty(((-12.0, -12.0), (24.0, 24.0)))
    three_in_five = [Seen(0.9, CLEAN, place % 5 < 3, True) for place in range(20_000)]
    stated = [straighten(base, three_in_five[:count]).share(0.9, CLEAN) for count in (500, 20_000)]
    assert 0.65 > stated[0] > stated[1] > 0.6
    curve = straighten(base, three_in_five).finish
    assert [value for _, value in curve] == sorted(value for _, value in curve)


def test_ledgers_together_and_what_chance_alone_would_miss() -> None:
    rng = random.Random(4)
    shares = [rng.random() for _ in range(4000)]
    one = measure(shares, [rng.random() < share for share in shares])
    other = measure(shares[:7], [True] * 7)
    together = pooled([one, other])
    assert sum(found.cases for found in together) == 4007
    assert together[0].right == one.bins[0].right + other.bins[0].right
    assert 0.2 < missed_by_chance(one.bins) <= 0.5
    assert missed_by_chance(measure([], []).bins) == 0.0


def test_reliability_knows_bins_brier_score_and_coverage() -> None:
    told = measure([0.95] * 100 + [0.15] * 10, [True] * 95 + [False] * 5 + [True] * 5 + [False] * 5)
    assert [one.honest for one in told.bins if one.cases] == [False, True]
    assert told.bins[9].right == 95
    assert told.coverage == {"0.0001": 0.0, "0.001": 0.0}
    assert measure([0.9] * 10, [True] * 10).coverage["0.0001"] == 1.0
    assert exact_interval(0, 0) == (0.0, 1.0)
    assert exact_interval(5, 10) == pytest.approx((0.187, 0.813), abs=1e-3)


# --- earned automation --------------------------------------------------------------------------------------------


def test_the_bound_is_jeffreys() -> None:
    assert upper_bound(0, 0) == 1.0
    assert upper_bound(1000, 0) == pytest.approx(1.9207 / 1000, rel=0.01)
    assert upper_bound(1000, 1) == pytest.approx(3.907 / 1000, rel=0.01)


def outcome(pattern: str, *, wrong: bool = False) -> Outcome:
    return Outcome("t", "2026-11-01", {"A": 1}, "person", (), pattern, {"A": 1}, wrong)


def books(*decisions: bool, survived: int = 0, pattern: str = CLEAN) -> Record:
    """What people said about a pattern, oldest first: right or wrong; and how many posts nobody took back."""
    return record_of([outcome(pattern, wrong=not right) for right in decisions], {pattern: survived})


CAREFUL = {"record": {"whole+exact+account": [100_000, 0]}}


def test_an_error_demotes_its_pattern_at_once_whatever_went_well_before() -> None:
    policy = override(CAREFUL)
    other = CLEAN.replace("name:full", "name:none")
    assert Earned(policy).objection(CLEAN) == ""
    for undone in (books(False), books(*[True] * 5_000, False), books(False, survived=5_000)):
        assert Earned(policy, undone).objection(CLEAN) == DEMOTED
        assert Earned(policy, undone).objection(other) == ""


@pytest.mark.parametrize(("errors", "row"), [(1, 191), (2, 390), (3, 552)])
def test_a_row_of_confirmations_brings_a_pattern_back_and_each_error_asks_for_a_longer_one(
    errors: int, row: int
) -> None:
    policy = override(CAREFUL)
    almost = Earned(policy, books(*[False] * errors, *[True] * (row - 1), survived=20_000))
    assert (almost.objection(CLEAN), almost.standing(CLEAN).asked) == (DEMOTED, 1)
    enough = Earned(policy, books(*[False] * errors, *[True] * row, survived=20_000))
    assert (enough.objection(CLEAN), enough.standing(CLEAN).asked) == ("", 0)
    # What was confirmed before the last error does not count.
    assert Earned(policy, books(*[True] * row, *[False] * errors)).objection(CLEAN) == DEMOTED


def test_a_pattern_that_came_back_stays_only_while_the_budget_has_room_for_it() -> None:
    record = books(False, *[True] * 200, survived=20_000)
    # Its bound is about 0.7 per mille, with 5,000 of the shipped cases; all else together is far surer.
    assert 0.0005 < Earned(override(CAREFUL), books(False, *[True] * 200)).standing(CLEAN).bound < 0.001
    assert Earned(override(CAREFUL), record).objection(CLEAN) == ""
    tight = override({**CAREFUL, "automation.risk_per_mille": 0.02})
    assert Earned(tight, record).objection(CLEAN) == DEMOTED
    alone = override({"record": {"whole+exact+name": [1_000, 0]}})
    assert Earned(alone, books(False, *[True] * 200)).objection(CLEAN) == DEMOTED


def test_more_is_checked_of_a_pattern_that_was_wrong_before() -> None:
    policy = override(CAREFUL)
    back = Earned(policy, books(False, *[True] * 200))
    other = CLEAN.replace("name:full", "name:none")
    assert (back.audit_share(CLEAN), back.audit_share(other)) == (0.1, 0.01)


def test_what_was_never_seen_is_not_automatic() -> None:
    policy = override({"record": {"whole+exact+account": [100_000, 0]}})
    assert Earned(policy).objection("reference:near|amount:exact|payer:unknown|name:none") == UNPROVEN
    assert Earned(policy).objection("reference:own_id|amount:exact") == ""


def test_custom_is_automated_once_people_confirmed_it_often_enough() -> None:
    policy = override({"record": {"whole+exact+account": [100_000, 0]}})
    few, many = Record({LATE: Count(40, 0)}), Record({LATE: Count(400, 0), CLEAN: Count(15_000, 0)})
    assert not Earned(policy, few).promotes
    assert Earned(policy, few).objection(LATE) == UNPROVEN
    assert Earned(policy, many).objection(LATE) == ""
    assert Earned(policy, Record({LATE: Count(400, 9), CLEAN: Count(15_000, 0)})).objection(LATE) == DEMOTED
    hard = LATE.replace("discount-after-deadline", "account-of-another-debtor")
    assert Earned(policy, Record({hard: Count(400, 0), CLEAN: Count(15_000, 0)})).objection(hard) == UNPROVEN


DOUBTED = "reference:absent|amount:exact|payer:iban|name:none|customer:absent!not-sure-enough"
DOUBTS = "none+exact+account!not-sure-enough"


def test_what_generated_ledgers_say_of_a_doubt_counts_only_as_far_as_people_confirm_it() -> None:
    policy = override({"record": {"whole+exact+account": [100_000, 0], DOUBTS: [600, 0]}})

    def standing(cases: int, wrong: int = 0) -> str:
        own = Record({DOUBTED: Count(cases, wrong), CLEAN: Count(15_000, 0)})
        return Earned(policy, own).objection(DOUBTED)

    # Nobody confirmed any: it waits, however well it did elsewhere.
    assert Earned(policy).objection(DOUBTED) == UNPROVEN
    assert standing(10) == UNPROVEN
    assert standing(30) == ""
    assert standing(30, 1) == DEMOTED
    # One that was wrong beside it, and what was seen elsewhere says nothing any more.
    beside = DOUBTED.replace("name:none", "name:part")
    doubtful = Record({DOUBTED: Count(30, 0), beside: Count(5, 1), CLEAN: Count(15_000, 0)})
    assert Earned(policy, doubtful).objection(DOUBTED) == UNPROVEN
    worse = override({"record": {"whole+exact+account": [100_000, 0], DOUBTS: [600, 12]}})
    assert Earned(worse, Record({DOUBTED: Count(30, 0), CLEAN: Count(15_000, 0)})).objection(DOUBTED) == UNPROVEN


def test_the_risk_budget_bounds_the_mean_over_all_that_posts() -> None:
    record = {"whole+exact+account": [10_000, 0], "whole+exact+name": [10_000, 8], "whole+sum+account": [500, 8]}
    loose = Earned(override({"record": record, "automation.risk_per_mille": 5.0}))
    strict = Earned(override({"record": record, "automation.risk_per_mille": 0.3}))
    assert [one.allowed for one in loose.groups()] == [True, True, False]
    assert [one.allowed for one in strict.groups()] == [True, False, False]


def test_an_audit_share_is_drawn_from_the_id() -> None:
    keys = [f"t{number}" for number in range(20_000)]
    drawn = {key for key in keys if audited(key, 0.01)}
    assert 150 <= len(drawn) <= 250
    assert drawn <= {key for key in keys if audited(key, 0.02)}
    assert not any(audited(key, 0.0) for key in keys)
    assert all(audited(key, 1.0) for key in keys[:100])


def test_a_days_euros_at_risk_are_limited_smallest_first() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 2283171), item("RE-2026-00124", 5100)]
    paid = [payment(2283171, "RE-2026-00123"), payment(5100, "RE-2026-00124")]
    assert all(one.disposition is Disposition.AUTO for one in plan(ledger, *paid))
    large, small = plan(ledger, *paid, policy=override({"automation.risk_minor": 2}))
    assert (large.disposition, large.reason) == (Disposition.REVIEW, "risk-budget")
    assert small.disposition is Disposition.AUTO


def test_the_record_counts_decisions_and_survivors() -> None:
    record = record_of([outcome(CLEAN), outcome(CLEAN, wrong=True), outcome("")], {CLEAN: 10, LATE: 1})
    assert record.patterns == {CLEAN: Count(12, 1), LATE: Count(1, 0)}
    assert record.groups()["whole+exact+account"] == Count(12, 1)


# --- learned payers -----------------------------------------------------------------------------------------------


def paid(key: str, debtor: str, count: int = 1, last: date = TODAY) -> Paid:
    return Paid(key, debtor, count, last - timedelta(days=30), last)


def test_who_pays_for_many_says_little_and_what_is_old_is_forgotten() -> None:
    rules = default_policy().automation
    rows = [paid("ONE", "1", 2), paid("ONCE", "1"), paid("OLD", "1", 9, date(2020, 1, 1))]
    rows += [paid("OFFICE", str(number), 3) for number in range(5)]
    frame = payers_frame(rows, TODAY, rules)
    levels = dict(zip(frame["iban"], frame["level"], strict=True))
    assert levels == {"ONE": "learned", "ONCE": "learned_once", "OFFICE": "learned_many"}


def test_an_account_that_pays_for_many_is_demoted() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317, "10003", debtor_name="Lindenhofer Optik KG")]
    office = [{"iban": STRANGER, "debtor_number": debtor, "count": 5, "level": "learned_many"} for debtor in
              ("10003", "30001", "30002", "30003")]  # fmt: skip
    only = [{"iban": STRANGER, "debtor_number": "10003", "count": 5, "level": "learned"}]
    one = payment(128317, "Danke", counterparty_iban=STRANGER, counterparty_name="Kanzlei West")
    assert plan(ledger, one, payers=only)[0].disposition is Disposition.AUTO
    assert plan(ledger, one, payers=office)[0].disposition is Disposition.REVIEW


def taught(**more: object) -> list[Disposition]:
    """What becomes of a payment by a name that paid for the debtor before, and of one it does not name."""
    ledger = [*crowd(), item("RE-2026-00123", 128317, "10003", debtor_name="Lindenhofer Optik KG")]
    one = matcher(ledger)
    known = learned([paid("Ottokar Xaver Quast", "10003", 3)], (), (), TODAY, default_policy().automation)
    one._learned = known
    amount = int(str(more.pop("amount", 128317)))
    found = one.plan(
        receipts(payment(amount, "Danke", counterparty_iban=STRANGER, counterparty_name="Quast Ottokar Xaver"))
    )
    return [proposal.disposition for proposal in found if proposal.rank == 1]


def test_a_learned_name_is_evidence_but_never_alone() -> None:
    assert taught() == [Disposition.AUTO]
    assert taught(amount=128318) == [Disposition.REVIEW]


def test_what_a_person_refused_is_not_on_top_again() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317), item("RE-2026-00124", 128317, issue_date=date(2026, 10, 1))]
    one = matcher(ledger)
    found = one.plan(receipts(payment(128317, "RE-2026-00123")))[0]
    assert [line.invoice_number for line in found.lines] == ["RE-2026-00123"]
    refused = [Refusal(MUELLER, "RE-2026-00123", "")]
    one._learned = learned((), (), refused, TODAY, default_policy().automation)
    found = one.plan(receipts(payment(128317, "RE-2026-00123")))[0]
    assert found.disposition is Disposition.REVIEW
    assert "refused-before" in objections_of(found.pattern) or found.lines[0].invoice_number != "RE-2026-00123"


def test_habits_say_what_is_usual_for_a_payer() -> None:
    always = [Manner("X", CLEAN, 1, 6)]
    habit = learned((), always, (), TODAY, default_policy().automation).habits["X"]
    assert (habit.level("whole"), habit.level("none"), habit.level("damaged")) == ("usual", "unusual", "")
    assert Habit(2, {"whole": 2}, 0, 0).level("whole") == ""


# --- estimated weights --------------------------------------------------------------------------------------------


def choices(count: int, share: float) -> list[Choice]:
    """Two explanations of equal score; the one with the learned account is right in ``share`` of the cases."""
    rng = random.Random(11)
    options = (Option({"A": 1}, ("payer.learned",), 0.0), Option({"B": 1}, ("payer.unknown",), 0.0))
    return [Choice(options, -5.0, 0 if rng.random() < share else 1) for _ in range(count)]


def test_weights_follow_the_decisions_and_few_move_them_little() -> None:
    bits = default_policy().bits
    many, few = estimate(choices(800, 0.9), bits), estimate(choices(12, 0.9), bits)
    gap = many.shifts["payer.learned"] - many.shifts["payer.unknown"]
    assert 1.0 < gap < math.log2(0.9 / 0.1)  # shrunk towards the weights in force
    assert abs(few.shifts.get("payer.learned", 0.0)) < 1.5
    assert many.loss_after < many.loss_before


def test_no_weaker_level_becomes_worth_more_than_a_stronger_one() -> None:
    bits = default_policy().bits
    rng = random.Random(2)
    options = (Option({"A": 1}, ("payer.learned_once",), 0.0), Option({"B": 1}, ("payer.learned",), 0.0))
    found = estimate([Choice(options, -5.0, 0 if rng.random() < 0.99 else 1) for _ in range(2000)], bits)
    after = {level: bits["payer"][level] + found.shifts.get(f"payer.{level}", 0.0) for level in bits["payer"]}
    assert after["iban"] >= after["learned"] >= after["learned_once"]


def test_an_estimate_moves_no_weight_across_a_line_that_rules_draw() -> None:
    bits = {"reference": {"order": 14.0, "joined": 13.0}, "payer": {"learned_once": 12.0, "iban": 20.0}}
    down = _within_lines({"reference.order": -0.4, "payer.learned_once": -1.0, "payer.iban": -1.0}, bits)
    assert down == {"reference.order": 0.0, "payer.learned_once": 0.0, "payer.iban": -1.0}
    up = _within_lines({"reference.joined": 1.0, "reference.order": 0.7}, bits)
    assert up == {"reference.joined": pytest.approx(0.99), "reference.order": pytest.approx(0.7)}


def test_a_policy_file_says_only_what_differs_and_reads_back_the_same(tmp_path: Path) -> None:
    base = default_policy()
    changed = with_values(base, {"name": "mine", "bits": {"payer": {"iban": 18.5}}, "record": {"a+b+c": [10, 1]}})
    file = tmp_path / "policy.toml"
    file.write_text(policy_text(differences(changed), ["a comment"]), encoding="utf-8")
    assert differences(changed) == {
        "name": "mine", "bits": {"payer": {"iban": 18.5}}, "record": {"a+b+c": [10, 1]},
    }  # fmt: skip
    assert load_policy(file).hash == changed.hash


# --- texts --------------------------------------------------------------------------------------------------------


def test_every_reason_code_has_a_text_in_both_languages() -> None:
    root = Path(pipelines.__file__).parent
    told = (root / "decide.py").read_text() + (root / "matching" / "explain.py").read_text()
    codes = set(re.findall(r'(?:return|yield|else|append\() ?"([a-z]+(?:-[a-z]+)+)"', told))
    assert codes >= {"ambiguous"} or len(codes) > 10
    assert codes <= set(REASONS)
    assert all(set(texts) == set(LANGUAGES) and all(texts.values()) for texts in REASONS.values())


def test_a_near_miss_names_the_reason_and_what_was_seen() -> None:
    pattern = "reference:short|amount:exact|payer:unknown|name:none|customer:absent!damaged-reference-only"
    assert seen(pattern) == "amount exact; number lacks its prefix, year or zeros; account unknown; name differs"
    told = near_miss("damaged-reference-only", pattern, (), "de")
    assert told.startswith("die Nummer ist beschädigt")
    assert "Betrag stimmt genau" in told


def test_the_shipped_policy_states_where_it_starts() -> None:
    policy = default_policy()
    assert policy.honesty.knots
    assert sum(cases for cases, _ in policy.record.values()) > 100_000
    assert replace(policy, record={}).record == {}


def test_what_is_held_against_a_proposal_lowers_what_is_stated() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317)]
    named, never_issued = plan(ledger, payment(128317, "RE-2026-00123")), plan(ledger, payment(128317, "RE-2026-99871"))
    assert named[0].probability > 0.999
    assert (never_issued[0].disposition, never_issued[0].reason) == (Disposition.REVIEW, "unexplained-number")
    assert never_issued[0].probability < 0.9
