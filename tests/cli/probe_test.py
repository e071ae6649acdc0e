"""headlens probe and probe-apply: what they print and write, that killing loses nothing, refusals."""

import csv
import json
import os
import shutil
import unittest

import schema
from corpora import WORDS, conllu
from harvest_test import HarvestTest
from program import BAD_INPUT, USAGE, main, real_model

VOWELS = "aeiou"


def columns(sentences, start=0, label=None):
    """JSON Lines of words that are labelled by their first letter."""
    label = label or (lambda word: "vowel" if word[0] in VOWELS else "consonant")
    lines = []
    for i in range(start, start + sentences):
        words = [WORDS[(i * 5 + 3 * w + i * w) % len(WORDS)] for w in range(4)]
        lines.append(json.dumps({"words": words, "first": [label(word) for word in words]}))
    return "\n".join(lines) + "\n"


class ProbeTest(HarvestTest):
    def setUp(self):
        super().setUp()
        self.train = self.data(columns(20), "train.jsonl")

    def probe(self, *arguments, code=None):
        value = json.loads(self.succeed("probe", "--model", self.gpt2, *arguments, "--json"))
        schema.check(value)
        return value

    def probe_columns(self, *arguments):
        return self.probe("--data", self.train, "--column", "first", *arguments)


class Results(ProbeTest):
    def test_folds(self):
        result = self.probe_columns("--cv", "4")
        self.assertEqual([layer["layer"] for layer in result["layers"]], [0, 1, 2])
        for layer in result["layers"]:
            rounds = layer["accuracy"]["rounds"]
            self.assertEqual(len(rounds), 4)
            self.assertAlmostEqual(layer["accuracy"]["mean"], sum(rounds) / 4, places=9)
            self.assertAlmostEqual(layer["selectivity"],
                                   layer["accuracy"]["mean"] - layer["control"]["mean"], places=9)
            self.assertEqual(layer["meaningful"], layer["selectivity"] > 0.1)
        self.assertEqual([one["name"] for one in result["baselines"]],
                         ["majority", "word type", "embeddings"])
        self.assertEqual(sum(map(sum, result["best"]["confusion"])), 80)
        self.assertEqual(result["classes"], ["consonant", "vowel"])

    def test_the_same_again(self):
        first, again = self.probe_columns("--seed", "3"), self.probe_columns("--seed", "3")
        for result in (first, again):
            for layer in result["layers"]:
                del layer["fit_seconds"]
        self.assertEqual(first["layers"], again["layers"])
        self.assertEqual(first["baselines"], again["baselines"])

    def test_files_and_groups(self):
        test = self.data(columns(7, start=40), "test.jsonl")
        result = self.probe_columns("--test", test, "--max-rows", "30")
        self.assertEqual((result["evaluation"]["kind"], result["evaluation"]["train_rows"],
                          result["evaluation"]["test_rows"]), ("files", 32, 28))
        result = self.probe_columns("--group", "word-type")
        self.assertEqual(result["evaluation"]["group"], "word-type")
        result = self.probe_columns("--test-share", "0.25", "--group", "sentence")
        self.assertEqual((result["evaluation"]["kind"], result["evaluation"]["test_rows"]),
                         ("random", 20))

    def test_every_probe(self):
        for kind in ("logistic", "linear-adam", "mlp", "low-rank", "knn"):
            result = self.probe_columns("--probe", kind, "--epochs", "4", "--hidden", "8",
                                        "--standardize", "--seeds", "2")
            self.assertEqual(result["method"]["kind"], kind)
            rounds = 3 if kind in ("logistic", "knn") else 6
            self.assertEqual(len(result["layers"][0]["accuracy"]["rounds"]), rounds)
            self.assertEqual(len(result["layers"][0]["control"]["rounds"]), 6)
        result = self.probe("--data", self.data(conllu(30)), "--column", "depth")
        self.assertEqual((result["method"]["kind"], result["method"]["metric"]), ("ridge", "r2"))
        self.assertIsNotNone(result["layers"][0]["spearman"])

    def test_a_grid_over_c(self):
        result = self.probe_columns("--c-grid", "0.1,1", "--class-weights", "balanced")
        self.assertEqual(len(result["layers"][0]["c"]), 3)
        self.assertTrue(set(result["layers"][0]["c"]) <= {0.1, 1})
        self.assertIsNone(result["method"]["c"])

    def test_losses_are_printed_every_five_epochs(self):
        shown = self.succeed("probe", "--data", self.train, "--column", "first", "--probe", "mlp",
                             "--layers", "1", "--model", self.gpt2)
        lines = [line for line in shown.splitlines() if "loss=" in line]
        self.assertEqual([line.split(": loss=")[0] for line in lines],
                         ["Layer 1, epoch 5", "Layer 1, epoch 10"])

    def test_sites_sentences_and_a_harvest(self):
        result = self.probe_columns("--site", "hook_mlp_out")
        self.assertEqual([layer["site"] for layer in result["layers"]],
                         ["blocks.0.hook_mlp_out", "blocks.1.hook_mlp_out"])
        self.assertIsNone(result["layers"][0]["layer"])
        table = self.data("text,mood\n" + "".join(
            f"{word} {other},{'good' if len(word) > 2 else 'bad'}\n"
            for word in WORDS for other in ("a", "the")), "mood.csv")
        result = self.probe("--data", table, "--column", "mood", "--pooling", "max")
        self.assertEqual((result["unit"], result["pooling"]), ("sentence", "max"))
        self.succeed("harvest", "--data", self.train, "--column", "first", "--model", self.gpt2,
                     "--out", self.scratch / "states")
        result = self.probe("--data", self.scratch / "states")
        self.assertEqual(result["rows"], 80)

    def test_random_model(self):
        result = self.probe_columns("--random-model")
        self.assertEqual(len(result["random_layers"]), 3)
        self.assertEqual(result["baselines"][-1]["name"], "random weights")

    def test_table(self):
        shown = self.succeed("probe", "--data", self.train, "--column", "first", "--model",
                             self.gpt2, "--no-control")
        for words in ("3 folds", "by fold", "scores best", "▁", "majority", "no control task"):
            self.assertIn(words, shown)
        self.assertTrue(all(len(line) <= 80 for line in shown.splitlines()), shown)


class Files(ProbeTest):
    def run_out(self, *arguments):
        return self.succeed("probe", "--data", self.train, "--column", "first", "--model", self.gpt2,
                            "--out", self.out, *arguments)

    def test_files(self):
        printed = json.loads(self.run_out("--json", "--save", "all", "--direction", "vowel,consonant"))
        written = json.loads((self.out / "probe.json").read_text(encoding="utf-8"))
        self.assertEqual(printed, written)
        names = self.files_in(self.out)
        for name in ("probe.csv", "confusion.csv", "probe.png", "confusion.png", "probe.log",
                     "manifest.json", "vowel.npy", "direction.npy", "layer-0", "layer-2", "best"):
            self.assertIn(name, names)
        with (self.out / "probe.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row, layer in zip(rows, written["layers"], strict=True):
            self.assertAlmostEqual(float(row["accuracy"]), layer["accuracy"]["mean"], places=7)
        saved = json.loads((self.out / "probes" / "best" / "probe.json").read_text())
        schema.check(saved)
        self.assertEqual(saved["hidden_state"], written["layers"][written["best"]["index"]]["layer"])

    def test_every_probe_that_is_saved(self):
        for kind in ("logistic", "linear-adam", "mlp", "low-rank"):
            shutil.rmtree(self.out, ignore_errors=True)
            self.run_out("--probe", kind, "--epochs", "2", "--hidden", "8", "--layers", "1")
            folder = self.out / "probes" / "best"
            saved = json.loads((folder / "probe.json").read_text(encoding="utf-8"))
            schema.check(saved)
            self.assertEqual(saved["kind"], kind)
            self.assertIn("the", self.succeed("probe-apply", folder, "--text", "the cat"))
        shutil.rmtree(self.out)
        self.run_out("--probe", "knn", "--layers", "1")
        self.assertFalse((self.out / "probes").exists())

    def test_apply_and_steer(self):
        self.run_out("--save", "all")
        folder = self.out / "probes" / "layer-1"
        labels = json.loads(self.succeed("probe-apply", folder, "--text", "the cat sat, on it",
                                         "--json"))
        schema.check(labels)
        self.assertEqual([one["form"] for one in labels["labels"]],
                         ["the", "cat", "sat", ",", "on", "it"])
        for one in labels["labels"]:
            self.assertAlmostEqual(sum(one["probabilities"]), 1, places=9)
            best = max(range(2), key=lambda i: one["probabilities"][i])
            self.assertEqual(one["label"], labels["classes"][best])
        shown = self.succeed("probe-apply", folder / "probe.json", "--text", "the cat")
        self.assertIn("cat", shown)
        steered = json.loads(self.succeed(
            "steer", "the cat", "--vector", folder / "directions" / "vowel.npy", "--layer", "0",
            "--tokens", "2", "--model", self.gpt2, "--json"))
        self.assertAlmostEqual(steered["vector_norm"], 1, places=5)
        self.refuse(BAD_INPUT, "probe-apply", folder, "--text", "the", "--model", self.bert,
                    says="another")
        self.refuse(USAGE, "probe-apply", folder, "--text", " ", says="no text")
        self.refuse(BAD_INPUT, "probe-apply", self.scratch / "none", "--text", "a", says="none")

    def test_killed_and_begun_again(self):
        arguments = ("probe", "--data", self.train, "--column", "first", "--model", self.gpt2,
                     "--probe", "mlp", "--hidden", "64", "--epochs", "60", "--json")
        whole = json.loads(self.succeed(*arguments, "--out", self.scratch / "whole"))
        log = self.out / "probe.log"
        kills = self.run_with_kills(lambda: self.start(*arguments, "--out", self.out), log, 100)
        self.assertGreater(kills, 0)
        pieces = json.loads((self.out / "probe.json").read_text(encoding="utf-8"))
        for result in (whole, pieces):
            for layer in result["layers"]:
                del layer["fit_seconds"]
        for key in ("layers", "baselines", "best", "conclusion", "warnings"):
            self.assertEqual(whole[key], pieces[key])
        self.refuse(USAGE, *arguments, "--seed", "5", "--out", self.out, says="other work")

    def test_formats(self):
        for kind, start in (("svg", b"<?xml"), ("pdf", b"%PDF")):
            self.run_out("--format", kind)
            for name in ("probe", "confusion"):
                self.assertTrue((self.out / f"{name}.{kind}").read_bytes().startswith(start))


class Refusals(ProbeTest):
    def refuse_probe(self, code, *arguments, says):
        self.refuse(code, "probe", "--model", self.gpt2, *arguments, says=says)

    def test_data(self):
        one_class = self.data(columns(5, label=lambda word: "same"), "one.jsonl")
        bad = self.data('{"words": ["a"], "first": ["x", "y"]}\n', "bad.jsonl")
        few = self.data(columns(1), "few.jsonl")
        rare = self.data('{"text": "a", "kind": "rare"}\n' +
                         "".join(f'{{"text": "{c}", "kind": "usual"}}\n' for c in "bcdef"), "rare.jsonl")
        cases = [(USAGE, [], "what to read"),
                 (BAD_INPUT, ["--data", bad, "--column", "first"], "line 1"),
                 (USAGE, ["--data", one_class, "--column", "first"], "class"),
                 (USAGE, ["--data", few, "--column", "first", "--cv", "9"], "cannot make 9 folds"),
                 (USAGE, ["--data", rare, "--column", "kind", "--cv", "2"],
                  "fold 1 of 2 trains on one class only, usual"),
                 (USAGE, ["--data", self.train, "--column", "first", "--probe", "ridge"], "real"),
                 (USAGE, ["--data", self.train, "--column", "first", "--labels", "last"], "last"),
                 (USAGE, ["--data", self.train, "--column", "first", "--patience", "2", "--probe",
                          "mlp"], "validation"),
                 (USAGE, ["--data", self.train, "--column", "first", "--layers", "9"], "9"),
                 (USAGE, ["--data", self.train, "--column", "first", "--validation", self.train],
                  "test file")]
        for code, arguments, says in cases:
            with self.subTest(arguments=arguments):
                self.refuse_probe(code, *arguments, says=says)
                out = self.scratch / f"out-{len(arguments)}-{says.replace(' ', '-')}"
                self.refuse(code, "probe", "--model", self.gpt2, *arguments, "--out", out, says=says)
                if code == BAD_INPUT:
                    self.assertFalse(out.exists(), "data that cannot be used leave nothing behind")

    def test_harvests(self):
        states = self.scratch / "states"
        self.succeed("harvest", "--data", self.train, "--column", "first", "--model", self.gpt2,
                     "--out", states)
        self.refuse(BAD_INPUT, "probe", "--data", states, "--model", self.bert,
                    says="another model")
        shard = states / "shard-00000.safetensors"
        shard.write_bytes(shard.read_bytes()[:-4])
        self.refuse_probe(BAD_INPUT, "--data", states, says=["shard-00000", "truncated"])


class RealModel(ProbeTest):
    @unittest.skipUnless(real_model("smollm2-135m"), "smollm2-135m is not in the cache: ./run models")
    def test_the_lab(self):
        result = json.loads(self.succeed("probe", "--task", "lab-pos", "--layers", "0,3,6,9,11",
                                         "--cv", "3", "--json", env=dict(os.environ)))
        schema.check(result)
        for layer, mean in zip(result["layers"], (0.621, 0.800, 0.824, 0.848, 0.848), strict=True):
            self.assertAlmostEqual(layer["accuracy"]["mean"], mean, delta=1 / 40 + 0.001)


if __name__ == "__main__":
    main()
