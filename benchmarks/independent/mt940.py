"""MT940 with the German field 86, as German banks send it: 27 characters a subfield, trailing blanks cut."""

from __future__ import annotations

from datetime import date

from .debits import REASONS
from .people import fold
from .world import CREDITOR_ID, Booking


def comma(cents: int) -> str:
    return f"{abs(cents) // 100},{abs(cents) % 100:02d}"


def clean(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "/-?:().,'+ &" else "." for sign in fold(text).replace("?", "."))


class Mt940:
    """Statements of one account; ``glued``: tags do not begin a subfield of their own (as at some large banks)."""

    def __init__(self, account: str, glued: bool = False) -> None:
        self.account, self.glued = account, glued

    def statement(self, number: int, day: date, opening: int, bookings: list[Booking]) -> str:
        closing = opening + sum(b.amount for b in bookings)
        lines = [":20:STARTUMS", f":25:{self.account}", f":28C:{number:05d}/001", f":60F:{self.balance(opening, day)}"]
        for booking in bookings:
            # A collective return is told line by line, a collection as one sum.
            for line in booking.parts if booking.parts and booking.amount < 0 else [booking]:
                lines += self.line(line, day, booking.ref if line is not booking else "")
        return "\r\n".join([*lines, f":62F:{self.balance(closing, day)}", "-"]) + "\r\n"

    def balance(self, cents: int, day: date) -> str:
        return f"{'C' if cents >= 0 else 'D'}{day:%y%m%d}EUR{comma(cents)}"

    def line(self, b: Booking, day: date, parent: str) -> list[str]:
        back = b.gvc == "109"
        mark = f"{'C' if b.amount >= 0 else 'D'}R"  # the R is the last letter of EUR
        kind = "RTI" if back else "TRF"
        head = f":61:{day:%y%m%d}{day:%m%d}{mark}{comma(b.amount)}N{kind}{(b.kref or 'NONREF')[:16]}//{b.ref[:16]}"
        lines = [head]
        if b.charges and b.original is not None:
            lines.append(f"/OCMT/EUR{comma(b.original)}//CHGS/EUR{comma(b.charges)}/")
        return [*lines, *self.information(b)]

    def information(self, b: Booking) -> list[str]:
        tags: list[str] = []
        for tag, value in (
            ("EREF+", b.eref),
            ("KREF+", b.kref),
            ("MREF+", b.mref),
            ("CRED+", CREDITOR_ID if b.gvc in ("109", "192") else ""),
        ):
            if value:
                tags.append(tag + value)
        if b.charges and b.gvc == "109":
            tags += [f"OAMT+{comma(b.original or 0)}", f"COAM+{comma(b.charges)}"]
        text = clean(b.structured or b.text)
        if text:
            tags.append("SVWZ+" + text)
        if b.abwa:
            tags.append("ABWA+" + clean(b.abwa))
        pieces: list[str] = []
        if self.glued:
            whole = " ".join(tags)
            pieces = [whole[at : at + 27] for at in range(0, len(whole), 27)]
        else:
            for tag in tags:
                pieces += [tag[at : at + 27].rstrip() for at in range(0, len(tag), 27)]
        keys = [*range(20, 30), *range(60, 64)]
        fields = f"{b.gvc}?00{b.title[:27]}?10931" + "".join(
            f"?{key}{piece}" for key, piece in zip(keys, pieces, strict=False)
        )
        if b.iban:
            fields += f"?30TESTDEFFXXX?31{b.iban}"
        name = clean(b.name)[:54]
        if name:
            fields += f"?32{name[:27]}" + (f"?33{name[27:]}" if len(name) > 27 else "")
        if b.gvc == "109" and b.reason in REASONS:
            fields += f"?34{REASONS[b.reason][1]}"
        lines, rest = [], ":86:" + fields
        while rest:
            cut = 65
            while rest[cut : cut + 1] in (":", "-"):  # a line must not look like a field or an end
                cut -= 1
            lines.append(rest[:cut])
            rest = rest[cut:]
        return lines
