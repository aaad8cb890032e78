"""The FinTS source against the simulated bank: all that was booked, as the bank's own bytes, or a named state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from pipelines.errors import ConfigurationError
from pipelines.model.access import AccessState
from pipelines.model.statement import EntryStatus
from pipelines.ports.source import Proven, Window
from pipelines.simulator import fints_orders
from pipelines.simulator.fints_manner import Manner
from pipelines.simulator.fints_pages import Page
from pipelines.simulator.world import TanMethod
from sources.recognise import read
from tests.fints_world import TODAY, Bank, open_bank, proven, taken, told, truth


@pytest.fixture
def bank() -> Iterator[Bank]:
    with open_bank() as bank:
        yield bank


class TestStatements:
    def test_camt_comes_first_and_tells_everything(self, bank: Bank) -> None:
        fetched = bank.fetch()
        assert fetched.complete
        assert set(fetched.outcomes) == set(bank.ibans)
        assert "HKKAZ" not in bank.orders
        assert len(fetched.booked(".xml")) > 10
        assert told(fetched.booked()) == truth(bank.world)

    def test_mt940_where_there_is_no_camt(self) -> None:
        with open_bank(manner=Manner(camt=False)) as bank:
            fetched = bank.fetch()
            assert fetched.complete
            assert "HKCAZ" not in bank.orders
            assert len(fetched.booked(".sta")) == len(bank.ibans)
            assert told(fetched.booked()) == truth(bank.world)

    @pytest.mark.parametrize("version", [5, 6])
    def test_banks_that_only_know_national_account_numbers(self, version: int) -> None:
        with open_bank(manner=Manner(camt=False, versions=(version,))) as bank:
            fetched = bank.fetch()
            assert fetched.complete
            assert told(fetched.booked()) == truth(bank.world)
            balances = [one for one in fetched.documents if one.name.endswith(".hisal")]
            assert {read(one)[1][0].account for one in balances} == set(bank.ibans)

    def test_mt940_where_camt_is_announced_but_refused(self, bank: Bank) -> None:
        bank.faults.arm("fints-camt-refused", times=None)
        fetched = bank.fetch()
        assert fetched.complete
        assert bank.faults.fired["fints-camt-refused"] == len(bank.ibans)
        assert told(fetched.booked(".sta")) == truth(bank.world)

    def test_mt940_cut_anywhere_between_pages_is_put_together(self) -> None:
        with open_bank(manner=Manner(camt=False, page_bytes=997)) as bank:
            bank.faults.arm("fints-cut", times=None)
            fetched = bank.fetch()
            assert bank.faults.fired["fints-cut"] > 5
            assert fetched.complete
            assert told(fetched.booked()) == truth(bank.world)

    def test_umlauts_stay_the_banks_bytes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        parts = [b":20:X\r\n:86:166?20M\xfc", b"", b"ller ?'@5@\r\n-\r\n"]  # a page with nothing: ING's @0@
        pages = [Page((part,)) for part in parts]
        monkeypatch.setattr(fints_orders, "mt940_pages", lambda *_args, **_more: pages)
        with open_bank(manner=Manner(camt=False), accounts=1) as bank:
            (document,) = bank.fetch().booked()
            assert document.content == b"".join(parts)

    @pytest.mark.parametrize("camt", [True, False])
    def test_an_answer_with_nothing_in_it_is_not_no_bookings(self, camt: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        empty = b"<Document><BkToCstmrAcctRpt><Rpt><Id>1</Id></Rpt></BkToCstmrAcctRpt></Document>" if camt else b""
        name = "camt_pages" if camt else "mt940_pages"
        monkeypatch.setattr(fints_orders, name, lambda *_args, **_more: [Page((empty,))])
        with open_bank(manner=Manner(camt=camt, mt940=not camt), accounts=1) as bank:
            bank.faults.arm("fints-balance-missing")
            fetched = bank.fetch()
            assert fetched.states() == [("incomplete", "empty-answer")]
            assert fetched.documents == []

    def test_every_document_proves_itself(self, bank: Bank) -> None:
        for document in bank.fetch().booked():
            for statement in read(document)[1]:
                assert statement.opening is not None
                assert statement.closing is not None
                total = sum(entry.amount.minor for entry in statement.entries)
                assert statement.opening.amount.minor + total == statement.closing.amount.minor

    def test_pending_entries_are_apart_and_pending(self, bank: Bank) -> None:
        waiting = [one for one in bank.fetch().documents if "pending" in one.name]
        entries = [entry for one in waiting for statement in read(one)[1] for entry in statement.entries]
        assert len(entries) == sum(len(bank.world.pending(iban)) for iban in bank.ibans) > 0
        assert {entry.status for entry in entries} == {EntryStatus.PENDING}

    def test_the_balance_of_the_moment_comes_last(self, bank: Bank) -> None:
        balances = [one for one in bank.fetch().documents if one.name.endswith(".hisal")]
        stated = {}
        for document in balances:
            (statement,) = read(document)[1]
            assert statement.closing is not None
            stated[statement.account] = (statement.closing.amount.minor, statement.closing.day)
        assert stated == {iban: (bank.world.balance(iban), TODAY) for iban in bank.ibans}

    def test_no_name_of_a_document_holds_an_account_number(self, bank: Bank) -> None:
        names = " ".join(one.name for one in bank.fetch().documents)
        assert not any(iban in names or iban[12:] in names for iban in bank.ibans)


class TestWindow:
    def test_proven_days_are_not_asked_for_again(self, bank: Bank) -> None:
        until = TODAY - timedelta(days=6)
        fetched = taken(bank.source().fetch(Window(TODAY, proven=proven(bank.world, until))))
        assert told(fetched.booked()) == truth(bank.world, until - timedelta(days=5))

    def test_the_configured_first_day_counts_until_something_is_proven(self, bank: Bank) -> None:
        first = date(2026, 10, 8)
        fetched = bank.fetch(since=first)
        assert told(fetched.booked()) == truth(bank.world, first)

    def test_a_day_the_bank_no_longer_keeps_is_a_finding(self) -> None:
        with open_bank(manner=Manner(days=5)) as bank:
            long_ago = {bank.ibans[0]: Proven(TODAY.replace(day=1), TODAY.replace(day=2))}
            fetched = taken(bank.source().fetch(Window(TODAY, proven=long_ago)))
            assert fetched.complete
            assert told(fetched.booked()) == truth(bank.world, TODAY - timedelta(days=5))
            assert [one.code for one in fetched.findings] == ["history-too-short"]

    def test_no_bookings_is_believed_when_the_bank_says_so(self, bank: Bank) -> None:
        for payment in bank.world.payments:
            payment.day = TODAY + timedelta(days=9)
        bank.world.index()
        fetched = bank.fetch()
        assert fetched.complete
        assert fetched.booked() == []
        assert len(fetched.documents) == len(bank.ibans)  # the balances


class TestAccounts:
    def test_only_the_accounts_wanted(self, bank: Bank) -> None:
        wanted = bank.ibans[1]
        fetched = bank.fetch(accounts=[f"{wanted[:4]} {wanted[4:]}"])
        assert list(fetched.outcomes) == [wanted]
        assert {account for account, _, _ in told(fetched.booked())} == {wanted}

    def test_an_account_the_login_does_not_have_is_named(self, bank: Bank) -> None:
        fetched = bank.fetch(accounts=["DE02120300000000202051", bank.ibans[0]])
        assert fetched.outcomes["DE02120300000000202051"].code == "account-unknown-to-login"
        assert fetched.outcomes[bank.ibans[0]].state is AccessState.COMPLETE


class TestMemory:
    def test_the_second_fetch_does_not_introduce_itself_again(self, bank: Bank) -> None:
        bank.fetch()
        assert bank.orders.count("HKSYN") == 1
        bank.fetch()
        assert bank.orders.count("HKSYN") == 1

    def test_a_bank_that_forgot_us_gets_to_know_us_again(self, bank: Bank) -> None:
        bank.fetch()
        bank.server.bank.systems.clear()
        fetched = bank.fetch()
        assert fetched.complete
        assert bank.orders.count("HKSYN") == 2

    def test_a_state_nobody_can_read_is_no_obstacle(self, bank: Bank) -> None:
        bank.store.states.append(b"\x00 not ours")
        assert bank.fetch().complete

    def test_neither_pin_nor_accounts_are_remembered(self, bank: Bank) -> None:
        bank.fetch()
        kept = b"".join(bank.store.states)
        assert bank.world.logins[0].pin.encode() not in kept
        assert not any(iban.encode() in kept for iban in bank.ibans)


class TestMethods:
    def test_a_bank_without_two_steps(self) -> None:
        with open_bank(manner=Manner(one_step=True)) as bank:
            fetched = bank.fetch()
            assert fetched.complete
            assert "HKTAN" not in bank.orders
            assert told(fetched.booked()) == truth(bank.world)

    def test_the_configured_method_by_name_or_number(self, bank: Bank) -> None:
        for wanted in ("photoTAN", "phototan", "912"):
            assert bank.fetch(tan_method=wanted).complete
        dialogs = bank.server.bank
        assert dialogs.challenges == 0

    def test_an_unknown_method_names_the_ones_there_are(self, bank: Bank) -> None:
        error = bank.fetch(tan_method="smsTAN").error
        assert isinstance(error, ConfigurationError)
        assert "912 photoTAN" in str(error)

    def test_a_login_with_methods_we_cannot_use_reads_all_the_same(self) -> None:
        with open_bank() as bank:
            bank.world.logins[0].methods = (TanMethod("923", "pushTAN 2.0", "pushtan", ("Telefon", "Tablet")),)
            assert bank.fetch().complete


class TestProduct:
    def test_a_product_id_is_a_must_and_the_error_says_where_to_get_one(self, bank: Bank) -> None:
        with pytest.raises(ConfigurationError, match="produktregistrierung"):
            bank.source(product_id="")

    def test_an_unregistered_product_is_no_matter_of_trying_again(self) -> None:
        with open_bank(manner=Manner(products=("REGISTERED",))) as bank:
            error = bank.fetch().error
            assert isinstance(error, ConfigurationError)
            assert "product_id" in str(error)
            assert bank.orders.count("HKIDN") == 1
            assert bank.fetch(product_id="REGISTERED").complete

    @pytest.mark.parametrize(
        ("option", "value"),
        [("bank_code", "1234"), ("pin", "12345"), ("server", "http://bank.example/fints"), ("tan_methode", "x")],
    )
    def test_wrong_options_are_refused_by_name(self, bank: Bank, option: str, value: str) -> None:
        with pytest.raises(ConfigurationError, match=option):
            bank.source(**{option: value})
