"""Ctrl-C: the shell's exit code, one line, and no half-written file."""

import os
import signal
import subprocess
import time
import unittest

from program import CANCELLED, CommandLineTest, main, real_model

MESSAGE = b"headlens: stopped on request; nothing was left half-written\n"


class Interruptions(CommandLineTest):
    def interrupt(self, delay, *arguments, env=None, number=signal.SIGINT):
        process = self.start(*arguments, "--out", self.out, env=env)
        try:
            time.sleep(delay)
            process.send_signal(number)
            out, err = process.communicate(timeout=120)
        except BaseException:
            process.kill()
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def assert_no_half_written_file(self):
        self.assertFalse([name for name in self.files_in(self.out) if ".partial" in name])

    def test_at_any_moment_of_a_short_run(self):
        """It was done already, or it stopped as it says, or it had not begun to listen."""
        codes = []
        for step in range(25):
            done = self.interrupt(step * 0.004, "report", "the cat sat", "--model", self.gpt2)
            codes.append(done.returncode)
            self.assertIn(done.returncode, (0, CANCELLED, -signal.SIGINT))
            if done.returncode == CANCELLED:
                self.assertEqual((done.stdout, done.stderr), (b"", MESSAGE))
            self.assert_no_half_written_file()

    @unittest.skipUnless(real_model("smollm2-135m"), "smollm2-135m is not in the cache: ./run models")
    def test_in_the_middle_of_a_long_run(self):
        prompt = " ".join(["The cat sat on the mat because it was comfortable."] * 150)
        environment = dict(os.environ)
        for command in (["report"], ["lens", "--all-positions"], ["attention"]):
            for number in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(command=command, number=number):
                    begin = time.monotonic()
                    done = self.interrupt(1.0, *command, prompt, "--model", "smollm2-135m",
                                          env=environment, number=number)
                    self.assertEqual((done.returncode, done.stdout, done.stderr),
                                     (CANCELLED, b"", MESSAGE))
                    self.assertLess(time.monotonic() - begin, 60)
                    self.assertEqual(self.files_in(self.out), [])


if __name__ == "__main__":
    main()
