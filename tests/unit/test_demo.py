"""The sample company: the same every time, valid in form, and true to its own balances."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest
from schwifty import IBAN
from stdnum import iso11649

from pipelines.demo import files
from pipelines.demo.company import CAMT_ACCOUNT, MT940_ACCOUNT
from pipelines.demo.files import Sample
from pipelines.model.statement import Coverage, Document, EntryStatus
from sources.documents import documents
from sources.recognise import read


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return files.write(tmp_path_factory.mktemp("demo") / "company")


def test_the_same_seed_writes_the_same_bytes(sample: Sample, tmp_path: Path) -> None:
    again = files.write(tmp_path / "company")
    first, second = sample.configuration.parent, again.configuration.parent
    digests = [
        {path.relative_to(root): hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*.*")}
        for root in (first, second)
    ]
    assert digests[0] == digests[1]
    assert len(digests[0]) > 55


def test_accounts_and_references_are_valid_in_form(sample: Sample) -> None:
    ibans = {iban for debtor in sample.company.debtors for iban in debtor.ibans}
    ibans |= {payment.iban for payment in sample.payments if payment.iban} | {CAMT_ACCOUNT, MT940_ACCOUNT}
    assert len(ibans) > 90
    for iban in ibans:
        assert IBAN(iban).is_valid
    references = {item.creditor_reference for item in sample.company.items if item.creditor_reference}
    assert len(references) > 20
    assert all(iso11649.is_valid(reference) for reference in references)


def test_it_is_a_believable_company(sample: Sample) -> None:
    assert 60 <= len(sample.company.debtors) <= 100
    assert 300 <= sum(item.open_minor != 0 for item in sample.company.items) <= 600
    told = {payment.story for payment in sample.payments}
    assert len(told) > 20
    assert len({day.day for day in sample.days}) == 22


def test_every_bank_file_is_read_and_only_the_broken_one_does_not_add_up(sample: Sample) -> None:
    wrong = []
    seen = 0
    for day in sample.days:
        for document in documents(day.statements):
            assert isinstance(document, Document)
            for statement in read(document)[1]:
                seen += len(statement.entries)
                if statement.coverage is not Coverage.COMPLETE:
                    continue
                assert statement.opening is not None
                assert statement.closing is not None
                booked = sum(e.amount.minor for e in statement.entries if e.status is EntryStatus.BOOKED)
                if statement.opening.amount.minor + booked != statement.closing.amount.minor:
                    wrong.append(document.name)
    assert wrong == [f"umsaetze_{files.TRUNCATED:%Y%m%d}.sta"]
    assert seen > len(sample.payments)


def test_the_truth_is_written_beside_it(sample: Sample) -> None:
    with (sample.configuration.parent / "truth.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter=";"))
    assert [row["bank_reference"] for row in rows] == [payment.reference for payment in sample.payments]
    assert len({row["bank_reference"] for row in rows}) == len(rows)
    for payment in sample.payments:
        assert not payment.details or sum(detail.amount for detail in payment.details) == payment.amount
