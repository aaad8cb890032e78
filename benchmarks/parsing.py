"""How fast statements are read, beside bare libraries in the same run.

    python -m benchmarks.parsing --entries 20000 --rounds 5 [--json FILE]

Each case runs ``rounds`` times, our reader and its peers in turn; printed are medians of entries per second, by
processor time and by the clock, and the ratio to the peer. The generated files hold believable transfers: parties,
IBANs, references, remittance text.
"""

from __future__ import annotations

import argparse
import io
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from pipelines.classify import classify
from pipelines.model.statement import Document, Statement
from sources.camt import READER as CAMT
from sources.mt940 import READER as MT940

# Entries a second that a release must reach in one process.
TARGETS = {"camt.053 read": 25_000, "mt940 read": 50_000}


def ibans(count: int) -> list[str]:
    """Valid German IBANs, all different."""
    found = []
    for number in range(count):
        bban = f"12030000{number:010d}"
        found.append(f"DE{98 - int(bban + '131400') % 97:02d}{bban}")
    return found


def camt_file(entries: int) -> bytes:
    """One camt.053.001.08 statement in the German way."""
    parts = []
    total = 0
    for number, iban in enumerate(ibans(entries)):
        cents = 1000 + number * 7 % 900_000
        total += cents
        amount = f"{cents // 100}.{cents % 100:02d}"
        parts.append(
            f'<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
            "<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-08-01</Dt></BookgDt><ValDt><Dt>2026-08-01</Dt></ValDt>"
            f"<AcctSvcrRef>BANK{number:010d}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>"
            "<SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn><Prtry><Cd>NTRF+166+00931</Cd><Issr>DK</Issr></Prtry></BkTxCd>"
            f"<NtryDtls><TxDtls><Refs><EndToEndId>E2E-{number:08d}</EndToEndId></Refs>"
            f'<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty>'
            f"<Nm>Kundin Nummer {number} GmbH</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>"
            "<Cdtr><Pty><Nm>Muster Handels GmbH</Nm></Pty></Cdtr></RltdPties><RltdAgts><DbtrAgt><FinInstnId>"
            "<BICFI>BYLADEM1001</BICFI></FinInstnId></DbtrAgt></RltdAgts><RmtInf><Ustrd>Rechnung "
            f"RE-2026-{number:06d} vom 12.07.2026</Ustrd></RmtInf></TxDtls></NtryDtls>"
            "<AddtlNtryInf>GUTSCHR. UEBERWEISUNG</AddtlNtryInf></Ntry>\n"
        )
    closing = f"{total // 100}.{total % 100:02d}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
        "<BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN>"
        '</Id><Ccy>EUR</Ccy></Acct><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-08-01</Dt></Dt></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry>"
        f'</Tp><Amt Ccy="EUR">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-08-01</Dt></Dt></Bal>'
        f"{''.join(parts)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def mt940_file(entries: int) -> bytes:
    """One MT940 statement with the German subfields, lines of 65 characters, CRLF."""
    lines = [":20:STARTUMS", ":25:12030000/0000202051", ":28C:00001/001", ":60F:C260731EUR0,00"]
    total = 0
    for number, iban in enumerate(ibans(entries)):
        cents = 1000 + number * 7 % 900_000
        total += cents
        lines.append(f":61:2608010801CR{cents // 100},{cents % 100:02d}NTRFNONREF//BANK{number:010d}")
        text = (
            f":86:166?00GUTSCHR. UEBERWEISUNG?100931?20EREF+E2E-{number:08d}?21SVWZ+Rechnung RE-2026-{number:06d}"
            f"?22vom 12.07.2026?30BYLADEM1001?31{iban}?32Kundin Nummer {number} GmbH?34000"
        )
        lines.extend(text[at : at + 65] for at in range(0, len(text), 65))
    lines += [f":62F:C260801EUR{total // 100},{total % 100:02d}", "-", ""]
    return "\r\n".join(lines).encode()


def read_with(reader: object, document: Document) -> Callable[[], int]:
    def run() -> int:
        statements = list(reader.read(document))  # type: ignore[attr-defined]
        _must_prove(statements)
        return sum(len(statement.entries) for statement in statements)

    return run


def read_and_classify(reader: object, document: Document) -> Callable[[], int]:
    def run() -> int:
        count = 0
        for statement in reader.read(document):  # type: ignore[attr-defined]
            for entry in statement.entries:
                count += len(classify(statement, entry))
        return count

    return run


def _must_prove(statements: list[Statement]) -> None:
    """A fast reader that loses money is no reader."""
    for statement in statements:
        if statement.opening is None or statement.closing is None or statement.defects:
            raise SystemExit("the generated file was not read cleanly")
        booked = sum(entry.amount.minor for entry in statement.entries)
        if statement.opening.amount.minor + booked != statement.closing.amount.minor:
            raise SystemExit("the generated file does not add up as read")


def lxml_walk(content: bytes) -> Callable[[], int]:
    """lxml's iterparse over all elements with clearing, no values built."""

    def run() -> int:
        count = 0
        for _, element in etree.iterparse(io.BytesIO(content), events=("end",)):
            if element.tag.endswith("}Ntry"):
                count += 1
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        return count

    return run


def mt940_library(content: bytes) -> Callable[[], int]:
    import mt940

    text = content.decode()

    def run() -> int:
        return len(mt940.models.Transactions().parse(text))

    return run


def line_scanner(content: bytes) -> Callable[[], int]:
    """Lines to fields and subfields without any meaning: what Python itself needs."""

    def run() -> int:
        count = 0
        fields: list[list[str]] = []
        for line in content.decode().splitlines():
            if line.startswith(":"):
                _, tag, value = line.split(":", 2)
                fields.append([tag, value])
            elif fields:
                fields[-1].append(line)
        for tag, *values in fields:
            if tag == "61":
                count += 1
            elif tag == "86":
                "".join(values).split("?")
        return count

    return run


class Rates(NamedTuple):
    """Median entries per second. cpu: of processor time, which other programs on the machine hardly change."""

    cpu: dict[str, float]
    wall: dict[str, float]


def measure(cases: dict[str, Callable[[], int]], entries: int, rounds: int) -> Rates:
    """Each case ``rounds`` times; the cases take turns so that all see the same machine."""
    cpu: dict[str, list[float]] = {name: [] for name in cases}
    wall: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            start, start_cpu = time.perf_counter(), time.process_time()
            count = case()
            cpu[name].append(time.process_time() - start_cpu)
            wall[name].append(time.perf_counter() - start)
            if count != entries:
                raise SystemExit(f"{name} found {count} of {entries} entries")
    return Rates(
        {name: entries / statistics.median(times) for name, times in cpu.items()},
        {name: entries / statistics.median(times) for name, times in wall.items()},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file as well")
    options = parser.parse_args()
    camt, mt = camt_file(options.entries), mt940_file(options.entries)
    rates = measure(
        {
            "camt.053 read": read_with(CAMT, Document("camt.xml", camt, "file")),
            "camt.053 read + classify": read_and_classify(CAMT, Document("camt.xml", camt, "file")),
            "bare lxml walk": lxml_walk(camt),
            "mt940 read": read_with(MT940, Document("mt940.sta", mt, "file")),
            "mt940 read + classify": read_and_classify(MT940, Document("mt940.sta", mt, "file")),
            "mt-940 library": mt940_library(mt),
            "line scanner": line_scanner(mt),
        },
        options.entries,
        options.rounds,
    )
    figures = rates.cpu
    peers = {"camt.053 read": "bare lxml walk", "mt940 read": "mt-940 library"}
    print(f"{options.entries} entries, median of {options.rounds}; Python {platform.python_version()}")
    for name, rate in figures.items():
        peer = peers.get(name)
        ratio = f"{rate / figures[peer]:6.2f} × {peer}" if peer else ""
        target = f"target {TARGETS[name]:,}" if name in TARGETS else ""
        print(f"{name:28}{rate:12,.0f} /s CPU {rates.wall[name]:12,.0f} /s wall  {ratio:24}{target}")
    result = {
        "entries": options.entries,
        "rounds": options.rounds,
        "bytes_per_entry": {"camt": len(camt) // options.entries, "mt940": len(mt) // options.entries},
        "entries_per_second": {name: round(rate) for name, rate in figures.items()},
        "entries_per_second_wall": {name: round(rate) for name, rate in rates.wall.items()},
        "ratio": {name: round(figures[name] / figures[peer], 3) for name, peer in peers.items()},
    }
    text = json.dumps(result, indent=2)
    print(text)
    if options.json is not None:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
