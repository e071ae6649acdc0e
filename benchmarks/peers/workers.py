"""The processes that compare.py drives."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = {"transformers": "transformers_worker.py", "transformer_lens": "transformer_lens_worker.py"}


class WorkerError(Exception):
    """A worker ended, or answered with an error."""


def environment(threads):
    counts = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return os.environ | counts | {
        "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "TQDM_DISABLE": "1"}


class Worker:
    """A worker process that has loaded its model."""

    def __init__(self, command, model, threads):
        self.name = Path(command[-1]).name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=environment(threads))
        self.setup = self.ask({"case": "setup", "model": str(model), "args": {"threads": threads}})

    def ask(self, request):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise WorkerError(f"{self.name} ended while running {request['case']}")
        reply = json.loads(line)
        if "error" in reply:
            raise WorkerError(f"{self.name}: {reply['error']}")
        return reply

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Workers:
    """Starts workers when they are first needed."""

    def __init__(self, ours, gguf, directory, threads):
        self.ours, self.gguf, self.directory, self.threads = ours, gguf, directory, threads
        self.running = {}

    def get(self, name, folder=None):
        """A worker with the plan's model, or with the one in a folder."""
        if (name, folder) not in self.running:
            if name == "ours":
                command, model = [str(self.ours)], folder or self.gguf
            else:
                command, model = [sys.executable, str(HERE / PEERS[name])], folder or self.directory
            self.running[name, folder] = Worker(command, model, self.threads)
        return self.running[name, folder]

    def forget(self, name, folder=None):
        """Drops a worker, so that the next case starts it afresh."""
        worker = self.running.pop((name, folder), None)
        if worker:
            worker.close()

    def close(self):
        for name, folder in list(self.running):
            self.forget(name, folder)


def run_process(command, threads):
    """Runs a whole program; the answer has the form of a worker's."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=environment(threads))
    errors = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        last = (errors.strip().splitlines() or ["no message"])[-1]
        raise WorkerError(f"{Path(command[0]).name} ended with {process.returncode}: {last}")
    return {"seconds": seconds, "peak_rss_bytes": usage.ru_maxrss * 1024, "result": {}}
