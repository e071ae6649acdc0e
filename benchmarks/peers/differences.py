"""How far two sides' saved arrays are apart."""

from pathlib import Path

import numpy as np


def load(folder):
    return {path.stem: np.load(path) for path in sorted(Path(folder).glob("*.npy"))}


def compare_ids(ours, peer, allowed_share):
    """Ranked ids: the share of rows (last axis) that are not identical."""
    share = float((ours != peer).any(axis=-1).mean())
    within = allowed_share is None or share <= allowed_share
    return {"kind": "rows that differ", "largest": share, "within": within}


def compare_values(ours, peer, tolerance):
    """Numbers: the largest and the mean absolute difference; within if |a - b| <= absolute + relative |b|.
    A number that is not finite is never within."""
    worst, total, within = 0.0, 0.0, True
    for a, b in zip(ours.reshape(len(ours), -1), peer.reshape(len(peer), -1)):
        gap = np.abs(a.astype(np.float64) - b)
        worst = float(np.maximum(worst, gap.max()))
        total += float(gap.sum())
        allowed = np.inf if tolerance is None else tolerance[0] + tolerance[1] * np.abs(b)
        within = within and bool(np.all(gap <= allowed)) and bool(np.isfinite(gap).all())
    return {"kind": "largest difference", "largest": worst, "mean": total / ours.size,
            "within": within}


def compare_array(ours, peer, tolerance):
    if ours.shape != peer.shape:
        return {"kind": f"shapes {list(ours.shape)} and {list(peer.shape)}", "largest": None,
                "within": False}
    if np.issubdtype(peer.dtype, np.integer):
        return compare_ids(ours, peer, tolerance)
    return compare_values(ours, peer, tolerance)


def compare_folders(ours, peer, tolerances):
    """One entry an array named in `tolerances` ([absolute, relative], a share, or null for any)."""
    left, right = load(ours), load(peer)
    found = {}
    for name, tolerance in tolerances.items():
        if name not in left or name not in right:
            side = "ours" if name not in left else "the peer's"
            found[name] = {"kind": f"missing in {side}", "largest": None, "within": False}
        else:
            found[name] = compare_array(left[name], right[name], tolerance)
    return found
