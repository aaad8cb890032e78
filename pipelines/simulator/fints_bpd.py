"""Bank and user parameter data: what the rehearsal bank can do, and which accounts a login may see."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from fints.formals import (
    KTI1,
    KTZ1,
    Account2,
    Account3,
    AllowedFormat,
    Amount1,
    Balance1,
    Balance2,
    BankIdentifier,
    CreditDebit2,
    DescriptionRequired,
    GetSEPAAccountParameter1,
    InitializationMode,
    Language2,
    ParameterPinTan,
    ParameterTwostepTAN6,
    ParameterTwostepTAN7,
    PrincipalAccountRequired,
    SMSChargeAccountRequired,
    SupportedHBCIVersions2,
    SupportedLanguages2,
    TANTimeDialogAssociation,
    TaskHashAlgorithm,
    TransactionsTimeParameter1,
    TransactionTanRequired,
    TwoStepParameters6,
    TwoStepParameters7,
    UPDUsage,
)
from fints.segments.accounts import HISPA1, HISPAS1
from fints.segments.auth import HIPINS1, HITANS6, HITANS7
from fints.segments.bank import HIBPA3, HIUPA4
from fints.segments.saldo import HISAL5, HISAL6, HISAL7
from fints.segments.statement import HICAZS1

from pipelines.simulator.fints_tan import TECHNIQUES
from pipelines.simulator.fints_wire import plain_segment
from pipelines.simulator.world import BankAccount, Login, TanMethod, World

BPD_VERSION = 17
UPD_VERSION = 4
CAMT_FORMAT = "urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"
# Orders that need a TAN unless the login's consent is fresh.
WITH_TAN = ("HKIDN", "HKKAZ", "HKCAZ", "HKSAL", "HKSPA")
_ALLOWED = ("HKSAK", "HKSPA", "HKSAL", "HKKAZ", "HKCAZ", "HKTAN", "HKTAB")
# Of a decoupled confirmation: how often to ask at most, seconds before the first and before each further time.
POLLS, FIRST_WAIT, NEXT_WAIT = 20, 1, 1


def bank_parameters(
    bank_code: str,
    name: str,
    methods: Sequence[TanMethod],
    *,
    camt: bool,
    mt940: bool,
    versions: Sequence[int],
    days: int,
    one_step: bool,
    waits: tuple[int, int, int] = (POLLS, FIRST_WAIT, NEXT_WAIT),
) -> list[Any]:
    """The BPD. days: how far back statements are kept. one_step: the bank knows method 999 only."""
    common = (1, 1, 1)
    found: list[Any] = [
        HIBPA3(
            BPD_VERSION,
            BankIdentifier("280", bank_code),
            name,
            5,
            SupportedLanguages2([Language2.DE]),
            SupportedHBCIVersions2(["300"]),
        ),
        HIPINS1(
            *common,
            ParameterPinTan(
                5, 20, 6, "Anmeldename", "",
                [TransactionTanRequired(order, not one_step) for order in WITH_TAN if order != "HKIDN"],
            ),
        ),
        HISPAS1(*common, GetSEPAAccountParameter1(True, False, True, ["sepade.pain.001.001.09.xsd"])),
        *(plain_segment("HISALS", version, "1", "1", "1") for version in versions),
        plain_segment("HITABS", 4, "1", "1", "1"),
    ]  # fmt: skip
    if camt:
        found.append(HICAZS1(*common, TransactionsTimeParameter1(days, False, False, [CAMT_FORMAT])))
    if mt940:
        found += [plain_segment("HIKAZS", version, "1", "1", "1", [str(days), "N", "N"]) for version in versions]
    if not one_step:
        found += _tan_parameters(methods, waits)
    return found


def _tan_parameters(methods: Sequence[TanMethod], waits: tuple[int, int, int]) -> list[Any]:
    six = [_method(one) for one in methods if TECHNIQUES[one.kind].version == 6]
    seven = [_method(one, waits) for one in methods if TECHNIQUES[one.kind].version == 7]
    found: list[Any] = []
    if six:
        parameters = ParameterTwostepTAN6(False, False, TaskHashAlgorithm.NONE, six)
        found.append(HITANS6(1, 1, 1, parameters))
    if seven:
        parameters = ParameterTwostepTAN7(False, False, TaskHashAlgorithm.NONE, seven)
        found.append(HITANS7(1, 1, 1, parameters))
    return found


def _method(method: TanMethod, waits: tuple[int, int, int] | None = None) -> Any:
    technique = TECHNIQUES[method.kind]
    several = len(method.media) > 1
    common = {
        "security_function": method.code,
        "tan_process": "2",
        "tech_id": technique.technical,
        "zka_id": technique.dk_name,
        "zka_version": technique.dk_version,
        "name": method.name,
        "max_length_input": 6,
        "allowed_format": AllowedFormat.NUMERIC,
        "text_return_value": "TAN",
        "max_length_return_value": 999,
        "multiple_tans_allowed": False,
        "tan_time_dialog_association": TANTimeDialogAssociation.NOT_ALLOWED,
        "cancel_allowed": False,
        "sms_charge_account_required": SMSChargeAccountRequired.MUST_NOT,
        "principal_account_required": PrincipalAccountRequired.MUST_NOT,
        "challenge_class_required": False,
        "challenge_structured": False,
        "initialization_mode": InitializationMode.CLEARTEXT_PIN_NO_TAN,
        "description_required": DescriptionRequired.MUST if several else DescriptionRequired.MUST_NOT,
        "response_hhd_uc_required": False,
        "supported_media_number": max(1, len(method.media)),
    }
    if waits is None:
        return TwoStepParameters6(**common)
    polls, first, following = waits
    return TwoStepParameters7(
        **common,
        decoupled_max_poll_number=polls,
        wait_before_first_poll=first,
        wait_before_next_poll=following,
        manual_confirmation_allowed=False,
        automated_polling_allowed=True,
    )


def user_parameters(world: World, login: Login) -> list[Any]:
    """The UPD: the login and its accounts."""
    found: list[Any] = [HIUPA4(login.user, UPD_VERSION, UPDUsage.UPD_CONCLUSIVE)]
    for iban in login.accounts:
        account = world.account(iban)
        # Written out: the library's own segment always carries 999 orders, nearly all of them empty.
        place = [account.number, None, "280", account.bank_code]
        orders = [[order, "1"] for order in _ALLOWED]
        head = [place, account.iban, login.user, "1", account.currency, account.holder[:27], None, account.product[:30]]
        found.append(plain_segment("HIUPD", 6, *head, None, *orders))
    return found


def sepa_accounts(world: World, login: Login) -> Any:
    """The answer to HKSPA."""
    accounts = [world.account(iban) for iban in login.accounts]
    return HISPA1(
        accounts=[
            KTZ1(True, one.iban, one.bic, one.number, "", BankIdentifier("280", one.bank_code)) for one in accounts
        ]
    )


def balance(world: World, account: BankAccount, version: int) -> Any:
    """The answer to HKSAL: the booked balance of the bank's today. Version 7 names the account by its IBAN."""
    minor = world.balance(account.iban)
    # Two decimals always: the library's writer cuts the zeros off a whole number.
    amount = Decimal(abs(minor)).scaleb(-2)
    side = CreditDebit2.CREDIT if minor >= 0 else CreditDebit2.DEBIT
    product, currency, day = account.product[:30], account.currency, world.today
    bank = BankIdentifier("280", account.bank_code)
    if version == 5:
        national = Account2(account.number, None, "280", account.bank_code)
        return HISAL5(national, product, currency, Balance1(side, amount, currency, day))
    stated = Balance2(side, Amount1(amount, currency), day)
    if version == 6:
        return HISAL6(Account3(account.number, None, bank), product, currency, stated)
    return HISAL7(KTI1(iban=account.iban, bic=account.bic), product, currency, stated)
