"""Generated frames kept as Parquet, so that a measurement of speed and memory starts from files, as a real run does.

``python -m benchmarks.matching.stored --mix trade --seed 3 --payments 100000 --items 1000000 DIR`` writes them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from benchmarks.matching.generator import collections_frame, generate, items_frame, receipts_frame

_NAMES = ("items", "collections", "receipts")


def stored(folder: Path, mix: str, seed: int, payments: int, items: int) -> dict[str, Path]:
    """Paths of ``items``, ``collections`` and ``receipts``; generated once per folder and parameters."""
    place = folder / f"{mix}-{seed}-{payments}x{items}"
    paths = {name: place / f"{name}.parquet" for name in _NAMES}
    if not all(path.exists() for path in paths.values()):
        place.mkdir(parents=True, exist_ok=True)
        case = generate(seed, payments, items, mix=mix)
        frames = (items_frame(case.world), collections_frame(case.world), receipts_frame(case.payments))
        for name, frame in zip(_NAMES, frames, strict=True):
            frame.to_parquet(paths[name], index=False)
    return paths


def load(paths: dict[str, Path]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The frames (items, collections, receipts) of ``stored``."""
    items, collections, receipts = (pd.read_parquet(paths[name]) for name in _NAMES)
    return items, collections, receipts


def main() -> None:
    """Write the frames of one case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mix", default="trade")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--payments", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    for name, path in stored(options.folder, options.mix, options.seed, options.payments, options.items).items():
        print(name, path)


if __name__ == "__main__":
    main()
