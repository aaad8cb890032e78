"""Free money: where it lies, how much of it there is, and whose payment it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.entries import vat_share
from pipelines.errors import DecisionRefused
from pipelines.model.money import Money
from pipelines.model.receivable import ItemStatus
from pipelines.operations.effect import Ground
from pipelines.ports.operations import Pool

# Money that moves over accounts; cards and wallets have their own way back, with their own provider.
ACCOUNT_BASED = frozenset({"", "transfer", "direct_debit", "invoice", "prepayment", "standing_order", "cheque"})


@dataclass(frozen=True, slots=True)
class Source:
    """A place with free money. place: (invoice number, debtor number), "" for the account. pools: oldest first;
    together they may hold more than ``free_minor``, when an item is only overpaid."""

    place: tuple[str, str]
    currency: str
    free_minor: int
    pools: tuple[Pool, ...]

    def draw(self, amount_minor: int | None) -> list[tuple[Pool, int]]:
        """What each payment gives, the oldest first. Raises DecisionRefused for more than there is, and for nothing."""
        wanted = self.free_minor if amount_minor is None else amount_minor
        if wanted <= 0 or wanted > self.free_minor:
            free = Money(max(self.free_minor, 0), self.currency)
            where = f"Invoice {self.place[0]}" if self.place[0] else f"The account of debtor {self.place[1]}"
            raise DecisionRefused(f"{where} has {free} that could be used.")
        drawn = []
        for pool in self.pools:
            part = min(pool.minor, wanted)
            if part > 0:
                drawn.append((pool, part))
                wanted -= part
        if wanted:
            raise DecisionRefused("Part of this money is not ours to move any more; see the debtor's account.")
        return drawn


def source_of(ground: Ground, *, debtor: str = "", invoice: str = "") -> Source:
    """The free money of a debtor's account, or of an invoice that is cancelled or overpaid."""
    if bool(debtor) == bool(invoice):
        raise DecisionRefused("Name either a debtor or an invoice whose money it is.")
    if debtor:
        return _account(ground.work.operations.pools(debtor), debtor)
    item = ground.item(invoice)
    if item.status == ItemStatus.CANCELLED:
        pools = ground.work.operations.item_money(invoice)
        free = sum(pool.minor for pool in pools)
    else:
        free = max(-item.open_minor, 0)
        pools = ground.work.operations.item_money(invoice) if free else []
        if not free:
            raise DecisionRefused(
                f"Invoice {invoice} is neither cancelled nor overpaid: its money stays. Cancel it, or credit it first."
            )
    refuse_method(ground, invoice)
    return Source((invoice, item.debtor_number), item.currency, free, tuple(pools))


def refuse_method(ground: Ground, invoice: str) -> None:
    """Rebooking and refunds by transfer are for account-based methods only."""
    facts = ground.work.operations.facts([invoice]).get(invoice)
    if facts is not None and facts.payment_method not in ACCOUNT_BASED:
        raise DecisionRefused(
            f"Invoice {invoice} is paid by {facts.payment_method}: its money goes back through that provider, "
            "and none is moved to or from it here."
        )


def _account(pools: Sequence[Pool], debtor: str) -> Source:
    currencies = {pool.currency for pool in pools if pool.minor > 0}
    if not currencies:
        raise DecisionRefused(f"The account of debtor {debtor} has no credit.")
    currency = "EUR" if "EUR" in currencies else sorted(currencies)[0]
    here = tuple(pool for pool in pools if pool.currency == currency)
    return Source(("", debtor), currency, sum(pool.minor for pool in here), here)


def prepaid_part(ground: Ground, pool: Pool, amount_minor: int) -> tuple[str, int, int] | None:
    """(net account, net, VAT) of an advance payment that ends with this amount; None when it is none."""
    chart = ground.chart
    clearing = chart.accounts.get("prepayment_clearing")
    if not pool.transaction_id or not clearing:
        return None
    held = ground.work.operations.account_balance(pool.transaction_id, clearing)
    if held <= 0:
        return None
    ending = min(amount_minor, held)
    for rate, account in chart.by_rate["prepayment"].items():
        if ground.work.operations.account_balance(pool.transaction_id, account):
            vat = vat_share(held, rate) - vat_share(held - ending, rate)
            return account, ending - vat, vat
    account = chart.account("prepayment")
    net = -ground.work.operations.account_balance(pool.transaction_id, account)
    vat = (held - net) * ending // held
    return account, ending - vat, vat
