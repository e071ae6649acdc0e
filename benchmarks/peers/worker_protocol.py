"""The loop of a bench worker: one JSON request a line in, one JSON answer a line out (README.md)."""

import json
import re
import resource
import sys
import time
from pathlib import Path

import numpy as np


def reset_peak_memory():
    """Starts a new peak; where the kernel forbids it, the peak is that of the whole process."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def peak_memory_bytes():
    try:
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024
    except (OSError, AttributeError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def timed(work):
    """(seconds, peak bytes, what work() returned)."""
    reset_peak_memory()
    start = time.perf_counter()
    value = work()
    seconds = time.perf_counter() - start
    return seconds, peak_memory_bytes(), value


def save_arrays(folder, arrays):
    """One .npy a name; returns the folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array))
    return str(folder)


def answer(cases, request):
    """Runs one request. A case is prepare(args) -> (work, finish): work() is timed, and
    finish(value, wants_arrays) turns what it returned into (small results, arrays)."""
    name = request["case"]
    if name not in cases:
        return {"error": f"unknown case {name!r}; there are {', '.join(sorted(cases))}"}
    work, finish = cases[name](request.get("args", {}) | {"model": request.get("model")})
    seconds, peak, value = timed(work)
    result, arrays = finish(value, "save" in request)
    reply = {"seconds": seconds, "peak_rss_bytes": peak, "result": result}
    if "save" in request:
        reply["arrays"] = save_arrays(request["save"], arrays)
    return reply


def serve(cases):
    replies = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            reply = answer(cases, json.loads(line))
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=replies, flush=True)
