"""The configuration file: every key, its default, and what is refused (CONTRACT, Configuration).

Everything a file names is relative to that file's folder, so that a scheduled run does not depend on where it was
started. Secrets are never in the file: it names where they are, and they are fetched when they are needed.
"""

from __future__ import annotations

import dataclasses
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.amounts import AmountError, parse_amount
from pipelines.approvals import ApprovalRules
from pipelines.config_parts import Part as Part
from pipelines.config_parts import read_parts
from pipelines.debtors.ranges import NumberRange, parse_ranges
from pipelines.errors import ConfigurationError
from pipelines.known import refuse_unknown as refuse_unknown
from pipelines.roles import Access, parse_access
from pipelines.secret import Secret, secret_from
from pipelines.small_differences import Limits

FILE_NAME = "kontoklar.toml"
DEFAULT_DATABASE = "sqlite:///kontoklar.db"
MODES = ("live", "test")
SHIPPED = "shipped"
_MATCHING = ("policy", "risk_per_mille", "max_auto_amount", "risk_amount", "index", "processes")
_DUNNING = ("plans", "stale_banking_days", "ignored_accounts", "collection_days", "release", "base_rates")
_SECTIONS = (
    "company", "database", "sources", "matching", "dunning", "returns", "sinks", "run", "archive", "debtors", "roles",
    "users", "approval", "differences", "payments", "memory",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Company:
    """Who we are. chart: ``SKR03``, ``SKR04`` or a file's absolute path. mode: ``live`` or ``test``, in every key."""

    name: str = ""
    creditor_id: str = ""
    chart: str = "SKR03"
    mode: str = "live"


@dataclass(frozen=True, slots=True)
class Matching:
    """What may post by itself. None means: as the policy says. risk_per_mille: wrong automatic posts per thousand
    that are acceptable. max_auto_minor: cents of EUR a single automatic post may have; risk_minor: cents of EUR that
    automatic posts may put at risk on one booking day. index: where look-up tables are kept between runs: a folder,
    ``auto`` (beside an SQLite file) or ``off``. processes: how many judge a large day together, 0 for one a
    processor."""

    policy: Path | None = None
    risk_per_mille: float | None = None
    max_auto_minor: int | None = None
    risk_minor: int | None = None
    index: str = "auto"
    processes: int = 0


@dataclass(frozen=True, slots=True)
class Dunning:
    """plans: a file of dunning plans, None for the shipped ones. stale_banking_days: how many banking days more than
    one the proof of an account may lag behind. ignored_accounts: own accounts (IBAN) that dunning does not wait for.
    collection_days: banking days during which a direct debit of ours counts as on its way. release: ``automatic``, or
    ``person`` when every message waits for a release. base_rates: a file of base rates, None for the shipped ones."""

    plans: Path | None = None
    stale_banking_days: int = 0
    ignored_accounts: tuple[str, ...] = ()
    collection_days: int = 5
    release: str = "automatic"
    base_rates: Path | None = None


@dataclass(frozen=True, slots=True)
class Returns:
    """acts: whether the policy for return debits is carried out; without ``[returns] policy`` it only advises.
    policy: its file, None for the shipped one (``policy = "shipped"``)."""

    acts: bool = False
    policy: Path | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """wait_seconds: how long a command waits for another one that is writing before it steps back."""

    wait_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Archive:
    """What one delivery may weigh before it is refused: against ZIP bombs and files that are no statements.

    max_file_mib: one file or unpacked member; max_unpacked_mib: everything one archive unpacks to.
    """

    max_file_mib: int = 100
    max_unpacked_mib: int = 500
    max_members: int = 10_000


@dataclass(frozen=True, slots=True)
class Memory:
    """key: seals what live sources remember between runs; None for the key file in the user's own folder."""

    key: Secret | None = None


@dataclass(frozen=True, slots=True)
class Debtors:
    """number_ranges: what customer numbers may be; none given: anything."""

    number_ranges: tuple[NumberRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration. differences: limits of small differences. payments: the folder that payment files are
    written to. origin: the file it was read from, None when there was none."""

    company: Company = field(default_factory=Company)
    database_url: str = DEFAULT_DATABASE
    sources: tuple[Part, ...] = ()
    matching: Matching = field(default_factory=Matching)
    dunning: Dunning = field(default_factory=Dunning)
    returns: Returns = field(default_factory=Returns)
    sinks: tuple[Part, ...] = ()
    run: Run = field(default_factory=Run)
    archive: Archive = field(default_factory=Archive)
    memory: Memory = field(default_factory=Memory)
    debtors: Debtors = field(default_factory=Debtors)
    access: Access = field(default_factory=Access)
    approval: ApprovalRules = field(default_factory=ApprovalRules)
    differences: Limits = field(default_factory=Limits)
    payments: Path = Path("payments")
    origin: Path | None = None


def load(
    config: Path | None = None, database: str | None = None, *, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings in force: the file named by ``config``, by KONTOKLAR_CONFIG, or ``kontoklar.toml`` here.

    database: overrules KONTOKLAR_DATABASE, which overrules the file. Raises ConfigurationError for a named file that
    is not there, a file that is not TOML, an unknown key or a value of the wrong type.
    """
    env = os.environ if environ is None else environ
    path = _find(config, env)
    settings = parse(_read(path), path) if path else Settings()
    url = database or env.get("KONTOKLAR_DATABASE") or settings.database_url
    if "://" not in url:
        raise ConfigurationError("the database must be a URL such as sqlite:///kontoklar.db or postgresql://host/name")
    return dataclasses.replace(settings, database_url=url)


def _find(config: Path | None, env: Mapping[str, str]) -> Path | None:
    named = config or (Path(env["KONTOKLAR_CONFIG"]) if env.get("KONTOKLAR_CONFIG") else None)
    if named is not None:
        if not named.is_file():
            raise ConfigurationError(f"the configuration file {named} does not exist")
        return named
    here = Path(FILE_NAME)
    return here if here.is_file() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise ConfigurationError(f"the configuration file {path} cannot be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise ConfigurationError(f"{path} is not valid TOML: {broken}") from None


def parse(raw: Mapping[str, Any], path: Path | None = None) -> Settings:
    """Settings from the parsed TOML of ``path``."""
    base = path.parent.absolute() if path else Path.cwd()
    refuse_unknown(raw, _SECTIONS, "")
    company = _Section(raw, "company", ("name", "creditor_id", "chart", "mode"))
    database = _Section(raw, "database", ("url",))
    matching = _Section(raw, "matching", _MATCHING)
    dunning = _Section(raw, "dunning", _DUNNING)
    returns = _Section(raw, "returns", ("policy",))
    run = _Section(raw, "run", ("wait_seconds",))
    memory = _Section(raw, "memory", ("key",))
    archive = _Section(raw, "archive", ("max_file_mib", "max_unpacked_mib", "max_members"))
    debtors = _Section(raw, "debtors", ("number_ranges",))
    approval = _Section(raw, "approval", ("limit", "kinds"))
    differences = _Section(raw, "differences", ("under_item", "over_item", "under_year", "over_year"))
    payments = _Section(raw, "payments", ("folder",))
    return Settings(
        company=Company(
            name=company.text("name"),
            creditor_id=company.text("creditor_id").replace(" ", "").upper(),
            chart=_chart(company.text("chart", "SKR03"), base),
            mode=company.one_of("mode", MODES),
        ),
        database_url=_anchored(database.text("url"), base) or DEFAULT_DATABASE,
        sources=read_parts(raw, "sources", base),
        matching=Matching(
            policy=matching.file("policy", base),
            risk_per_mille=matching.number("risk_per_mille"),
            max_auto_minor=matching.amount("max_auto_amount"),
            risk_minor=matching.amount("risk_amount"),
            index=_index(matching, base),
            **matching.given("processes", lambda key: matching.whole(key, least=0)),
        ),
        dunning=Dunning(
            plans=dunning.file("plans", base),
            **dunning.given("stale_banking_days", lambda key: dunning.whole(key, least=0)),
            **dunning.given("ignored_accounts", dunning.accounts),
            **dunning.given("collection_days", lambda key: dunning.whole(key, least=0)),
            release=dunning.one_of("release", ("automatic", "person")),
            base_rates=dunning.file("base_rates", base),
        ),
        returns=Returns(
            bool(returns.text("policy")),
            None if returns.text("policy") == SHIPPED else returns.file("policy", base),
        ),
        sinks=read_parts(raw, "sinks", base),
        run=Run(**run.given("wait_seconds", run.number)),
        archive=Archive(
            **archive.given("max_file_mib", archive.whole),
            **archive.given("max_unpacked_mib", archive.whole),
            **archive.given("max_members", archive.whole),
        ),
        memory=Memory(key=memory.secret("key", base)),
        debtors=Debtors(parse_ranges(debtors.texts("number_ranges"), "debtors.number_ranges")),
        access=parse_access(raw.get("roles", {}), raw.get("users", {})),
        approval=ApprovalRules(approval.amount("limit"), frozenset(approval.texts("kinds"))),
        differences=Limits(
            **{f"{key}_minor": minor for key in differences.values if (minor := differences.amount(key)) is not None}
        ),
        payments=(base / Path(payments.text("folder", "payments")).expanduser()).absolute(),
        origin=path,
    )


def _index(matching: _Section, base: Path) -> str:
    place = matching.text("index", "auto")
    return place if place in ("auto", "off") else str(base / place)


class _Section:
    """One table of the file; every getter refuses a value of the wrong type by its full name."""

    def __init__(self, raw: Mapping[str, Any], name: str, known: tuple[str, ...]) -> None:
        values = raw.get(name, {})
        if not isinstance(values, dict):
            raise ConfigurationError(f"{name} must be a table: [{name}]")
        refuse_unknown(values, known, name)
        self.name = name
        self.values = values

    def _wrong(self, key: str, what: str) -> ConfigurationError:
        return ConfigurationError(f"{self.name}.{key} must be {what}")

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self._wrong(key, "a text")
        return value

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.text(key, choices[0])
        if value not in choices:
            raise self._wrong(key, " or ".join(f'"{choice}"' for choice in choices))
        return value

    def number(self, key: str) -> float | None:
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise self._wrong(key, "a number, 0 or more")
        return float(value)

    def whole(self, key: str, least: int = 1) -> int:
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self._wrong(key, f"a whole number, {least} or more")
        return value

    def accounts(self, key: str) -> tuple[str, ...]:
        """IBANs in electronic form."""
        value = self.values.get(key)
        if not isinstance(value, list) or not all(isinstance(account, str) and account for account in value):
            raise self._wrong(key, "a list of IBANs")
        return tuple(account.replace(" ", "").upper() for account in value)

    def amount(self, key: str) -> int | None:
        """Cents of EUR; written as a text so that no binary fraction gets in."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self._wrong(key, 'an amount in quotes such as "25000.00"')
        try:
            minor = parse_amount(value, "EUR")
            if minor >= 0:
                return minor
        except AmountError:
            pass
        raise self._wrong(key, 'an amount in quotes such as "25000.00", 0 or more')

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise self._wrong(key, "a list of texts")
        return tuple(value)

    def file(self, key: str, base: Path) -> Path | None:
        value = self.text(key)
        if not value:
            return None
        path = (base / Path(value).expanduser()).absolute()
        if not path.is_file():
            raise ConfigurationError(f"{self.name}.{key}: the file {path} does not exist")
        return path

    def secret(self, key: str, base: Path) -> Secret | None:
        """A secret by reference, None where the file names none."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._wrong(key, 'a reference such as { env = "NAME" }; a secret is never written into the file')
        return secret_from(value, f"{self.name}.{key}", base)

    def given(self, key: str, getter: Any) -> dict[str, Any]:
        """``{key: value}`` when the file says so, else nothing, so that the default stands in one place."""
        return {key: getter(key)} if key in self.values else {}


def _chart(value: str, base: Path) -> str:
    """A shipped chart by its name, or the absolute path of a file (anything that looks like one)."""
    if "." in value or "/" in value or "\\" in value:
        return str((base / Path(value).expanduser()).absolute())
    return value.upper()


def _anchored(url: str, base: Path) -> str:
    """A relative SQLite file is in the folder of the configuration file that names it."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url.startswith((prefix + "/", prefix + ":memory:")) or url == prefix:
        return url
    return prefix + str((base / url.removeprefix(prefix)).absolute())
