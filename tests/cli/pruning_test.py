"""headlens prune: what it prints and writes, and what it refuses."""

import csv
import json
import os
import unittest

from program import BAD_INPUT, RESOURCE, UNSUPPORTED, USAGE, CommandLineTest, main, real_model
import schema

TEXTS = ["the cat", "a cab the", "the bat a"]


class Pruning(CommandLineTest):
    def texts(self, lines, name="texts.txt"):
        path = self.scratch / name
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return path

    def prune(self, *arguments):
        value = json.loads(self.succeed("prune", *arguments, "--model", self.gpt2, "--json"))
        schema.check(value)
        return value

    def test_one_text(self):
        result = self.prune("the cat")
        self.assertEqual((result["held_out"], result["importance_texts"], result["curve_texts"]),
                         (False, [0], [0]))
        self.assertEqual([len(row) for row in result["importance"]], [3, 3])
        self.assertEqual(result["counts"], [0, 1, 2, 3, 4, 5, 6])
        curves = [result["least_first"], result["most_first"], *result["random"]]
        self.assertEqual(len(curves), 5)
        heads = {f"L{layer}H{head}" for layer in range(2) for head in range(3)}
        for curve in curves:
            self.assertEqual(set(curve["order"]), heads)
            self.assertAlmostEqual(curve["loss_nats"][0], result["base_loss_nats"], places=6)
            self.assertAlmostEqual(curve["loss_nats"][-1], curves[0]["loss_nats"][-1], places=5)
        importance = [result["importance"][int(head[1])][int(head[3])]
                      for head in result["least_first"]["order"]]
        self.assertEqual(importance, sorted(importance))
        self.assertEqual(result["most_first"]["order"], result["least_first"]["order"][::-1])

    def test_importance_is_what_ablate_says(self):
        """The loss of the whole text, one token after another, by another command."""
        text = "the cab"
        result = self.prune(text)
        tokens = json.loads(self.succeed("run", text, "--model", self.gpt2, "--json"))["tokens"]
        first, rest = tokens[0], "".join(tokens[1:])
        ablated = json.loads(self.succeed("ablate", first, "--answer", rest, "--metric", "loss",
                                          "--model", self.gpt2, "--json"))
        self.assertEqual(len(ablated["answer"]["ids"]), len(tokens) - 1)
        self.assertAlmostEqual(result["base_loss_nats"], ablated["base"], places=5)
        for row, others in zip(result["importance"], ablated["values"]):
            for change, value in zip(row, others):
                self.assertAlmostEqual(change, value - ablated["base"], places=5)

    def test_texts_are_held_out(self):
        result = self.prune("--data", self.texts(["the cat", "", "a cab the", "the bat a"]))
        self.assertEqual((result["held_out"], result["importance_texts"], result["curve_texts"]),
                         (True, [0, 1], [2]))
        self.assertEqual([text["line"] for text in result["texts"]], [1, 3, 4])
        alone = self.prune("the bat a")
        self.assertAlmostEqual(result["base_loss_nats"], alone["base_loss_nats"], places=6)

    def test_replacements(self):
        reference = self.texts(TEXTS, "reference.txt")
        zero = self.prune("the cat")
        mean = self.prune("the cat", "--kind", "mean", "--reference", reference)
        drawn = [self.prune("the cat", "--kind", "resample", "--reference", reference, "--seed", seed)
                 for seed in ("1", "1", "2")]
        self.assertNotEqual(zero["importance"], mean["importance"])
        self.assertEqual(drawn[0]["most_first"], drawn[1]["most_first"])
        self.assertNotEqual(drawn[0]["random"], drawn[2]["random"])
        self.assertEqual(drawn[0]["provenance"]["seed"], 1)

    def test_steps_and_orders(self):
        result = self.prune("the cat", "--steps", "2", "--orders", "0")
        self.assertEqual((result["counts"], result["random"], result["random_mean_nats"]),
                         ([0, 3, 6], [], []))
        self.assertNotIn("seed", result["provenance"])
        one = self.prune("the cat", "--steps", "99", "--orders", "1")
        self.assertEqual(len(one["counts"]), 7)
        self.assertEqual(one["random_mean_nats"], one["random"][0]["loss_nats"])

    def test_products_and_memory(self):
        exact = self.prune("the cat sat")
        deltas = self.prune("the cat sat", "--bf16-deltas")
        narrow = self.prune("the cat sat", "--memory", "400KB")
        self.assertEqual((exact["products"], deltas["products"]), ("exact", "bf16_deltas"))
        for value, other in zip(exact["random"][0]["loss_nats"], narrow["random"][0]["loss_nats"]):
            self.assertAlmostEqual(value, other, places=5)
        for value, other in zip(exact["random"][0]["loss_nats"], deltas["random"][0]["loss_nats"]):
            self.assertAlmostEqual(value, other, delta=0.05)
        self.assertNotIn("sweep_deviation", exact["provenance"])
        deviation = deltas["provenance"]["sweep_deviation"]
        self.assertEqual(deltas["provenance"]["precision"], "bf16_deltas")
        self.assertEqual(deviation["metric"], "loss")
        self.assertIn("the 6 least important", deviation["places"])
        self.assertLess(0, deviation["max_abs"])
        self.assertLess(deviation["max_abs"], 0.05)
        removed = [abs(some["least_first"]["loss_nats"][-1]) for some in (exact, deltas)]
        self.assertLessEqual(abs(removed[0] - removed[1]), deviation["max_abs"] + 1e-6)

    def test_files(self):
        shown = self.succeed("prune", "--data", self.texts(TEXTS), "--model", self.gpt2, "--json",
                             "--out", self.out)
        self.assertEqual(self.files_in(self.out), ["pruning.csv", "pruning.json", "pruning.png"])
        self.assertEqual((self.out / "pruning.json").read_text(encoding="utf-8"), shown)
        result = json.loads(shown)
        with (self.out / "pruning.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([int(row["removed"]) for row in rows], result["counts"])
        for i, row in enumerate(rows):
            for name in ("least_first", "most_first"):
                self.assertAlmostEqual(float(row[name]), result[name]["loss_nats"][i], places=6)
            values = [float(row[f"random_{k}"]) for k in (1, 2, 3)]
            self.assertAlmostEqual(float(row["random_mean"]), sum(values) / 3, places=6)
            self.assertEqual(float(row["random_low"]), min(values))

    def test_pictures(self):
        for kind, start in (("svg", b"<?xml"), ("pdf", b"%PDF")):
            self.succeed("prune", "the cat", "--model", self.gpt2, "--format", kind, "--out", self.out)
            self.assertTrue((self.out / f"pruning.{kind}").read_bytes().startswith(start))

    def test_table(self):
        shown = self.succeed("prune", "--data", self.texts(TEXTS), "--model", self.gpt2)
        for words in ("loss of the whole model", "held out", "before the loss rises by 0.1 nats",
                      "least important first", "L1H"):
            self.assertIn(words, shown)
        self.assertTrue(all(len(line) <= 80 for line in shown.splitlines()), shown)

    def refuse_pruning(self, *arguments, says, code=USAGE, model=None):
        self.refuse(code, "prune", "--model", model or self.gpt2, *arguments, "--out", self.out,
                    says=says)
        self.assert_nothing_written()

    def test_refusals(self):
        cases = [([], ["empty", "--data"]),
                 ([""], ["empty", "--data"]),
                 (["the", "--data", self.texts(TEXTS)], "not both"),
                 (["a"], "at least 2"),
                 (["the cat", "--kind", "mean"], "--reference"),
                 (["the cat", "--kind", "swap"], "swap"),
                 (["the cat", "--steps", "0"], "--steps"),
                 (["the cat", "--orders", "-1"], "--orders"),
                 (["the cat", "--metric", "kl"], "--metric")]
        for arguments, says in cases:
            with self.subTest(arguments=arguments):
                self.refuse_pruning(*arguments, says=says)

    def test_lines_that_are_of_no_use(self):
        cases = [(["the cat", "", "a"], ["line 3", "at least 2"]),
                 (["the cat", "cat " * 20], ["line 2", "takes at most 16"]),
                 (["", ""], "has no text")]
        for lines, says in cases:
            with self.subTest(lines=lines):
                self.refuse_pruning("--data", self.texts(lines), says=says)
        self.refuse_pruning("--data", self.scratch / "nowhere.txt", says="nowhere.txt", code=BAD_INPUT)
        short = self.texts(["a"], "short.txt")
        self.refuse_pruning("the cat", "--kind", "resample", "--reference", short,
                            says="longer texts")

    def test_budgets_that_are_too_small(self):
        self.refuse_pruning("the cat", "--memory", "1KB", says="--memory", code=RESOURCE)

    def test_models_that_cannot_do_it(self):
        for model in (self.bert, self.encoder, self.classifier):
            self.refuse_pruning("the cat", says="causal", code=UNSUPPORTED, model=model)

    def test_folders_that_cannot_be_written(self):
        file = self.scratch / "file"
        file.write_text("", encoding="utf-8")
        self.refuse(RESOURCE, "prune", "the cat", "--model", self.gpt2, "--out", file / "out",
                    says="file")


class RealModel(CommandLineTest):
    @unittest.skipUnless(real_model("smollm2-135m"), "smollm2-135m is not in the cache: ./run models")
    def test_important_heads_are_missed_more(self):
        texts = self.scratch / "texts.txt"
        texts.write_text("It was the best of times, it was the worst of times.\n"
                         "Call me Ishmael. Some years ago I thought I would sail about a little.\n",
                         encoding="utf-8")
        result = json.loads(self.succeed("prune", "--data", texts, "--steps", "6", "--orders", "1",
                                         "--json", env=dict(os.environ)))
        schema.check(result)
        self.assertEqual(result["counts"], [0, 45, 90, 135, 180, 225, 270])
        least, most = result["least_first"]["loss_nats"], result["most_first"]["loss_nats"]
        self.assertLess(least[1], most[1] - 1)


if __name__ == "__main__":
    main()
