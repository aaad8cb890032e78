"""The configuration file: defaults, precedence, what is refused, and secrets that never show."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pipelines import config
from pipelines.errors import ConfigurationError
from pipelines.secret import Secret

FULL = """
[company]
name = "Muster Handels GmbH"
creditor_id = "DE98 ZZZ 09999999999"
chart = "skr04"
mode = "test"

[database]
url = "postgresql://host/books"

[[sources]]
name = "drop-folder"
use = "files"
path = "inbox"

[[sources]]
name = "all-accounts"
use = "finapi"
client_secret = { env = "FINAPI_CLIENT_SECRET" }
accounts = ["DE02120300000000202051"]
since = 2026-08-01
update = true

[matching]
policy = "policy.toml"
risk_per_mille = 0.5
max_auto_amount = "25000.00"

[dunning]
plans = "dunning.toml"
stale_banking_days = 2
ignored_accounts = ["DE02 1203 0000 0000 2020 51"]

[run]
wait_seconds = 5

[archive]
max_file_mib = 64

[[sinks]]
name = "dunning"
use = "webhook"
url = "https://hooks.example/dunning"
secret = { file = "webhook.key" }
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "kontoklar.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_every_key_has_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = config.load(environ={})
    assert settings == config.Settings()
    assert settings.database_url == "sqlite:///kontoklar.db"
    assert (settings.company.chart, settings.company.mode) == ("SKR03", "live")
    assert settings.run.wait_seconds == 30.0


def test_every_key_of_the_contract_is_read(tmp_path: Path) -> None:
    for name in ("policy.toml", "dunning.toml"):
        (tmp_path / name).write_text("")
    settings = config.load(write(tmp_path, FULL), environ={})
    assert settings.company == config.Company("Muster Handels GmbH", "DE98ZZZ09999999999", "SKR04", "test")
    assert settings.database_url == "postgresql://host/books"
    assert settings.sources[0] == config.Part("drop-folder", "files", {"path": str(tmp_path / "inbox")})
    assert settings.sources[1].options["client_secret"] == Secret("env", "FINAPI_CLIENT_SECRET")
    assert settings.sources[1].options["update"] is True
    assert settings.matching == config.Matching(tmp_path / "policy.toml", 0.5, 2_500_000)
    assert settings.dunning == config.Dunning(tmp_path / "dunning.toml", 2, ("DE02120300000000202051",), 5)
    assert settings.run.wait_seconds == 5.0
    assert (settings.archive.max_file_mib, settings.archive.max_members) == (64, 10_000)
    assert settings.sinks[0].options["secret"] == Secret("file", str(tmp_path / "webhook.key"))


def test_the_configuration_is_found_by_option_then_variable_then_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {name: tmp_path / name for name in ("option", "variable", "here")}
    for name, folder in folders.items():
        folder.mkdir()
        write(folder, f'[company]\nname = "{name}"\n')
    monkeypatch.chdir(folders["here"])
    variable = {"KONTOKLAR_CONFIG": str(folders["variable"] / "kontoklar.toml")}
    assert config.load(folders["option"] / "kontoklar.toml", environ=variable).company.name == "option"
    assert config.load(environ=variable).company.name == "variable"
    assert config.load(environ={}).company.name == "here"


def test_the_database_is_named_by_option_then_variable_then_file(tmp_path: Path) -> None:
    path = write(tmp_path, '[database]\nurl = "sqlite:///from-file.db"\n')
    variable = {"KONTOKLAR_DATABASE": "sqlite:///from-variable.db"}
    assert config.load(path, "sqlite:///from-option.db", environ=variable).database_url == "sqlite:///from-option.db"
    assert config.load(path, environ=variable).database_url == "sqlite:///from-variable.db"
    assert config.load(path, environ={}).database_url == f"sqlite:///{tmp_path}/from-file.db"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[compnay]\n", 'unknown key "compnay"; did you mean "company"?'),
        ('[company]\nnmae = "x"\n', 'unknown key "company.nmae"; did you mean "name"?'),
        (
            "[matching]\nzzz = 1\n",
            'unknown key "matching.zzz"; known are index, max_auto_amount, policy, processes, risk_amount, '
            "risk_per_mille",
        ),
        ('[company]\nmode = "prod"\n', 'company.mode must be "live" or "test"'),
        ("[company]\nname = 5\n", "company.name must be a text"),
        ("[matching]\nmax_auto_amount = 25000.0\n", "matching.max_auto_amount must be an amount in quotes"),
        ('[matching]\nmax_auto_amount = "1_000"\n', "matching.max_auto_amount must be an amount in quotes"),
        ("[matching]\nrisk_per_mille = nan\n", "matching.risk_per_mille must be a number"),
        ("[matching]\nrisk_per_mille = true\n", "matching.risk_per_mille must be a number"),
        ("[run]\nwait_seconds = -1\n", "run.wait_seconds must be a number, 0 or more"),
        ("[archive]\nmax_members = 0\n", "archive.max_members must be a whole number"),
        ("[dunning]\nstale_banking_days = -1\n", "dunning.stale_banking_days must be a whole number, 0 or more"),
        ('[dunning]\nignored_accounts = "DE02"\n', "dunning.ignored_accounts must be a list of IBANs"),
        ('[matching]\npolicy = "none.toml"\n', "matching.policy: the file"),
        ('[[sources]]\nname = "x"\n', "sources[1].use must name a module in sources/"),
        ('[[sources]]\nuse = "../etc"\n', "sources[1].use must name a module in sources/"),
        ('[[sinks]]\nuse = "file"\n[[sinks]]\nuse = "file"\n', 'sinks[2].name "file" is taken'),
        ('[[sinks]]\nuse = "webhook"\nsecret = { var = "X" }\n', "sinks[1].secret must be { env"),
        ('[[sinks]]\nuse = "webhook"\nsecret = { keyring = "X" }\n', 'sinks[1].secret.keyring must be "SERVICE/USER"'),
        ('company = "x"\n', "company must be a table"),
        ("sources = 1\n", "sources must be a list of tables"),
        ("[company\n", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_refused_by_name(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        config.load(write(tmp_path, text), environ={})
    assert expected in str(refused.value)


def test_a_named_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        config.load(tmp_path / "none.toml", environ={})


def test_a_database_that_is_no_url_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must be a URL"):
        config.load(None, "kontoklar.db", environ={})


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "kontoklar.toml"
    path.write_bytes(b'\xef\xbb\xbf[company]\nname = "x"\n')
    assert config.load(path, environ={}).company.name == "x"


def test_secrets_are_fetched_late_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("canary-in-file\n")
    raw = tomllib.loads('[[sinks]]\nuse = "webhook"\nsecret = { file = "key" }\ntoken = { env = "KK_TEST_TOKEN" }\n')
    settings = config.parse(raw, tmp_path / "kontoklar.toml")
    secret, token = settings.sinks[0].options["secret"], settings.sinks[0].options["token"]
    with pytest.raises(ConfigurationError, match="KK_TEST_TOKEN holds no secret"):
        token.reveal()
    monkeypatch.setenv("KK_TEST_TOKEN", "canary-in-env")
    assert (secret.reveal(), token.reveal()) == ("canary-in-file", "canary-in-env")
    for shown in (repr(settings), str(secret), f"{token}", f"{settings.sinks[0].options}"):
        assert "canary" not in shown


def test_an_absent_secret_file_and_keyring_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Secret("file", str(tmp_path / "none")).reveal()
    with pytest.raises(ConfigurationError, match="keyring"):
        Secret("keyring", "service/user").reveal()
