#!/usr/bin/env python3
"""Writes tests/goldens/learn/erasure.json: what LEACE leaves of the states beside it, by the authors' own
package, which must agree with the paper's formula in numpy, and null-space projections by scikit-learn.

    tools/make_erasure_goldens.py [OUT]

Needs concept-erasure 0.2.4 besides the peers (pip install --no-deps concept-erasure==0.2.4).
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from concept_erasure import LeaceFitter
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[1]
FEW = 9  # rows; fewer than columns
KEPT = 40  # rows of each golden


def one_hot(labels):
    return (labels[:, None] == np.unique(labels)).astype(np.float64)


def by_the_package(states, labels):
    """Without what the package adds to the paper: shrinkage, a bound on the trace, and leaving out small
    singular values."""
    x, z = torch.tensor(states, dtype=torch.float64), torch.tensor(one_hot(labels))
    fitter = LeaceFitter(x.shape[1], z.shape[1], dtype=torch.float64, shrinkage=False,
                         constrain_cov_trace=False, svd_tol=1e-8)
    return fitter.update(x, z).eraser(x).numpy()


def by_the_formula(states, labels):
    """x - W^+ P W (x - mean) in standardised columns, with roots by eigenvectors."""
    x = states.astype(np.float64)
    mean, scale = x.mean(0), x.std(0)
    y, z = (x - mean) / scale, one_hot(labels)
    z = z - z.mean(0)
    values, vectors = np.linalg.eigh(y.T @ y / len(y))
    kept = values > values[-1] * 1e-12
    root = np.sqrt(np.where(kept, values, 0))
    inverse = np.where(kept, 1 / np.where(kept, root, 1), 0)
    whiten, unwhiten = vectors * inverse @ vectors.T, vectors * root @ vectors.T
    u, s, _ = np.linalg.svd(whiten @ (y.T @ z / len(y)), full_matrices=False)
    u = u[:, s > s[0] * 1e-8]
    return x - (y @ whiten @ u @ u.T @ unwhiten) * scale


def erased(states, labels):
    package, formula = by_the_package(states, labels), by_the_formula(states, labels)
    assert (np.abs(package - formula) / np.abs(package).max(0)).max() < 1e-6
    return package[:KEPT].ravel().tolist()


def null_space_projection(states, labels, rounds):
    x = states.astype(np.float64)
    mean, d = x.mean(0), x.shape[1]
    basis, accuracies, rest = np.zeros((0, d)), [], x
    for _ in range(rounds):
        model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12, max_iter=500).fit(rest, labels)
        accuracies.append(float((model.predict(rest) == labels).mean()))
        # Scores of three classes or more sum to zero.
        _, s, v = np.linalg.svd(model.coef_, full_matrices=False)
        basis = np.vstack([basis, v[s > s[0] * 1e-6]])
        projection = np.linalg.pinv(basis) @ basis
        rest = x - (x - mean) @ projection
    return {"rank": len(basis), "accuracies": accuracies, "projection": projection.ravel().tolist()}


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    return float(f"{value:.10g}") if isinstance(value, float) else value


def main():
    folder = ROOT / "tests/goldens/learn"
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else folder
    known = json.loads((folder / "learn.json").read_text())["logistic"]
    states = {name: (np.load(folder / f"{name}.npy"), np.array(known[name]["labels"]))
              for name in ("overlapping", "binary", "hostile")}
    golden = {"leace": {name: erased(*pair) for name, pair in states.items()},
              "few_rows": FEW,
              "few": by_the_formula(*(part[:FEW] for part in states["overlapping"])).ravel().tolist(),
              "inlp": {name: null_space_projection(*states[name], 3) for name in ("overlapping", "binary")}}
    (out / "erasure.json").write_text(json.dumps(rounded(golden)).replace(', "', ',\n "') + "\n",
                                      encoding="utf-8")


if __name__ == "__main__":
    main()
