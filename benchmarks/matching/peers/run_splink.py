"""splink 5 with an amount gate, in its own environment: ``run_splink.py FOLDER OUT``.

Reads items.parquet and receipts.parquet of FOLDER, writes OUT (transaction_id, invoice_number, score) and prints one
JSON line (version, seconds, peak_mib). Numbers, customer number, account and name are compared with term frequencies;
weights are estimated without labels (random sampling for u, expectation maximisation for m), as splink recommends.
Only pairs whose amount is open, or open less the agreed discount, are looked at: without that gate precision is far
below any use.
"""
# ruff: noqa: S608 - the queries hold names of files and columns of this module only

from __future__ import annotations

import json
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path

import duckdb  # type: ignore[import-not-found]
import splink.comparison_level_library as cll  # type: ignore[import-not-found]
import splink.comparison_library as cl  # type: ignore[import-not-found]
from splink import DuckDBAPI, Linker, SettingsCreator

_LETTERS = "regexp_replace(upper(strip_accents({})), '[^A-Z0-9 ]', ' ', 'g')"
_TOKENS = (
    "list_transform(regexp_extract_all(upper({}), '[0-9A-Z][0-9A-Z/._-]*[0-9]'), "
    "x -> regexp_replace(x, '[^0-9A-Z]', '', 'g'))"
)
_BARE = "list_transform({}, x -> ltrim(regexp_replace(x, '^[A-Z]+', ''), '0'))"


def prepare(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Both sides in one shape: ids, amounts, lists of numbers, account, name in sorted words."""
    name = f"list_aggregate(list_sort(string_split(trim({_LETTERS}), ' ')), 'string_agg', ' ')"
    tokens = _TOKENS.format("remittance")
    connection.execute(f"""
        CREATE TABLE payments AS
        SELECT transaction_id AS unique_id, amount_minor AS gross, amount_minor AS net,
               list_distinct(list_concat({tokens}, {_BARE.format(tokens)})) AS numbers,
               list_distinct({tokens}) AS customers,
               nullif([counterparty_iban], ['']) AS ibans, {name.format("counterparty_name")} AS name,
               booking_date::DATE AS day
        FROM read_parquet('{folder / "receipts.parquet"}')""")
    number = "regexp_replace(upper(invoice_number), '[^0-9A-Z]', '', 'g')"
    connection.execute(f"""
        CREATE TABLE items AS
        SELECT invoice_number AS unique_id, open_minor AS gross,
               open_minor - coalesce((amount_minor * cash_discount_basis_points + 5000) // 10000, 0) AS net,
               list_distinct([{number}, ltrim(regexp_replace({number}, '^[A-Z]+', ''), '0')]) AS numbers,
               [debtor_number] AS customers,
               CASE WHEN debtor_ibans = '' THEN NULL ELSE string_split(debtor_ibans, '|') END AS ibans,
               {name.format("debtor_name")} AS name, issue_date::DATE AS day
        FROM read_parquet('{folder / "items.parquet"}') WHERE open_minor > 0 AND status = 'open'""")


def compare() -> list[object]:
    """What is compared, with explicit levels for what is absent."""
    missing = cll.CustomLevel("len(numbers_l) = 0 OR len(numbers_r) = 0")
    numbers = cl.CustomComparison(
        output_column_name="numbers",
        comparison_levels=[
            cll.Or(cll.NullLevel("numbers"), missing).configure(is_null_level=True),
            cll.ArrayIntersectLevel("numbers", min_intersection=1),
            cll.PairwiseStringDistanceFunctionLevel("numbers", "damerau_levenshtein", 1),
            cll.PairwiseStringDistanceFunctionLevel("numbers", "damerau_levenshtein", 2),
            cll.ElseLevel(),
        ],
    )
    lists = [
        cl.CustomComparison(
            output_column_name=column,
            comparison_levels=[
                cll.NullLevel(column),
                cll.ArrayIntersectLevel(column, min_intersection=1),
                cll.ElseLevel(),
            ],
        )
        for column in ("ibans", "customers")
    ]
    name = cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("name"),
            cll.ExactMatchLevel("name", term_frequency_adjustments=True),
            cll.JaroWinklerLevel("name", 0.95),
            cll.JaroWinklerLevel("name", 0.88),
            cll.ElseLevel(),
        ],
    )
    amount = cl.CustomComparison(
        output_column_name="gross",
        comparison_levels=[
            cll.NullLevel("gross"),
            cll.ExactMatchLevel("gross", term_frequency_adjustments=True),
            cll.ElseLevel(),
        ],
    )
    return [numbers, *lists, name, amount]


def main(folder: Path, out: Path) -> None:
    """Link, keep the single best item of each payment, write."""
    started = time.perf_counter()
    connection = duckdb.connect()
    # splink 5.0 still writes the old lambda arrow for its pairwise distances.
    connection.execute("SET lambda_syntax='ENABLE_SINGLE_ARROW'")
    prepare(connection, folder)
    api = DuckDBAPI(connection)
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=compare(),
        blocking_rules_to_generate_predictions=["l.gross = r.gross", "l.gross = r.net", "l.net = r.gross"],
        probability_two_random_records_match=1e-5,
        retain_matching_columns=False,
    )
    tables = [api.register(name, dataset_display_name=name) for name in ("payments", "items")]
    linker = Linker(tables, settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation("l.gross = r.gross", max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation("l.name = r.name", max_pairs=1e6)
    pairs = linker.inference.predict(threshold_match_weight=-5).physical_name
    connection.execute(f"""
        COPY (
            WITH both_ways AS (
                SELECT CASE WHEN source_dataset_l = 'payments' THEN unique_id_l ELSE unique_id_r END AS transaction_id,
                       CASE WHEN source_dataset_l = 'payments' THEN unique_id_r ELSE unique_id_l END AS invoice_number,
                       match_weight AS score
                FROM {pairs}
            ), ranked AS (
                SELECT *, row_number() OVER (PARTITION BY transaction_id ORDER BY score DESC) AS place,
                       lead(score) OVER (PARTITION BY transaction_id ORDER BY score DESC) AS second
                FROM both_ways
            )
            SELECT transaction_id, invoice_number, score FROM ranked
            WHERE place = 1 AND (second IS NULL OR score > second + 1)
        ) TO '{out}' (FORMAT parquet)""")
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"version": version("splink"), "seconds": seconds, "peak_mib": round(peak)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
