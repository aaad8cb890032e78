"""The parts of the FinTS source by themselves: codes, raw segments, balances, challenges, memory."""

from __future__ import annotations

import struct
from datetime import date
from types import SimpleNamespace

import pytest

from pipelines.errors import UnreadableDocument
from pipelines.model.statement import BalanceKind, Coverage, Document, Statement
from sources.fints_balance import READER
from sources.fints_codes import Kind, refusal
from sources.fints_memory import Memory, load, save
from sources.fints_pages import has_hole
from sources.fints_raw import segments, segments_of
from sources.fints_tan import challenge_of, polling_of
from tests.fints_world import Store
from tests.statement_files import balance, camt, entry


def kind(*codes: str) -> Kind | None:
    found = refusal(codes)
    return None if found is None else found.kind


class TestCodes:
    @pytest.mark.parametrize(
        "code", ["0010", "0020", "0030", "0100", "1050", "3010", "3040", "3050", "3060", "3076", "3920"]
    )
    def test_what_refuses_nothing(self, code: str) -> None:
        assert kind(code) is None

    @pytest.mark.parametrize(("code", "expected"), [
        ("3931", Kind.PIN_LOCKED), ("3938", Kind.PIN_LOCKED), ("9933", Kind.PIN_LOCKED), ("9910", Kind.PIN_WRONG),
        ("9930", Kind.PIN_WRONG), ("9931", Kind.PIN_WRONG), ("9942", Kind.PIN_WRONG), ("9340", Kind.PIN_WRONG),
        ("9941", Kind.TAN_WRONG), ("9943", Kind.TAN_WRONG), ("9951", Kind.TAN_LATE), ("9075", Kind.TAN_NEEDED),
        ("9391", Kind.SYSTEM), ("9078", Kind.PRODUCT), ("9800", Kind.ENDED), ("9050", Kind.ORDER), ("9160", Kind.ORDER),
        ("9999", Kind.ORDER),
    ])  # fmt: skip
    def test_what_refuses(self, code: str, expected: Kind) -> None:
        assert kind(code) is expected

    def test_the_most_serious_code_counts(self) -> None:
        found = refusal(["0010", "9050", "9800", "9010", "9942"])
        assert found is not None
        assert (found.kind, found.bank_code, found.ended) == (Kind.PIN_WRONG, "9942", True)

    def test_its_text_says_codes_and_nothing_else(self) -> None:
        assert str(refusal(["9010"])) == "the bank refuses (9010, order-refused)"


class TestRawSegments:
    BALANCE = b"HISAL:3:7:4+x@3@'''+y'"
    INNER = b"HIRMG:2:2+0010::A?'B?+'" + BALANCE
    MESSAGE = b"HNHBK:1:3+0'HNVSK:998:3+PIN'HNVSD:999:1+@%d@%s'HNHBS:4:1+1'" % (len(INNER), INNER)

    def test_segments_come_as_they_were_sent(self) -> None:
        found = list(segments(self.MESSAGE))
        assert b"HIRMG:2:2+0010::A?'B?+'" in found
        assert segments_of(self.MESSAGE, b"HISAL") == [self.BALANCE]

    def test_a_message_that_is_cut_off_ends_early(self) -> None:
        for end in range(len(self.MESSAGE)):
            assert all(self.MESSAGE.find(one) >= 0 for one in segments(self.MESSAGE[:end]))


def told_by(raw: bytes) -> Statement:
    (statement,) = READER.read(Document("x", raw, "bank"))
    return statement


class TestBalance:
    def test_it_states_one_day_that_may_go_on(self) -> None:
        statement = told_by(b"HISAL:5:7:3+DE02120300000000202051:BYLADEM1001+Giro+EUR+D:1234,5:EUR:20261014:0600+'")
        assert statement.account == "DE02120300000000202051"
        assert (statement.from_day, statement.to_day) == (date(2026, 10, 14), date(2026, 10, 14))
        assert statement.coverage is Coverage.PARTIAL
        assert statement.entries == ()
        assert statement.opening is not None
        assert statement.closing is not None
        assert statement.opening.amount.minor == statement.closing.amount.minor == -123_450
        assert statement.closing.kind is BalanceKind.INTERIM_CLOSING

    @pytest.mark.parametrize("version", [b"5", b"6"])
    def test_national_account_numbers_become_ibans(self, version: bytes) -> None:
        raw = b"HISAL:5:" + version + b":3+202051::280:12030000+Giro+EUR+C:0,:EUR:20261014'"
        statement = told_by(raw)
        assert statement.account == "DE02120300000000202051"
        assert statement.closing is not None
        assert statement.closing.amount.minor == 0

    @pytest.mark.parametrize(
        "raw",
        [
            b"HISAL:5:7:3'",
            b"HISAL:5:7:3+:+Giro+EUR+C:1,:EUR:20261014'",
            b"HISAL:5:7:3+DE02120300000000202051+Giro+EUR+X:1,:EUR:20261014'",
            b"HISAL:5:7:3+DE02120300000000202051+Giro+EUR+C:1,:USD:20261014'",
            b"HISAL:5:7:3+DE02120300000000202051+Giro+EUR+C:1_0,:EUR:20261014'",
            b"HISAL:5:7:3+DE02120300000000202051+Giro+EUR+C:NaN:EUR:20261014'",
            b"HISAL:5:7:3+DE02120300000000202051+Giro+EUR+C:1,005:EUR:20261014'",
            b"HISAL:5:7:3+DE02120300000000202051+Giro+EUR+C:1,:EUR:20261341'",
        ],
    )
    def test_what_cannot_be_read_proves_nothing(self, raw: bytes) -> None:
        with pytest.raises(UnreadableDocument):
            told_by(raw)


class TestHoles:
    def day(self, opening: str, closing: str) -> bytes:
        return camt(balance("OPBD", opening), balance("CLBD", closing), entry()).encode()

    def test_statements_end_to_end_have_none_in_any_order(self) -> None:
        days = [self.day("0.00", "119.00"), self.day("119.00", "238.00"), self.day("238.00", "357.00")]
        assert not has_hole(days)
        assert not has_hole(days[::-1])
        assert has_hole([days[0], days[2]])

    def test_what_has_no_balances_tells_nothing(self) -> None:
        assert not has_hole([camt(entry()).encode(), self.day("5.00", "9.00"), self.day("1.00", "2.00")])
        assert not has_hole([b"<html>"])
        assert not has_hole([])


def hitan(text: str | None, hhduc: bytes | None = None) -> SimpleNamespace:
    return SimpleNamespace(challenge=text, challenge_hhduc=hhduc)


class TestChallenges:
    def test_plain_text(self) -> None:
        assert challenge_of(hitan("Startcode 123")).text == "Startcode 123"

    def test_structured_text_for_a_terminal(self) -> None:
        text = "Bitte <b>best&auml;tigen</b><br>Auftrag<ul><li>eins<li>zwei</ul>"
        assert challenge_of(hitan(text)).text.splitlines() == ["Bitte bestätigen", "Auftrag", "eins", "zwei"]

    def test_a_decoupled_challenge_may_be_empty(self) -> None:
        assert challenge_of(hitan(None)).text == ""

    def test_flicker_code_in_front_of_the_text(self) -> None:
        found = challenge_of(hitan("CHLGUC  00100123456789CHLGTEXT0005Hallo"))
        assert (found.flicker, found.text) == ("0123456789", "Hallo")

    def test_flicker_code_of_its_own(self) -> None:
        assert challenge_of(hitan("x", b"012880112345678")).flicker == "012880112345678"

    @pytest.mark.parametrize("size", [10, 5_000])
    def test_a_picture_of_any_size(self, size: int) -> None:
        """The library takes a small picture for a flicker code."""
        image = b"\x89PNG" + b"\x00" * size
        raw = struct.pack(">H", 9) + b"image/png" + struct.pack(">H", len(image)) + image
        picture = challenge_of(hitan("x", raw)).picture
        assert picture is not None
        assert (picture.mime_type, picture.content) == ("image/png", image)

    def test_it_does_not_show_in_a_traceback(self) -> None:
        assert "Startcode" not in repr(challenge_of(hitan("Startcode 123")))

    def test_waiting_times_are_the_banks(self) -> None:
        method = SimpleNamespace(
            decoupled_max_poll_number=9,
            wait_before_first_poll=2,
            wait_before_next_poll=1,
            automated_polling_allowed=True,
        )
        assert polling_of(method) == (9, 2.0, 1.0, False)
        assert polling_of(SimpleNamespace(automated_polling_allowed=False)).by_hand
        assert polling_of(None).at_most > 0


class TestMemory:
    def test_a_refused_pin_stays_refused_and_another_is_not(self) -> None:
        memory = Memory()
        wrong, right = memory.fingerprint("1/u", "11111"), memory.fingerprint("1/u", "22222")
        memory.shut_out(wrong, "pin-wrong")
        assert memory.refuses(wrong) == "pin-wrong"
        assert memory.refuses(right) == ""

    def test_fingerprints_differ_between_installations_and_logins(self) -> None:
        one, other = Memory(), Memory()
        assert one.fingerprint("1/u", "11111") != other.fingerprint("1/u", "11111")
        assert one.fingerprint("1/u", "11111") != one.fingerprint("1/v", "11111")

    def test_it_survives_being_stored(self) -> None:
        store, memory = Store(), Memory()
        memory.shut_out(memory.fingerprint("1/u", "11111"), "pin-wrong")
        save(store, "bank", memory)
        assert load(store, "bank") == memory
        assert b"11111" not in store.states[-1]

    @pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"version": 99}', b'{"version": 1, "unknown": 1}', b"\xff"])
    def test_what_cannot_be_read_is_a_new_beginning(self, raw: bytes) -> None:
        store = Store()
        store.states.append(raw)
        assert load(store, "bank").refused_pin == ""
