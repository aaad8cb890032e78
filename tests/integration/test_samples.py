"""Every public sample is read whole or refused with file, position and reason; where balances add up, all arrived."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.classify import classify
from pipelines.errors import UnreadableDocument
from pipelines.model.finding import Finding
from pipelines.model.statement import Document, Statement
from sources.documents import documents
from sources.recognise import read
from tests.samples import require_samples, sample_files, samples_folder
from tests.statement_files import outcome

FOLDERS = ("camt-genkgo", "camt-viafintech", "mt940-wolph")
FILES = [path for folder in FOLDERS for path in sample_files(folder, suffixes=(".xml", ".sta", ".txt"))]

# Single fields cut out for other people's tests: there is no statement in them to read.
SNIPPETS = {
    "amount_formats.sta", "currency_in_25.sta", "empty_86.sta", "empty_entry_date.sta", "empty_line.sta",
    "missing_crlf_at_end.sta", "account_balance_credit.sta", "account_balance_debit.sta",
    "account_identification_iban.sta", "account_identification_legacy.sta", "available_balance.sta",
    "closing_balance.sta", "reference.sta", "statement_details.sta", "statement_line.sta", "statement_number.sta",
    "account_identification.sta", "empty_non_swift.sta", "invalid_statement.sta", "sparkassen.sta",
    "camt053.v2.wrong.xml", "valid_namespace.xml", "invalid_namespace.xml",
}  # fmt: skip

# (file, statement number) → what the file itself gets wrong; found by adding its amounts up by hand.
FILE_IS_WRONG = {
    ("camt053.v2.all-balance-types.xml", 1): "ten invented balances; 1.01 + 8.85 is not 4.04",
    ("camt053.v2.five.decimals.xml", 1): "18.15 + 8.85 is 27.00, the file says 27.05",
    ("camt053.v2.minimal.ultimate.xml", 1): "opening in EUR, closing −27.00 in SEK",
    ("camt053.v2.minimal.xml", 1): "opening in EUR, closing −27.00 in SEK",
    ("camt053.v2.with-party-ids.xml", 1): "opening in EUR, closing −27.00 in SEK",
    ("camt053.v3.xml", 1): "opening in EUR, closing −27.00 in SEK",
    ("camt053.v4.xml", 1): "opening in EUR, closing −27.00 in SEK",
    ("camt053.v8.xml", 1): "opening in EUR, closing −27.00 in SEK",
    ("valid_example_v8.xml", 1): "the third entry is in EUR on a CHF account",
    ("valid_example_with_batch.xml", 1): "three of thirty-five announced entries",
    ("valid_example_with_debit.xml", 1): "the opening balance of valid_example.xml turned to DBIT",
    ("valid_example_with_instdamt.xml", 1): "100 + 4500 is not 4500",
    ("sepa_snippet.sta", 2): "first booking changed from CR300, to DR0,08; see sepa_mt9401.sta",
    ("sepa_snippet_broken.sta", 1): "three of four bookings cut out, :86: overwritten by :25:",
    ("abnamro.sta", 1): "3236,28 less 321,44 is not 876,84",
    ("abnamro.sta", 2): "2876,84 less 24,49 is not 1849,75",
    ("ing.sta", 1): "the closing balance is made up; its :86: states other sums",
    ("knab.sta", 2): "3058,98 less 7260 plus 500 is not 798,98",
    ("postfinance.sta", 1): "229,2 less 79,9 plus 10,1 is 159,4, the file says 159,6",
    ("rabobank.sta", 1): "473,17 less 1213,28 is not 395,82",
    ("rabobank.sta", 3): "the booking of 21 July was added to a statement of 17 June",
    ("triodos.sta", 1): "4975,09 less 715,70 is not 4370,79",
    ("with_newline_in_tnr.sta", 1): "two bookings of a longer statement",
    ("details_60-63.sta", 1): "12345,12 less 233,15 is not 12345,98",
    ("malformed_details.sta", 1): "12345,12 less 233,15 is not 12345,98",
    ("overly_long_details.sta", 1): "12345,12 less 233,15 is not 12345,98",
    ("whitespace.sta", 1): "12345,12 less 233,15 is not 12345,98",
    ("raiffeisen-cmi.sta", 1): "the amounts were made anonymous, the closing balance was not",
}


def load(path: Path) -> tuple[Statement, ...]:
    return read(Document(path.name, path.read_bytes(), "file"))[1]


def test_the_folders_are_complete() -> None:
    for folder in FOLDERS:
        require_samples(folder)
    assert len(FILES) >= 85


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(samples_folder()).as_posix())
def test_sample(path: Path) -> None:
    if path.name in SNIPPETS:
        with pytest.raises(UnreadableDocument) as refused:
            load(path)
        assert refused.value.code
        assert refused.value.position
        assert len(str(refused.value)) > 20
        return
    statements = load(path)
    assert statements
    raw = path.read_bytes()
    stated = len(re.findall(rb"^:61:", raw, re.MULTILINE)) or len(re.findall(rb"<Ntry>", raw))
    refused_lines = sum(defect.code.endswith(("bad-booking", "bad-entry")) for s in statements for defect in s.defects)
    assert sum(len(statement.entries) for statement in statements) + refused_lines == stated
    for number, statement in enumerate(statements, 1):
        assert statement.account
        assert all(defect.source_file == path.name and defect.position for defect in statement.defects)
        for entry in statement.entries:
            transactions = classify(statement, entry, frozenset(), path.name)
            assert sum(one.amount_minor for one in transactions) == entry.amount.minor
        if statement.opening is None or statement.closing is None:
            continue
        booked = sum(entry.amount.minor for entry in statement.entries if entry.status == "booked")
        adds_up = statement.opening.amount.minor + booked == statement.closing.amount.minor
        assert adds_up is ((path.name, number) not in FILE_IS_WRONG)


def test_no_excuse_is_stale() -> None:
    require_samples(*FOLDERS[:1])
    names = {path.name for path in FILES}
    assert names >= SNIPPETS
    assert {name for name, _ in FILE_IS_WRONG} <= names


def test_the_whole_folder_at_once() -> None:
    folder = require_samples()
    taken = list(documents([folder]))
    assert len(taken) > 100
    for one in taken:
        if isinstance(one, Finding):
            continue
        found = outcome(one)
        if isinstance(found, UnreadableDocument):
            assert found.code
            assert found.position
        else:
            assert found


def test_signs_of_a_bank_own_test_file() -> None:
    """97 bookings in all spellings of the mark (CR, DR, RCR, NRTI), proven by the file's own balances."""
    path = require_samples("mt940-wolph") / "mt940_tests" / "betterplace" / "sepa_mt9401.sta"
    statements = load(path)
    assert sum(len(statement.entries) for statement in statements) == 97
    for statement in statements:
        assert statement.opening is not None
        assert statement.closing is not None
        booked = sum(entry.amount.minor for entry in statement.entries)
        assert statement.opening.amount.minor + booked == statement.closing.amount.minor
