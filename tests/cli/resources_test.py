"""Folders that cannot be written, full disks, and a standard output that nobody reads."""

import ctypes
import os
import resource
import subprocess
import unittest

from program import RESOURCE, CommandLineTest, main

COMMANDS = (["run", "the"], ["attention", "the", "--layer", "0"], ["lens", "the"],
            ["report", "the"])


def give_up_root():
    """Before a program starts: without the powers of root over files, where it has them."""
    drop_from_bounding_set, powers = 24, (1, 2)  # PR_CAPBSET_DROP; CAP_DAC_OVERRIDE, _READ_SEARCH
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for power in powers:
            if libc.prctl(drop_from_bounding_set, power, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "root cannot give up its powers over files")


class Folders(CommandLineTest):
    def test_below_a_file(self):
        file = self.scratch / "file"
        file.write_text("mine", encoding="utf-8")
        for command in COMMANDS:
            self.refuse(RESOURCE, *command, "--model", self.gpt2, "--out", file / "out",
                        says=str(file))
            self.refuse(RESOURCE, *command, "--model", self.gpt2, "--out", file, says=str(file))
        self.assertEqual(file.read_text(encoding="utf-8"), "mine")

    @unittest.skipUnless(os.path.isdir("/proc"), "no /proc here")
    def test_in_proc(self):
        for command in COMMANDS:
            self.refuse(RESOURCE, *command, "--model", self.gpt2, "--out", "/proc/headlens",
                        says="/proc/headlens")

    def test_without_permission(self):
        self.out.mkdir(mode=0o500)
        for command in COMMANDS:
            self.refuse(RESOURCE, *command, "--model", self.gpt2, "--out", self.out,
                        says="cannot be written", preexec_fn=give_up_root)
        self.assertEqual(self.files_in(self.out), [])

    def test_a_folder_in_place_of_a_file(self):
        (self.out / "run.json").mkdir(parents=True)
        self.refuse(RESOURCE, "run", "the", "--model", self.gpt2, "--out", self.out,
                    says="run.json")
        self.assertEqual(self.files_in(self.out), ["run.json"])


def limit_file_size(limit):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


class FullDisk(CommandLineTest):
    def assert_only_whole_files(self, folder):
        self.assertFalse([name for name in self.files_in(folder) if ".partial" in name])

    def test_files_that_may_not_grow(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                self.refuse(RESOURCE, *command, "--model", self.gpt2, "--out", self.out,
                            says="cannot be written", preexec_fn=limit_file_size(64))
                self.assert_nothing_written()

    def test_a_report_that_fails_late(self):
        """Arrays fit, pictures or the page do not."""
        self.refuse(RESOURCE, "report", "the cat", "--model", self.gpt2, "--out", self.out,
                    says="cannot be written", preexec_fn=limit_file_size(4000))
        self.assert_only_whole_files(self.out)
        self.assertNotIn("report.json", self.files_in(self.out))

    def test_a_small_file_system(self):
        disk = self.scratch / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(disk)],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", str(disk)], check=True)
        for command in COMMANDS[1:]:
            with self.subTest(command=command):
                self.refuse(RESOURCE, *command, "--model", self.gpt2, "--out", disk / command[0],
                            says="No space left on device")
                self.assert_only_whole_files(disk)


class StandardOutput(CommandLineTest):
    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
    def test_full(self):
        for arguments in (["run", "the", "--json"], ["models"], ["lens", "the", "--top", "64"],
                          ["lens", "the cat", "--top", "64", "--all-positions", "--json"]):
            extra = [] if arguments[0] == "models" else ["--model", self.gpt2]
            with open("/dev/full", "wb") as full:
                self.refuse(RESOURCE, *arguments, *extra, stdout=full,
                            says="standard output cannot be written")

    def test_closed_early(self):
        for arguments in (["models"], ["run", "the", "--json", "--model", self.gpt2],
                          ["lens", "the", "--top", "64", "--model", self.gpt2],
                          ["lens", "the cat", "--all-positions", "--json", "--model", self.gpt2],
                          ["report", "the", "--out", self.out, "--model", self.gpt2]):
            with self.subTest(arguments=arguments):
                read, write = os.pipe()
                os.close(read)
                process = self.start(*arguments, stdout=write)
                os.close(write)
                _, err = process.communicate(timeout=600)
                self.assertEqual(process.returncode, 141, err)
                self.assertEqual(err, b"")
        self.assertIn("report.json", self.files_in(self.out))


if __name__ == "__main__":
    main()
