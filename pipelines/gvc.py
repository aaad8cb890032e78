"""The German booking codes (Geschäftsvorfallcodes, DK Anlage 3) and ISO bank transaction codes: what each is for us."""

from __future__ import annotations

from enum import StrEnum


class Group(StrEnum):
    """What a code says about a booking, before sign and text are looked at."""

    RECEIPT = "receipt"
    COLLECTION = "collection"
    RETURN_DEBIT = "return_debit"
    RETURN_TRANSFER = "return_transfer"
    OUR_RETURN = "our_return"  # a debit on our own account given back: never income
    OUTGOING = "outgoing"
    REVERSAL = "reversal"
    CHARGE = "charge"
    INTEREST = "interest"
    OWN_TRANSFER = "own_transfer"
    CARD_SETTLEMENT = "card_settlement"
    SUNDRY = "sundry"


def _table(*rows: tuple[Group, str]) -> dict[str, Group]:
    return {code: group for group, codes in rows for code in codes.split()}


GVC = _table(
    (Group.RECEIPT, "051 052 053 054 088 152 153 154 155 156 157 161 162 163 164 165 166 167 168 169 170 189 194 202"),
    (Group.COLLECTION, "071 171 174 192 196"),
    (Group.RETURN_DEBIT, "009 108 109 110 111"),
    (Group.RETURN_TRANSFER, "159 160"),
    (Group.OUR_RETURN, "181 182 183 184"),
    (
        Group.OUTGOING,
        "004 005 008 020 035 087 104 105 106 107 116 117 118 119 177 185 188 191 195 197 201",
    ),
    (Group.REVERSAL, "193 199 899"),
    (Group.CHARGE, "804 806 807 808 809 810 811 812"),
    (Group.INTEREST, "805 813 814 815 817"),
    (Group.OWN_TRANSFER, "820 833"),
    (Group.CARD_SETTLEMENT, "006 190 198"),
    (Group.SUNDRY, "082 083 112 122 203 204 205 818 819 834 835 836 837 888"),
)
# One booking, many payments: resolved from details or from our own collection file.
BATCH = frozenset(["072", "079", "185", "188", "189", "190", "191", "192", "194", "195", "196", "197", "198"])

# Codes the bank uses when it has nothing exact to say; texts may then speak.
VAGUE = frozenset(["", "000", "999", "079", "835", "888"])

_RETURN_SUBFAMILIES = frozenset(["UPDD", "PRDD", "RRTN", "UPCT", "UPCQ"])


def domain_group(domain: str) -> Group | None:
    """Group of an ISO code like ``PMNT-RCDT-ESCT``; None when it says nothing (``*``, ``PMNT--``, other domains)."""
    parts = domain.split("-")
    if len(parts) != 3:
        return None
    top, family, leaf = parts
    if leaf in _RETURN_SUBFAMILIES:
        if leaf == "RRTN":
            return Group.RETURN_TRANSFER
        return Group.OUR_RETURN if family.startswith("R") and family != "RCHQ" else Group.RETURN_DEBIT
    if leaf in ("RCDD", "PRCT"):
        return Group.REVERSAL
    if leaf in ("CHRG", "FEES", "COMM"):
        return Group.CHARGE
    if leaf == "INTR":
        return Group.INTEREST
    if leaf == "PSTE":
        return Group.REVERSAL
    if top == "CAMT" or leaf in ("ZABA", "SWEP", "TOPG", "BOOK"):
        return Group.OWN_TRANSFER
    if top != "PMNT":
        return None
    return _FAMILIES.get(family)


_FAMILIES = {
    "RCDT": Group.RECEIPT,
    "RRCT": Group.RECEIPT,
    "RCHQ": Group.RECEIPT,
    "IDDT": Group.COLLECTION,
    "ICDT": Group.OUTGOING,
    "IRCT": Group.OUTGOING,
    "RDDT": Group.OUTGOING,
    "ICHQ": Group.OUTGOING,
    "CCRD": Group.OUTGOING,
    "MCRD": Group.CARD_SETTLEMENT,
}
