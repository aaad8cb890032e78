"""Word lists for customers and payees. Every name is made up."""

from __future__ import annotations

BUSINESSES = (
    "Bäckerei Sonnenschein GmbH", "Möbelhaus Grünwald KG", "Autohaus Lindner GmbH & Co. KG", "Schreinerei Jäger",
    "Hotel Seeblick Betriebs GmbH", "Weingut Rosenhof", "Druckerei Stein & Söhne OHG", "Fahrradladen Speiche e.K.",
    "Praxis Dr. Vogel", "Gartenbau Blüte GmbH", "Spedition Nordstern AG", "Elektro Funke GmbH", "Café Morgenrot UG",
    "Metallbau Krüger GmbH", "Optik Klarsicht GmbH", "Sanitär Wellmann", "Buchhandlung Seitenweise e.K.",
    "Immobilien Hausmann GmbH", "Steuerkanzlei Zahlreich PartG", "Malerbetrieb Farbenfroh GmbH", "Reisebüro Fernweh KG",
    "Apotheke am Markt", "Fleischerei Rustikal GmbH", "Dachdecker Ziegelmeier", "Kindergarten Sternschnuppe e.V.",
    "Werbeagentur Lautstark GmbH", "Zimmerei Holzhauer GmbH", "Textilhaus Fadenlauf AG", "Catering Löffelstiel UG",
    "Architekturbüro Winkel", "Fitnessstudio Puls GmbH", "Kosmetik Rosenrot", "Tierarztpraxis Pfote",
    "Goldschmiede Karat e.K.", "Logistik Pfeilschnell GmbH", "Softwarehaus Bitfabrik AG", "Feinkost Gaumenfreund KG",
    "Musikschule Notenschlüssel", "Wäscherei Blitzweiß GmbH", "Maschinenbau Zahnrad GmbH",
    "Solartechnik Lichtblick GmbH",
    "Hausverwaltung Schlüssel GmbH", "Brauerei Hopfenthal KG", "Blumen Veilchen", "Pension Bergblick",
    "Stadtwerke Musterstadt GmbH", "Gemeinde Neudorf", "Fahrschule Vorfahrt", "Landhandel Kornblume eG",
    "Papierfabrik Weißblatt AG", "Eventtechnik Lampenfieber GmbH", "Pflegedienst Abendsonne gGmbH",
    "Küchenstudio Herdwerk", "Schlosserei Amboss", "Baustoffe Kieselmann GmbH",
)  # fmt: skip

FIRST_NAMES = (
    "Anna", "Bernd", "Clara", "Dieter", "Elif", "Frank", "Greta", "Heiko", "Inge", "Jonas", "Katrin", "Lukas",
    "Miriam", "Nils", "Olga", "Peter", "Renate", "Stefan", "Tanja", "Uwe", "Vera", "Wolfgang", "Yasmin", "Zoltan",
)  # fmt: skip

LAST_NAMES = (
    "Ahrens", "Böhm", "Clausen", "Dörr", "Engelhardt", "Fuchs", "Göbel", "Hübner", "Ivanova", "Jung", "Köhler",
    "Lehmann", "Möller", "Neumann", "Öztürk", "Petersen", "Quandt", "Röder", "Schäfer", "Thiele", "Ullrich", "Voß",
    "Weiß", "Yildiz", "Zeller",
)  # fmt: skip

# Existing bank codes, so that the IBANs built from them are valid in form.
BANK_CODES = ("12030000", "37040044", "50010517", "10050000", "70150000", "20041133", "76030080", "60050101")


def iban(bank_code: str, account: int) -> str:
    """A German IBAN with correct check digits (ISO 13616, mod 97)."""
    bban = f"{bank_code}{account:010d}"
    check = 98 - int(bban + "131400") % 97
    return f"DE{check:02d}{bban}"


def creditor_reference(core: str) -> str:
    """An ISO 11649 reference with correct check digits over ``core`` (letters and digits)."""
    digits = "".join(str(int(sign, 36)) for sign in core + "RF00")
    return f"RF{98 - int(digits) % 97:02d}{core}"
