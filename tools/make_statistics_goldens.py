#!/usr/bin/env python3
"""Writes tests/goldens/statistics/statistics.json from scipy: exact sign-flip tests, adjusted
p-values, bootstrap intervals and effect sizes of a few samples.

    tools/make_statistics_goldens.py [OUT]

Holm's adjustment, which scipy has not, is written down from its definition over all subsets.
"""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
from scipy import stats

ROOT = Path(__file__).resolve().parents[1]


def samples():
    random = np.random.default_rng(5)
    shifts = np.array([0.0, 0.3, -0.8, 0.0, 1.5])
    return random.normal(shifts, [1.0, 0.5, 1.0, 0.01, 2.0], size=(12, 5)).round(6)


def exact_sign_flip(column):
    return stats.permutation_test((column,), np.mean, permutation_type="samples",
                                  n_resamples=np.inf, alternative="two-sided").pvalue


def holm_by_closure(p):
    """The closed test of Bonferroni tests is Holm's: p adjusted is the largest Bonferroni p of any
    subset that holds the hypothesis."""
    n = len(p)
    adjusted = [0.0] * n
    for size in range(1, n + 1):
        for subset in itertools.combinations(range(n), size):
            bonferroni = min(1.0, size * min(p[i] for i in subset))
            for i in subset:
                adjusted[i] = max(adjusted[i], bonferroni)
    return adjusted


def bootstrap(column):
    result = stats.bootstrap((column,), np.mean, n_resamples=200_000, method="percentile",
                             rng=np.random.default_rng(1))
    return [result.confidence_interval.low, result.confidence_interval.high]


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/goldens/statistics"
    out.mkdir(parents=True, exist_ok=True)
    effects = samples()
    p = [0.001, 0.2, 0.04, 0.04, 0.9, 0.012, 0.5]
    golden = {
        "effects": effects.tolist(),
        "sign_flip": [exact_sign_flip(column) for column in effects.T],
        "bootstrap": [bootstrap(column) for column in effects.T],
        "mean": effects.mean(axis=0).tolist(),
        "cohen_d": (effects.mean(axis=0) / effects.std(axis=0, ddof=1)).tolist(),
        "spearman": [stats.spearmanr(effects[:, 0].round(0), column.round(2)).statistic
                     for column in effects.T],
        "p_values": p,
        "holm": holm_by_closure(p),
        "benjamini_hochberg": stats.false_discovery_control(p, method="bh").tolist(),
    }
    (out / "statistics.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
