"""headlens head-gap: what it prints and writes, and what it refuses."""

import csv
import json
import unittest

import schema
from corpora import tweets
from program import USAGE, CommandLineTest, main


class HeadGap(CommandLineTest):
    def tweets(self):
        path = self.scratch / "tweets.csv"
        path.write_text(tweets(), encoding="utf-8")
        return path

    def test_an_encoder(self):
        shown = self.succeed("head-gap", "--task", "sarcasm", "--data", self.tweets(), "--model",
                             self.encoder, "--c-grid", "0.01,1", "--json", "--out", self.out)
        result = json.loads(shown)
        schema.check(result)
        self.assertEqual(([layer["layer"] for layer in result["layers"]], result["head_layer"]), ([0, 1], 2))
        self.assertEqual((result["rows"], result["positive"], len(result["folds"])), (80, "1", 5))
        self.assertEqual((self.out / "head_gap.json").read_text(encoding="utf-8"), shown)
        with (self.out / "head_gap.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["text"] for row in rows], [one["text"] for one in result["found"]])
        again = self.succeed("head-gap", "--task", "sarcasm", "--data", self.tweets(), "--model",
                             self.encoder, "--c-grid", "0.01,1", "--out", self.out)
        self.assertIn("layer 2 (head)", again)

    def test_refusals(self):
        data = self.tweets()
        cases = [([], "what to read?"),
                 (["--task", "sarcasm", "--data", data, "--layers", "2"], "layer 2 is the head's"),
                 (["--task", "sarcasm", "--data", data, "--layers", "9"], "hidden state 9"),
                 (["--task", "sarcasm", "--data", data, "--positive", "maybe"], "no class maybe"),
                 (["--task", "sarcasm", "--data", data, "--site", "hook_z"], "--site"),
                 (["--task", "sarcasm", "--data", data, "--folds", "1"], "--folds"),
                 (["--task", "sarcasm", "--data", data, "--c-grid", "0"], "--c-grid")]
        for arguments, says in cases:
            with self.subTest(arguments=arguments):
                self.refuse(USAGE, "head-gap", *arguments, "--model", self.encoder, says=says)


if __name__ == "__main__":
    main()
