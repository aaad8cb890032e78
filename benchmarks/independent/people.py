"""People, firms and accounts that do not exist, and how a bank prints their names."""

from __future__ import annotations

import random

FIRST = (  # noqa: SIM905
    "Anna Bernd Carla Dieter Eva Frank Gisela Hans Ines Jörg Karin Lars Monika Norbert Olga Peter Renate "
    "Stefan Tanja Uwe Vera Wolfgang Yvonne Björn Käthe Jürgen Sabine Thomas Ute Günter Heike Ralf Petra Klaus "
    "Silke Mehmet Ayşe Piotr Agnieszka Luca Chiara Björn Sören"
).split()
LAST = (  # noqa: SIM905
    "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter "
    "Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause "
    "Meier Lehmann Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung "
    "Hahn Schubert Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke "
    "Albrecht Schuster Simon Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer "
    "Groß Seidel Heinrich Brandt Haas Schreiber Graf Schulte Dietrich Ziegler Kuhn Kühn Pohl Engel Horn Busch "
    "Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer Yılmaz Kowalski Nowak Rossi Özdemir Grünwald "
    "Tiefenthaler Obermoser Quandel Rübsam Strieder Utzinger Vielhauer"
).split()
TRADES = (  # noqa: SIM905
    "Elektrotechnik|Sanitär|Metallbau|Gartenbau|Logistik|Software|Bäckerei|Druckerei|Tiefbau|Holzhandel|Optik|Apotheke|Immobilien|Fahrzeugteile|Textilpflege|Verpackungen|Kältetechnik|Medizintechnik|Reinigung|Catering"
).split("|")
FORMS = ["GmbH", "GmbH & Co. KG", "KG", "e.K.", "AG", "OHG", "UG (haftungsbeschränkt)", "GbR"]


def iban(rng: random.Random, country: str = "DE") -> str:
    """A valid check digit, and a bank code that no bank has (German ones begin with 1 to 8)."""
    if country == "DE":
        bban = f"9{rng.randrange(10**7):07d}{rng.randrange(10**10):010d}"
    elif country == "AT":
        bban = f"99{rng.randrange(1000):03d}{rng.randrange(10**11):011d}"
    else:
        bban = f"ZZZZ{rng.randrange(10**10):010d}"
        country = "NL"
    digits = "".join(str(int(sign, 36)) for sign in bban + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{bban}"


def person(rng: random.Random) -> str:
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def firm(rng: random.Random) -> str:
    style = rng.random()
    if style < 0.5:
        return f"{rng.choice(LAST)} {rng.choice(TRADES)} {rng.choice(FORMS)}"
    if style < 0.75:
        return f"{rng.choice(LAST)} & {rng.choice(['Söhne', 'Partner', rng.choice(LAST), 'Co.'])} {rng.choice(FORMS)}"
    trade = rng.choice(TRADES)
    return f"{trade} {rng.choice(['Nord', 'am Markt', 'Rhein-Ruhr', 'Süd', '24', 'Plus'])} {rng.choice(FORMS)}"


def fold(text: str) -> str:
    """What the SEPA character set leaves of a German text."""
    for sign, plain in zip(
        "äöüÄÖÜßşıÖ&", ["ae", "oe", "ue", "AE", "OE", "UE", "ss", "s", "i", "OE", "+"], strict=False
    ):
        text = text.replace(sign, plain)
    return text


def as_printed(rng: random.Random, name: str, is_person: bool) -> str:
    """The holder of the account as the bank prints it: order, case, umlauts, second holder, shortened firms."""
    if is_person:
        given, family = name.split(" ", 1)
        style = rng.random()
        if style < 0.2:
            name = f"{family}, {given}"
        elif style < 0.28:
            name = f"{given} und {rng.choice(FIRST)} {family}"
        elif style < 0.33:
            name = f"Herr {name}" if rng.random() < 0.5 else f"Dr. {name}"
        elif style < 0.36:
            name = f"{given[0]}. {family}"
    else:
        style = rng.random()
        if style < 0.12:
            name = name.replace("GmbH & Co. KG", "GmbH & Co.KG").replace(" (haftungsbeschränkt)", "")
        elif style < 0.18:
            name = f"Firma {name}"
        elif style < 0.24:
            name = name.rsplit(" ", 1)[0]
    style = rng.random()
    if style < 0.35:
        return fold(name)
    if style < 0.6:
        return fold(name).upper()
    if style < 0.66:
        return "".join(sign if ord(sign) < 128 else "?" for sign in name)
    return name
