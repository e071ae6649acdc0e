"""What the commands write and print: the forms that scripts rely on."""

import ast
import json
import math
import re
import struct

import schema
from program import CommandLineTest, Settings, main

PROMPT = "the cat sat"
PICTURES = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<?xml", "pdf": b"%PDF-"}


def read_npy(path):
    """(header, numbers) of a float32 .npy file."""
    data = path.read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    size = struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10:10 + size].decode("latin-1"))
    numbers = data[10 + size:]
    return header, struct.unpack(f"<{len(numbers) // 4}f", numbers)


def read_safetensors(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + size]), data[8 + size:]


class Results(CommandLineTest):
    def json_of(self, *arguments, **options):
        """The JSON on standard output: nothing else may be there."""
        value = json.loads(self.succeed(*arguments, "--json", **options))
        schema.check(value)
        return value

    def check_provenance(self, result, model, command):
        origin = result["provenance"]
        self.assertRegex(origin["model_sha256"], "^[0-9a-f]{64}$")
        self.assertEqual(origin["model_path"], str(model))
        self.assertEqual(origin["precision"], "f32")
        self.assertEqual(origin["token_ids"], result["token_ids"])
        self.assertEqual(origin["bos"], result["prompt"]["bos"])
        version = self.succeed("--version").strip()
        self.assertEqual(origin["headlens_version"], version)
        self.assertTrue(origin["command_line"].startswith(f"headlens {command} "))
        self.assertRegex(origin["created_utc"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def check_distribution(self, top, count):
        self.assertEqual(len(top), count)
        probabilities = [entry["probability"] for entry in top]
        self.assertEqual(probabilities, sorted(probabilities, reverse=True))
        self.assertEqual(len({entry["id"] for entry in top}), count)

    def test_run(self):
        result = self.json_of("run", PROMPT, "--model", self.gpt2, "--top", "64")
        self.check_provenance(result, self.gpt2, "run")
        self.assertEqual("".join(result["tokens"]), PROMPT)
        self.assertEqual(len(result["token_ids"]), len(result["tokens"]))
        self.check_distribution(result["top"], 64)
        self.assertAlmostEqual(sum(entry["probability"] for entry in result["top"]), 1, places=5)
        self.assertEqual(result["position"], len(result["tokens"]) - 1)
        self.assertEqual(result["prompt"]["bos"], "none")

    def test_run_of_a_masked_model(self):
        result = self.json_of("run", "the cat [MASK] on the mat", "--model", self.bert)
        self.assertEqual(result["tokens"][0], "[CLS]")
        self.assertEqual(result["prompt"]["bos"], "[CLS]")
        self.assertEqual(result["tokens"][result["position"]], "[MASK]")
        plain = self.json_of("run", "the [MASK]", "--model", self.bert, "--no-special-tokens")
        self.assertEqual(plain["tokens"], ["the", "[MASK]"])
        self.assertEqual(plain["prompt"]["bos"], "none")

    def test_run_of_a_classifier(self):
        result = self.json_of("run", "the cat sat", "--model", self.classifier)
        self.assertEqual(len(result["classes"]), 3)
        self.assertAlmostEqual(sum(entry["probability"] for entry in result["classes"]), 1,
                               places=5)

    def test_run_writes_files(self):
        shown = self.succeed("run", PROMPT, "--model", self.gpt2, "--json", "--out", self.out)
        self.assertEqual(self.files_in(self.out), ["run.csv", "run.json"])
        self.assertEqual((self.out / "run.json").read_text(encoding="utf-8"), shown)

    def test_attention_arrays(self):
        result = self.json_of("attention", PROMPT, "--model", self.gpt2, "--out", self.out)
        self.check_provenance(result, self.gpt2, "attention")
        self.assertEqual(self.files_in(self.out),
                         ["attention.json", "attention.npy", "attention.safetensors"])
        n = len(result["token_ids"])
        header, numbers = read_npy(self.out / "attention.npy")
        self.assertEqual(header, {"descr": "<f4", "fortran_order": False, "shape": (2, 3, n, n)})
        self.assertEqual(result["shape"], [2, 3, n, n])
        for row in range(0, len(numbers), n):
            self.assertAlmostEqual(sum(numbers[row:row + n]), 1, places=5)
            query = row // n % n
            self.assertEqual(set(numbers[row + query + 1:row + n]) - {0.0}, set())
        described, stored = read_safetensors(self.out / "attention.safetensors")
        self.assertEqual(described["attention"]["shape"], [2, 3, n, n])
        self.assertEqual(struct.unpack(f"<{len(stored) // 4}f", stored), numbers)
        self.assertEqual(json.loads((self.out / "attention.json").read_text(encoding="utf-8")),
                         result)

    def test_attention_of_some_layers(self):
        self.json_of("attention", PROMPT, "--model", self.gpt2, "--out", self.out)
        all_layers = read_npy(self.out / "attention.npy")[1]
        one = self.json_of("attention", PROMPT, "--model", self.gpt2, "--layers", "1", "--out",
                           self.scratch / "one")
        self.assertEqual(one["layers"], [1])
        numbers = read_npy(self.scratch / "one" / "attention.npy")[1]
        self.assertEqual(numbers, all_layers[len(all_layers) // 2:])
        twice = self.json_of("attention", PROMPT, "--model", self.gpt2, "--layers", "1,1", "--out",
                             self.scratch / "twice")
        self.assertEqual(twice["layers"], [1])
        self.assertEqual(read_npy(self.scratch / "twice" / "attention.npy")[1], numbers)

    def test_attention_from_to(self):
        shown = self.succeed("attention", PROMPT, "--model", self.gpt2, "--from", "t", "--to",
                             "the", "--threshold", "0.05")
        self.assertRegex(shown, r"\d+ heads? attends? from 't'|\d+ heads attend from 't'")
        weights = [float(line.split()[1]) for line in shown.splitlines()
                   if re.match(r"  L\dH\d  ", line)]
        self.assertTrue(weights)
        self.assertEqual(weights, sorted(weights, reverse=True))

    def test_attention_pictures(self):
        for form, magic in PICTURES.items():
            for head in ([], ["--head", "2"]):
                with self.subTest(form=form, head=head):
                    self.succeed("attention", PROMPT, "--model", self.gpt2, "--layer", "1", *head,
                                 "--format", form, "--out", self.out)
                    name = f"attention_L1{'_H2' if head else ''}.{form}"
                    self.assertTrue((self.out / name).read_bytes().startswith(magic), name)

    def test_lens(self):
        result = self.json_of("lens", PROMPT, "--model", self.gpt2, "--top", "7")
        self.check_provenance(result, self.gpt2, "lens")
        self.assertEqual([layer["layer"] for layer in result["layers"]], [0, 1, 2])
        for layer in result["layers"]:
            self.check_distribution(layer["top"], 7)
            self.assertGreaterEqual(layer["kl_to_final_nats"], 0)
            self.assertLessEqual(layer["entropy_nats"], math.log(64) + 1e-6)
        output = self.json_of("run", PROMPT, "--model", self.gpt2, "--top", "7")
        for lens, run in zip(result["layers"][-1]["top"], output["top"]):
            self.assertEqual(lens["id"], run["id"])
            self.assertAlmostEqual(lens["probability"], run["probability"], places=6)

    def test_lens_positions(self):
        result = self.json_of("lens", PROMPT, "--model", self.gpt2, "--position", "0,-1")
        n = len(result["token_ids"])
        self.assertEqual([entry["position"] for entry in result["positions"]], [0, n - 1])
        self.assertEqual(result["layers"], result["positions"][-1]["layers"])
        every = self.json_of("lens", PROMPT, "--model", self.gpt2, "--all-positions")
        self.assertEqual(len(every["positions"]), n)
        self.assertEqual(every["positions"][0]["layers"], result["positions"][0]["layers"])

    def test_lens_choices(self):
        plain = self.json_of("lens", PROMPT, "--model", self.gpt2)
        raw = self.json_of("lens", PROMPT, "--model", self.gpt2, "--no-final-norm")
        self.assertTrue(plain["final_norm"])
        self.assertFalse(raw["final_norm"])
        self.assertEqual(raw["layers"][-1], plain["layers"][-1])
        self.assertNotEqual(raw["layers"][0], plain["layers"][0])
        screened = self.json_of("lens", PROMPT, "--model", self.gpt2, "--screened")
        self.assertEqual([[entry["id"] for entry in layer["top"]] for layer in screened["layers"]],
                         [[entry["id"] for entry in layer["top"]] for layer in plain["layers"]])

    def test_lens_files(self):
        for form, magic in PICTURES.items():
            self.succeed("lens", PROMPT, "--model", self.gpt2, "--format", form, "--out", self.out)
            self.assertTrue((self.out / f"lens.{form}").read_bytes().startswith(magic))
        self.assertEqual(self.files_in(self.out),
                         ["lens.csv", "lens.json", "lens.pdf", "lens.png", "lens.svg"])

    def test_report(self):
        result = self.json_of("report", PROMPT, "--model", self.gpt2, "--out", self.out)
        for part in ("run", "attention", "lens"):
            self.check_provenance(result[part], self.gpt2, "report")
        files = self.files_in(self.out)
        self.assertEqual(files, sorted(["report.json", *result["files"]]
                                       + result["attention"]["files"]))
        for name in ("index.html", "attention.npy", "attention.safetensors", "lens.png",
                     "attention_L00.png", "attention_L01.png"):
            self.assertIn(name, files)
        page = (self.out / "index.html").read_text(encoding="utf-8")
        self.assertTrue(page.lstrip().lower().startswith("<!doctype html"))
        self.assertNotRegex(page, r"""(src|href)=["']?https?://""")
        self.assertEqual(json.loads((self.out / "report.json").read_text(encoding="utf-8")), result)

    def test_report_of_models_that_predict_less(self):
        encoder = self.json_of("report", "the cat", "--model", self.encoder, "--out", self.out)
        self.assertIsNone(encoder["run"])
        self.assertIsNone(encoder["lens"])
        self.assertNotIn("lens.png", self.files_in(self.out))
        masked = self.json_of("report", "the cat", "--model", self.bert, "--out",
                              self.scratch / "masked")
        self.assertIsNone(masked["run"])
        self.assertIsNotNone(masked["lens"])
        filled = self.json_of("report", "the [MASK]", "--model", self.bert, "--out",
                              self.scratch / "filled")
        self.assertIsNotNone(filled["run"])
        classifier = self.json_of("report", "the cat", "--model", self.classifier, "--out",
                                  self.scratch / "classifier")
        self.assertEqual(len(classifier["run"]["classes"]), 3)

    def test_a_report_over_an_older_one_replaces_it(self):
        self.json_of("report", "the", "--model", self.gpt2, "--out", self.out)
        second = self.json_of("report", PROMPT, "--model", self.gpt2, "--out", self.out)
        self.assertEqual(json.loads((self.out / "report.json").read_text(encoding="utf-8")), second)
        self.assertFalse([name for name in self.files_in(self.out) if ".partial" in name])

    def test_reduced_precision_says_so(self):
        result = self.json_of("run", PROMPT, "--model", self.gpt2, "--precision", "bf16")
        origin = result["provenance"]
        self.assertEqual(origin["precision"], "bf16")
        self.assertGreater(origin["precision_deviation"]["max_abs_logit"], 0)
        self.assertLess(origin["precision_deviation"]["max_abs_logit"], 1)

    def test_two_runs_are_the_same(self):
        commands = (["run", PROMPT], ["lens", PROMPT, "--all-positions"],
                    ["attention", PROMPT, "--out", self.out],
                    ["report", PROMPT, "--out", self.out])
        for command in commands:
            texts = [re.sub(r'"created_utc": "[^"]*"', "", self.succeed(
                *command, "--model", self.gpt2, "--json")) for _ in range(2)]
            self.assertEqual(texts[0], texts[1], command)

    def test_the_command_line_can_be_typed_again(self):
        prompt = "the cat's $HOME `x`"
        result = self.json_of("run", prompt, "--model", self.gpt2)
        again = self.shell(result["provenance"]["command_line"])
        first, second = (dict(value, provenance=None) for value in (result, again))
        self.assertEqual(first, second)

    def shell(self, command_line):
        import subprocess
        script = command_line.replace("headlens", Settings.binary, 1)
        done = subprocess.run(["bash", "-c", script], env=self.environment(), check=True,
                              capture_output=True)
        return json.loads(done.stdout)


class Prompts(CommandLineTest):
    def test_texts_of_any_kind(self):
        for prompt in ("😀", "שלום the", "the\ncat\n", "é", " the", "\n", "the" + "\u200d" + "cat",
                       "<|endoftext|>the"):
            with self.subTest(prompt=prompt):
                result = json.loads(self.succeed("report", prompt, "--model", self.gpt2, "--json",
                                                 "--out", self.out))
                schema.check(result)
                self.assertEqual(result["run"]["prompt"]["text"], prompt)
                shown = self.succeed("report", prompt, "--model", self.gpt2, "--out", self.out)
                self.assertNotIn("\ufffd\ufffd\ufffd\ufffd\ufffd", shown)

    def test_pieces_of_characters_have_their_bytes(self):
        result = json.loads(self.succeed("run", "😀", "--model", self.gpt2, "--json"))
        pieces = [bytes.fromhex(token["bytes"]) for token in result["prompt"]["tokens"]]
        self.assertEqual(b"".join(pieces), "😀".encode())

    def test_a_prompt_that_looks_like_an_option(self):
        result = json.loads(self.succeed("run", "--model", self.gpt2, "--json", "--", "-the"))
        self.assertEqual(result["prompt"]["text"], "-the")


if __name__ == "__main__":
    main()
