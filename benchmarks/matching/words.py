"""Names, trades, towns and phrases from which the generator makes a believable company's customers and their texts."""

from __future__ import annotations


def _list(text: str) -> list[str]:
    return text.split()


FIRST = _list(
    "Anna Peter Julia Michael Sabine Thomas Katrin Andreas Petra Stefan Monika Christian Claudia Markus Susanne Frank "
    "Birgit Jürgen Heike Klaus Martina Uwe Renate Jörg Angelika Ralf Gabriele Bernd Ursula Günter Karin Dieter Lena "
    "Lukas Marie Jonas Laura Felix Sarah Tim Emma Paul Mia Leon Hannah Jan Sophie Max Nina Björn Özlem Mehmet Zoë Søren"
)
SURNAMES = _list(
    "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein "
    "Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Meier Lehmann "
    "Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel "
    "Friedrich "
    "Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon Ludwig Böhm Winter "
    "Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich Brandt Haas "
    "Schreiber Graf Dietrich"
)
STEMS = _list(
    "Linden Eichen Rosen Hohen Nieder Ober Alten Neuen Stein Wald Berg Tal Brunn Kirch Mühl Sand Roten Weissen Grün "
    "Lauter Hagen Wolfs Bären Hirsch Falken Adler Sonnen Mond Stern Winter Sommer Königs Herzogs Grafen Bischofs Erlen"
)
ENDINGS = _list(
    "mann bauer berger hofer müller thaler brunner feld bach stein wald huber maier meister reuter hauser kamp horst "
    "inger ström dorfer egger leitner rieder kötter"
)
TRADES = _list(
    "Maschinenbau Haustechnik Elektrotechnik Logistik Spedition Metallbau Holzbau Bürobedarf Medizintechnik Software "
    "Gebäudereinigung Gartenbau Sanitär Autohaus Bäckerei Druckerei Werkzeugbau Kunststofftechnik Lebensmittel Hotel "
    "Ingenieurbüro Architekten Apotheke Immobilien Hausverwaltung Catering Textil Verpackungen Fördertechnik Optik"
)
TOWNS = _list(
    "Köln Berlin Hamburg München Lübeck Nürnberg Düsseldorf Göttingen Münster Freiburg Kassel Jena Ulm Trier Würzburg "
    "Bremen Erfurt Dresden Leipzig Aachen Bonn Mainz Kiel Rostock Bamberg Görlitz Tübingen Fürth Gießen Paderborn"
)
FORMS = ("GmbH", "GmbH & Co. KG", "AG", "KG", "e.K.", "OHG", "UG (haftungsbeschränkt)", "GbR", "mbH")

THANKS = (
    "Danke", "Rechnung", "", "Zahlung", "Vielen Dank", "Überweisung", "Rechnung wie besprochen", "offene Rechnung",
    "Ihre Lieferung", "Rechnungsbetrag", "Online-Überweisung", "lt. Rechnung", "Begleichung",
)  # fmt: skip
FOREIGN = (
    "Gehalt 11/2026", "Miete November", "Dividende 2025 WKN {wkn}", "Lohn/Gehalt Pers.Nr. {five}", "Zinsen Q3",
    "Versicherungsleistung Schaden-Nr. {nine}", "Spende", "Kaution Wohnung {two}", "Umbuchung",
    "Steuererstattung {nine}", "Beihilfe Az. {five}/26", "Privatentnahme", "Strom Abschlag Vertragskonto {nine}",
    "Bonus 2025", "Flohmarkt",
)  # fmt: skip
