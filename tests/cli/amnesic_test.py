"""headlens amnesic: what it prints and writes, that it goes on after a stop, and what it refuses."""

import csv
import json
import unittest

import schema
from corpora import conllu
from program import BAD_INPUT, UNSUPPORTED, USAGE, CommandLineTest, main


class Amnesic(CommandLineTest):
    def data(self, text, name="data.conllu"):
        path = self.scratch / name
        path.write_text(text, encoding="utf-8")
        return path

    def erase(self, *arguments, model=None):
        value = json.loads(self.succeed("amnesic", "--task", "upos", "--data", self.data(conllu(60)),
                                        "--resamples", "200", *arguments, "--model",
                                        model or self.gpt2, "--json"))
        schema.check(value)
        return value

    def test_every_layer(self):
        result = self.erase()
        self.assertEqual([layer["layer"] for layer in result["layers"]], [0, 1, 2])
        self.assertEqual((result["method"], result["places"], result["predicts"]),
                         ("leace", "tokens", "next token"))
        self.assertEqual(result["classes"], ["P1", "P2", "P3"])
        self.assertEqual(result["sentences"], 12)
        for layer in result["layers"]:
            self.assertEqual((layer["rank"], len(layer["random"])), (2, 3))
            self.assertAlmostEqual(layer["over_base"]["mean_nats"],
                                   layer["erased"]["loss_nats"] - result["base"]["loss_nats"], places=6)
        self.assertTrue(result["conclusion"])

    def test_a_test_file_methods_and_places(self):
        test = self.data(conllu(9, seed=8), "test.conllu")
        result = self.erase("--test", test, "--method", "inlp", "--rounds", "2", "--places", "words",
                            "--layers", "1", "--random", "1", "--seed", "4", "--max-rows", "90",
                            "--max-test-rows", "12")
        self.assertEqual((result["method"], result["places"], result["test_data"]),
                         ("inlp", "words", str(test)))
        self.assertEqual([layer["layer"] for layer in result["layers"]], [1])
        self.assertGreaterEqual(result["train_words"], 90)
        self.assertLess(result["train_words"], 95)
        self.assertLess(result["test_words"], 17)
        self.assertEqual(result["provenance"]["seed"], 4)

    def test_masked_models(self):
        result = self.erase("--layers", "0,2", "--random", "0", model=self.bert)
        self.assertEqual(result["predicts"], "masked token")
        self.assertEqual(result["layers"][0]["random"], [])
        self.assertIsNone(result["layers"][0]["random_mean"]["loss_nats"])

    def test_files_and_what_they_hold(self):
        shown = self.succeed("amnesic", "--task", "upos", "--data", self.data(conllu(40)), "--layers", "0,1",
                             "--model", self.gpt2, "--json", "--out", self.out)
        for name in ("amnesic.csv", "amnesic.json", "amnesic.log", "amnesic.png"):
            self.assertTrue((self.out / name).is_file(), name)
        self.assertEqual((self.out / "amnesic.json").read_text(encoding="utf-8"), shown)
        result = json.loads(shown)
        with (self.out / "amnesic.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row, layer in zip(rows, result["layers"], strict=True):
            self.assertAlmostEqual(float(row["erased_loss_nats"]), layer["erased"]["loss_nats"], places=6)
            self.assertAlmostEqual(float(row["over_random_p"]), layer["over_random"]["p"], places=6)

    def test_table(self):
        shown = self.succeed("amnesic", "--task", "upos", "--data", self.data(conllu(60)), "--layers", "1",
                             "--model", self.gpt2)
        self.assertIn("erased by leace", shown)
        self.assertTrue(all(len(line) <= 80 for line in shown.splitlines()), shown)

    def test_killed_again_and_again(self):
        arguments = ["amnesic", "--task", "upos", "--data", self.data(conllu(300)), "--model", self.gpt2,
                     "--json", "--out"]
        whole = self.scratch / "whole"
        self.succeed(*arguments, whole)
        kills = self.run_with_kills(lambda: self.start(*arguments, self.out), self.out / "amnesic.log", 60)
        self.assertGreater(kills, 0)
        first, again = (json.loads((folder / "amnesic.json").read_text()) for folder in (whole, self.out))
        self.assertEqual((whole / "amnesic.log").read_bytes(), (self.out / "amnesic.log").read_bytes())
        self.assertEqual(first["layers"], again["layers"])

    def test_refusals(self):
        data = self.data(conllu(12))
        cases = [([], USAGE, "what to read?"),
                 (["--task", "mood"], USAGE, "no task mood"),
                 (["--task", "depth", "--data", data], USAGE, "real values"),
                 (["--task", "upos", "--data", data, "--layers", "3"], USAGE, "hidden state 3"),
                 (["--task", "upos", "--data", data, "--layers", "1,1"], USAGE, "twice"),
                 (["--task", "upos", "--data", data, "--site", "hook_z"], USAGE, "--layers"),
                 (["--task", "upos", "--data", data, "--pooling", "max"], USAGE, "max"),
                 (["--task", "upos", "--data", data, "--method", "pca"], USAGE, "--method"),
                 (["--task", "upos", "--data", data, "--random", "-1"], USAGE, "--random"),
                 (["--task", "upos", "--data", data, "--test", "nowhere.conllu"], BAD_INPUT,
                  "nowhere.conllu")]
        for arguments, code, says in cases:
            with self.subTest(arguments=arguments):
                self.refuse(code, "amnesic", *arguments, "--model", self.gpt2, says=says)
        for model in (self.encoder, self.classifier):
            self.refuse(UNSUPPORTED, "amnesic", "--task", "upos", "--data", data, "--model", model, "--out",
                        self.out, says="predicts no tokens")
            self.assert_nothing_written()

    def test_one_class_only(self):
        text = ("# text = the cat\n1\tthe\tthe\tX\t_\t_\t0\troot\t_\t_\n"
                "2\tcat\tcat\tX\t_\t_\t1\tdep\t_\t_\n\n") * 10
        self.refuse(USAGE, "amnesic", "--task", "upos", "--data", self.data(text), "--model", self.gpt2,
                    says="class")


if __name__ == "__main__":
    main()
