"""Runs the headlens program for tests, and says what every refusal must look like."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import tiny_models

USAGE, BAD_INPUT, UNSUPPORTED, RESOURCE, CANCELLED = 2, 3, 4, 5, 130
ROOT = Path(__file__).resolve().parents[2]


class Settings:
    """The program under test: the scripts' only argument."""

    binary = ""


def main():
    """The last line of every test script."""
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit(f"usage: {sys.argv[0]} HEADLENS-PROGRAM [unittest arguments]")
    Settings.binary = os.path.abspath(sys.argv.pop(1))
    unittest.main(module="__main__")


def real_model(name):
    """Whether a packaged model is in this user's cache."""
    cache = os.environ.get("HEADLENS_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "headlens")
    return os.path.isdir(os.path.join(cache, "models", name))


class CommandLineTest(unittest.TestCase):
    """A temporary folder with tiny models; the user's own caches are out of sight."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="headlens-cli-")
        cls.addClassCleanup(holder.cleanup)
        cls.folder = Path(holder.name)
        cls.gpt2 = tiny_models.make_gpt2(cls.folder / "gpt2")
        cls.bert = tiny_models.make_bert(cls.folder / "bert-masked", "bert_masked_lm")
        cls.encoder = tiny_models.make_bert(cls.folder / "encoder", "bert")
        cls.classifier = tiny_models.make_bert(cls.folder / "classifier", "bert_classification")

    def setUp(self):
        holder = tempfile.TemporaryDirectory(dir=self.folder)
        self.addCleanup(holder.cleanup)
        self.scratch = Path(holder.name)
        self.out = self.scratch / "out"

    @classmethod
    def environment(cls, **changes):
        names = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN",
                 "HF_TOKEN_PATH", "TRANSFORMERS_OFFLINE", "HF_HUB_OFFLINE")
        kept = {name: value for name, value in os.environ.items() if name not in names}
        return {**kept, "HEADLENS_CACHE": str(cls.folder / "cache"),
                "HF_HOME": str(cls.folder / "huggingface"), **changes}

    def start(self, *arguments, env=None, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("cwd", self.scratch)
        return subprocess.Popen([Settings.binary, *map(os.fsencode, map(str_or_path, arguments))],
                                stdin=subprocess.DEVNULL, env=env or self.environment(), **options)

    def run_program(self, *arguments, **options):
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=600)
        return subprocess.CompletedProcess(process.args, process.returncode, out or b"", err or b"")

    def succeed(self, *arguments, **options):
        """Runs and returns standard output as text; nothing may be on standard error."""
        done = self.run_program(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done.args)
        return done.stdout.decode("utf-8")

    def refuse(self, code, *arguments, says=(), **options):
        """Runs and expects one line on standard error, nothing else, and this exit code."""
        done = self.run_program(*arguments, **options)
        self.check_refusal(done, code, says)
        return done.stderr.decode("utf-8")

    def check_refusal(self, done, code, says=()):
        message = done.stderr.decode("utf-8")
        self.assertEqual(done.returncode, code, (done.args, message))
        self.assertTrue(message.startswith("headlens: "), message)
        self.assertEqual(message.count("\n"), 1, message)
        self.assertTrue(message.endswith("\n"), message)
        self.assertLess(len(message), 1200, message)
        self.assertEqual(done.stdout, b"", done.args)
        for words in [says] if isinstance(says, str) else says:
            self.assertIn(words, message)

    def run_with_kills(self, start, log, more_bytes):
        """Starts work over and over, and kills it whenever its log has grown by so much, until it
        ends by itself. Returns the number of kills."""
        kills, last_size = 0, -1
        for _ in range(200):
            process = start()
            deadline = time.monotonic() + 20
            while process.poll() is None and time.monotonic() < deadline:
                if log.exists() and log.stat().st_size > last_size + more_bytes:
                    last_size = log.stat().st_size
                    process.send_signal(signal.SIGKILL)
                    kills += 1
                    break
                time.sleep(0.001)
            process.communicate(timeout=60)
            if process.returncode == 0:
                return kills
        raise AssertionError("it never ended by itself")

    def files_in(self, folder):
        return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []

    def assert_nothing_written(self):
        self.assertFalse(self.out.exists(), "a refusal leaves no folder behind")


def str_or_path(argument):
    return argument if isinstance(argument, (str, bytes)) else str(argument)
