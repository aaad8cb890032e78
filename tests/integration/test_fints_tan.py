"""TANs: in an unattended run they leave an account waiting, with a person they open it; every method of the bank."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipelines.errors import DialogueAborted, NeedsAuthorisation
from pipelines.model.access import AccessState
from pipelines.simulator.fints_manner import Manner
from tests.fints_world import CANARY_TAN, TODAY, Bank, Person, open_bank, told, truth


@pytest.fixture
def bank() -> Iterator[Bank]:
    with open_bank() as bank:
        bank.tan_is_due()
        yield bank


class TestUnattended:
    def test_an_account_that_wants_a_tan_waits_and_the_others_go_on(self, bank: Bank) -> None:
        bank.world.logins[0].consent_until = None
        bank.faults.arm("fints-tan")
        fetched = bank.fetch()
        assert fetched.states() == [("needs-authorisation", "tan-required"), ("complete", "")]
        assert {account for account, _, _ in told(fetched.documents)} == {bank.ibans[1]}

    def test_pages_before_a_tan_are_not_half_a_result(self, bank: Bank) -> None:
        bank.world.logins[0].consent_until = None
        bank.faults.arm("fints-tan-later", times=1)
        fetched = bank.fetch()
        assert bank.faults.fired["fints-tan-later"] == 1
        assert fetched.outcomes[bank.ibans[0]].state is AccessState.NEEDS_AUTHORISATION
        assert {account for account, _, _ in told(fetched.documents)} == {bank.ibans[1]}

    def test_a_bank_that_wants_a_tan_everywhere_is_not_asked_for_every_account(self) -> None:
        with open_bank(accounts=5) as bank:
            bank.tan_is_due()
            fetched = bank.fetch()
            assert fetched.states() == [("needs-authorisation", "tan-required")] * 5
            assert bank.server.bank.challenges == 2

    def test_a_telephone_rings_once_a_day_and_not_at_every_run(self, bank: Bank) -> None:
        options = {"tan_method": "923", "tan_medium": "Telefon", "accounts": [bank.ibans[0]]}
        for _ in range(3):
            assert bank.fetch(**options).states() == [("needs-authorisation", "tan-required")]
        assert bank.server.bank.challenges == 1
        bank.world.advance(1)
        bank.fetch(**options)
        assert bank.server.bank.challenges == 2
        assert bank.authorize(Person(), **options).complete
        assert bank.fetch(**options).complete

    def test_a_tan_for_the_login_stops_the_whole_source(self) -> None:
        with open_bank(manner=Manner(tan_at="init")) as bank:
            bank.tan_is_due()
            error = bank.fetch().error
            assert isinstance(error, NeedsAuthorisation)
            assert error.code == "tan-required"
            assert "kontoklar authorize house-bank" in str(error)


class TestWithAPerson:
    @pytest.mark.parametrize("method", ["910", "911", "912", "923"])
    @pytest.mark.parametrize("tan_at", ["init", "statements"])
    def test_every_method_opens_the_account(self, method: str, tan_at: str) -> None:
        with open_bank(manner=Manner(tan_at=tan_at), accounts=2) as bank:
            bank.tan_is_due()
            person = Person(picks={"Which TAN method": method, "Which TAN medium": "Telefon"})
            fetched = bank.authorize(person)
            assert fetched.error is None
            assert fetched.complete
            assert told(fetched.booked()) == truth(bank.world)
            assert bank.server.bank.challenges == 1
            if method == "910":
                assert "Startcode" in person.shown[0]
            elif method == "911":
                assert person.codes[0].isdigit()
            elif method == "912":
                mime, image = person.images[0]
                assert (mime, image[:4]) == ("image/png", b"\x89PNG")
            else:
                assert person.waits == [(0.0, 0.0, 4)]
                assert person.tans == [CANARY_TAN]  # nothing was typed

    def test_a_tan_before_a_later_page(self, bank: Bank) -> None:
        bank.world.logins[0].consent_until = None
        bank.faults.arm("fints-tan-later")
        fetched = bank.authorize(Person(picks={"Which TAN method": "910"}))
        assert fetched.complete
        assert told(fetched.booked()) == truth(bank.world)

    def test_mt940_after_a_tan(self) -> None:
        with open_bank(manner=Manner(camt=False)) as bank:
            bank.tan_is_due()
            fetched = bank.authorize(Person(picks={"Which TAN method": "910"}))
            assert told(fetched.booked()) == truth(bank.world)

    def test_afterwards_the_flow_needs_no_tan_and_knows_until_when(self, bank: Bank) -> None:
        bank.authorize(Person(picks={"Which TAN method": "912"}))
        bank.world.set_today(TODAY + timedelta(days=3))
        fetched = bank.fetch(consent_days=90)
        assert fetched.complete
        assert {one.consent_until for one in fetched.outcomes.values()} == {TODAY + timedelta(days=90)}

    def test_the_choice_of_method_and_medium_is_remembered(self, bank: Bank) -> None:
        bank.authorize(Person(picks={"Which TAN method": "923", "Which TAN medium": "Tablet"}))
        bank.fetch()
        state = b"".join(bank.store.states)
        client = bank.source()._store
        assert client is not None
        assert b"923" in state or bank.orders.count("HKTAB") == 1

    def test_configured_method_and_medium_leave_nothing_to_ask(self, bank: Bank) -> None:
        person = Person()
        assert bank.authorize(person, tan_method="pushTAN 2.0", tan_medium="Tablet").complete
        assert person.asked == []

    def test_after_a_wrong_tan_the_person_may_try_another(self, bank: Bank) -> None:
        person = Person(tans=["000000", CANARY_TAN], picks={"Which TAN method": "910"})
        fetched = bank.authorize(person)
        assert fetched.complete
        assert "The bank did not accept the TAN." in person.asked

    def test_after_two_wrong_tans_nobody_is_asked_for_a_third(self) -> None:
        with open_bank(accounts=4) as bank:
            bank.tan_is_due()
            person = Person(tans=["000000"] * 9, picks={"Which TAN method": "910"})
            fetched = bank.authorize(person)
            assert fetched.states()[0] == ("needs-authorisation", "tan-wrong")
            assert {code for _, code in fetched.states()[1:]} == {"tan-required"}
            assert len(person.tans) == 7
            assert bank.authorize(Person(picks={"Which TAN method": "910"})).complete

    def test_an_app_that_is_never_looked_at(self, bank: Bank) -> None:
        bank.world.logins[0].polls = 99
        fetched = bank.authorize(Person(), tan_method="923", tan_medium="Telefon")
        assert {code for _, code in fetched.states()} == {"tan-not-given"}
        assert fetched.documents == []

    def test_giving_up_changes_nothing(self, bank: Bank) -> None:
        fetched = bank.authorize(Person(gives_up_on="TAN (", picks={"Which TAN method": "910"}))
        assert isinstance(fetched.error, DialogueAborted)
        assert fetched.documents == []
        assert bank.authorize(Person(picks={"Which TAN method": "910"})).complete
