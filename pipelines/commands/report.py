"""What a command leaves behind: one JSON object for machines, or a summary for people, and the exit code."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from pipelines.model.finding import Finding, Severity
from pipelines.operator_view import masked, not_fetched
from pipelines.ports.access import AccountAccess
from pipelines.step import Step

DONE, NEEDS_A_PERSON, USAGE, UNAVAILABLE, BROKEN = 0, 1, 2, 3, 4
SHOWN_FINDINGS = 20

stderr = Console(stderr=True, highlight=False)
stdout = Console(highlight=False)

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


@dataclass(slots=True)
class Report:
    """The result of one command. more: further keys of the JSON object, such as the rows of a list."""

    command: str
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)
    access: list[AccountAccess] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    broken: bool = False
    waiting: bool = False
    error: str = ""
    error_code: int | None = None

    def add(self, step: Step, *, prefix: bool = False) -> None:
        """Takes in what a step did. prefix: several steps share this report, so its counts say whose they are."""
        for name, count in step.counts.items():
            self.counts[f"{step.name}_{name}" if prefix else name] = count
        self.seconds[step.name] = round(self.seconds.get(step.name, 0.0) + step.seconds, 3)
        known = {finding.finding_id for finding in self.findings}
        self.findings += [finding for finding in step.findings if finding.finding_id not in known]
        self.unavailable += step.unavailable
        self.access += step.access
        self.waiting = self.waiting or step.waiting

    @property
    def exit_code(self) -> int:
        """The worst of what happened: 4 broken, an error's own code, 3 a source or account not fetched, 1 findings,
        0 done."""
        if self.broken:
            return BROKEN
        if self.error_code is not None:
            return self.error_code
        if self.unavailable or not_fetched(self.access):
            return UNAVAILABLE
        if self.waiting or any(finding.severity is not Severity.INFO for finding in self.findings):
            return NEEDS_A_PERSON
        return DONE

    def as_json(self) -> dict[str, Any]:
        """The machine-readable object of ``--json``."""
        shown: dict[str, Any] = {
            "command": self.command,
            "counts": self.counts,
            "seconds": self.seconds,
            "peak_mib": peak_mib(),
            "findings": [_finding(finding) for finding in self.findings],
            "unavailable": self.unavailable,
            "access": [_access(fact) for fact in self.access],
            "exit_code": self.exit_code,
            **self.more,
        }
        return {**shown, "error": self.error} if self.error else shown

    def show(self, *, as_json: bool) -> None:
        """Prints the result: the JSON object to stdout, or counts and findings for people."""
        if as_json:
            sys.stdout.write(json.dumps(self.as_json(), ensure_ascii=False, default=str) + "\n")
            # A command that goes on, such as the simulated bank, has said where it is before anybody asks.
            sys.stdout.flush()
            return
        if self.counts:
            stdout.print(grid([(name.replace("_", " "), f"{count:,}") for name, count in self.counts.items()]))
        self._show_findings()
        for source in self.unavailable:
            stderr.print(f"[red]unavailable[/red] {source}: the others went through; run again later")
        for account in not_fetched(fact for fact in self.access if fact.source not in self.unavailable):
            stderr.print("[red]not fetched[/red]", end=" ")
            stderr.print(account, markup=False)

    def _show_findings(self) -> None:
        order = {severity: place for place, severity in enumerate(_COLOURS)}
        told = sorted(
            self.findings, key=lambda finding: (order[finding.severity], finding.source_file, finding.position)
        )
        for finding in told[:SHOWN_FINDINGS]:
            where = " ".join(part for part in (finding.source_file, finding.position) if part)
            colour = _COLOURS[finding.severity]
            stderr.print(f"[{colour}]{finding.severity.value}[/{colour}]", end=" ")
            stderr.print(f"{finding.code}{f' ({where})' if where else ''}: {finding.message}", markup=False)
        if len(told) > SHOWN_FINDINGS:
            stderr.print(f"… and {len(told) - SHOWN_FINDINGS} more: kontoklar export findings --out findings.csv")


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "finding_id": finding.finding_id,
        "code": finding.code,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "message": finding.message,
        "source_file": finding.source_file,
        "position": finding.position,
    }


def _access(fact: AccountAccess) -> dict[str, str]:
    return {
        "source": fact.source,
        "account": masked(fact.account),
        "state": fact.state.value,
        "code": fact.code,
        "since": fact.since.isoformat(),
        "consent_until": fact.consent_until.isoformat() if fact.consent_until else "",
    }


def peak_mib() -> float:
    """The most memory this process ever had, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, KiB elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


def grid(rows: Iterable[tuple[str, str]], *, right: bool = True) -> Table:
    """Names and figures side by side, without lines."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="" if right else "dim")
    table.add_column(justify="right" if right else "left")
    for name, figure in rows:
        table.add_row(name, figure)
    return table


# Figures are read from the right.
_RIGHT = frozenset(
    {"amount", "unallocated", "open", "open_amount", "probability", "debit", "credit", "days", "rank", "balance", "due",
     "provisional", "on_account", "payments", "no", "old", "change", "new"}
)  # fmt: skip
# Columns that may be cut, and at how many signs; columns that may run over several lines.
_CUT = {"counterparty": 18, "invoices": 14, "key": 18}
_LONG = frozenset({"message", "remittance", "reason_text", "source_file", "dunning", "access", "problems"})


def records(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, title: str = "") -> Table:
    """Rows as a table for people; cells are shown as they are, never as markup."""
    table = Table(
        title=title or None,
        header_style="bold",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
        pad_edge=False,
    )
    for column in columns:
        table.add_column(
            column.removesuffix("_number").replace("_", " "),
            justify="right" if column in _RIGHT else "left",
            overflow="ellipsis" if column in _CUT else "fold",
            no_wrap=column not in _LONG,
            max_width=_CUT.get(column),
        )
    for row in rows:
        table.add_row(*(plain(row.get(column)) for column in columns))
    return table


def plain(cell: object) -> str:
    """A cell as people read it: shares in per cent, no control signs, nothing taken for markup."""
    if isinstance(cell, float):
        return f"{100 * cell:.2f} %"
    text = "" if cell is None else str(cell)
    return "".join(sign if sign.isprintable() else " " for sign in text).replace("[", r"\[")
