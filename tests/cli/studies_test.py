"""headlens ablate and patch over a set of prompts: statistics, resuming, refusals."""

import csv
import json
import unittest

from program import BAD_INPUT, USAGE, CommandLineTest, main
import schema

WORDS = ["the cat", "the cab", "a cab the", "cat the a", "the bat a", "a cat cab", "bat the cat"]


class Studies(CommandLineTest):
    def prompts(self, count, name="prompts.jsonl", **changes):
        rows = [{"clean": WORDS[i % 7], "corrupt": WORDS[(i + 3) % 7], "answer": "a", "foil": "b"}
                | changes for i in range(count)]
        path = self.scratch / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def study(self, prompts, *arguments, command="ablate"):
        value = json.loads(self.succeed(command, "--prompts", prompts, "--model", self.gpt2,
                                        *arguments, "--json"))
        schema.check(value)
        return value

    def test_every_head(self):
        result = self.study(self.prompts(12), "--out", self.out)
        self.assertEqual((result["n_prompts"], result["metric"]), (12, "logit-difference"))
        for name in ("mean", "low", "high", "p", "p_holm", "p_bh", "cohen_d"):
            self.assertEqual([len(row) for row in result[name]], [3, 3])
        for layer in range(2):
            for head in range(3):
                low, mean, high = (result[name][layer][head] for name in ("low", "mean", "high"))
                self.assertTrue(low <= mean <= high)
                p, bh, holm = (result[name][layer][head] for name in ("p", "p_bh", "p_holm"))
                self.assertTrue(0 < p <= bh <= holm <= 1)
        self.assertEqual(self.files_in(self.out),
                         ["study.csv", "study.json", "study.png", "study_rows.jsonl"])
        with (self.out / "study.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertAlmostEqual(float(rows[4]["mean"]), result["mean"][1][1], places=6)

    def test_means_are_of_the_single_prompts(self):
        prompts = self.prompts(5)
        result = self.study(prompts)
        single = [json.loads(self.succeed("ablate", json.loads(line)["clean"], "--answer", "a",
                                          "--foil", "b", "--model", self.gpt2, "--json"))
                  for line in prompts.read_text(encoding="utf-8").splitlines()]
        mean = sum(one["values"][1][2] - one["base"] for one in single) / 5
        self.assertAlmostEqual(result["mean"][1][2], mean, places=5)
        self.assertAlmostEqual(result["base"]["mean"], sum(one["base"] for one in single) / 5,
                               places=5)

    def test_reduced_precision_is_measured_on_some_of_the_prompts(self):
        prompts = self.prompts(9)
        texts = self.scratch / "texts.txt"
        texts.write_text("the cab the cat\na cab the cat\nthe ball a cat\n", encoding="utf-8")
        for more in ([], ["--kind", "resample", "--data", texts]):
            with self.subTest(more=more):
                exact = self.study(prompts, *more)
                deltas = self.study(prompts, "--bf16-deltas", *more)
                self.assertNotIn("sweep_deviation", exact["provenance"])
                deviation = deltas["provenance"]["sweep_deviation"]
                self.assertEqual((deviation["prompts"], deviation["of_prompts"]), (4, 9))
                self.assertEqual((len(deviation["places"]), deviation["of_places"]), (6, 6))
                self.assertLess(0, deviation["max_abs"])
                self.assertLess(deviation["mean_abs"], 0.02 * deviation["mean_abs_effect"])
        pairs = self.prompts(9, "pairs.jsonl", corrupt="the cab", clean="the cat")
        patched = self.study(pairs, "--precision", "bf16", "--site", "z", command="patch")
        deviation = patched["provenance"]["sweep_deviation"]
        self.assertEqual((deviation["prompts"], deviation["of_prompts"]), (4, patched["n_prompts"]))
        self.assertLess(0, deviation["max_abs"])
        self.assertLess(deviation["mean_abs"], 0.05 * deviation["mean_abs_effect"])

    def test_patching(self):
        rows = [{"clean": "the cat", "corrupt": "the cab", "answer": "a", "foil": "b"},
                {"clean": "the cab", "corrupt": "the cat", "answer": "a", "foil": "b"},
                {"clean": "the cab", "corrupt": "the cats", "answer": "a", "foil": "b"}]
        path = self.scratch / "pairs.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        result = self.study(path, "--site", "z", command="patch")
        self.assertEqual(result["n_prompts"], 2)
        self.assertEqual([row["line"] for row in result["dropped"]], [3])
        self.assertIn("tokens", result["dropped"][0]["reason"])

    def start_study(self, prompts):
        return self.start("ablate", "--prompts", prompts, "--model", self.gpt2, "--site", "pattern",
                          "--by", "head-position", "--metric", "kl", "--out", self.out)

    def test_killed_and_started_again(self):
        prompts = self.prompts(480, clean="the cat a cab the bat")
        whole = self.start_study(prompts)
        whole.communicate(timeout=120)
        self.assertEqual(whole.returncode, 0)
        log = (self.out / "study_rows.jsonl").read_bytes()
        result = json.loads((self.out / "study.json").read_text(encoding="utf-8"))
        for name in self.files_in(self.out):
            (self.out / name).unlink()
        kills = self.run_with_kills(lambda: self.start_study(prompts),
                                    self.out / "study_rows.jsonl", 20000)
        self.assertGreater(kills, 2, "it was never stopped half-way")
        self.assertEqual((self.out / "study_rows.jsonl").read_bytes(), log)
        again = json.loads((self.out / "study.json").read_text(encoding="utf-8"))
        for value in (result, again):
            del value["provenance"]["created_utc"]
        self.assertEqual(again, result)

    def test_a_line_cut_in_the_middle_is_done_again(self):
        prompts = self.prompts(20)
        self.study(prompts, "--out", self.out)
        path = self.out / "study_rows.jsonl"
        whole = path.read_bytes()
        path.write_bytes(whole[:len(whole) * 2 // 3])
        self.study(prompts, "--out", self.out)
        self.assertEqual(path.read_bytes(), whole)

    def test_another_studys_rows_are_refused(self):
        self.study(self.prompts(4), "--out", self.out)
        before = (self.out / "study_rows.jsonl").read_bytes()
        self.refuse(USAGE, "ablate", "--prompts", self.prompts(5, "other.jsonl"), "--model",
                    self.gpt2, "--out", self.out, says="study_rows.jsonl")
        self.assertEqual((self.out / "study_rows.jsonl").read_bytes(), before)

    def test_refusals(self):
        empty = self.scratch / "empty.jsonl"
        empty.write_text("\n", encoding="utf-8")
        broken = self.scratch / "broken.jsonl"
        broken.write_text('{"clean": "the cat", "answer": "a", "foil": "b"}\n{"clean": 3}\n',
                          encoding="utf-8")
        long_answers = self.prompts(3, answer="abc")
        cases = [(BAD_INPUT, self.scratch / "none.jsonl", "none.jsonl"),
                 (USAGE, empty, "empty.jsonl"),
                 (BAD_INPUT, broken, ["broken.jsonl", "line 2"]),
                 (USAGE, long_answers, ["3 were dropped", "line 1"])]
        for code, path, says in cases:
            with self.subTest(path=path.name):
                self.refuse(code, "ablate", "--prompts", path, "--model", self.gpt2, says=says)
        self.refuse(USAGE, "ablate", "the cat", "--prompts", self.prompts(2), "--model", self.gpt2,
                    says="--prompts")
        self.refuse(USAGE, "patch", "--clean", "the cat", "--prompts", self.prompts(2), "--model",
                    self.gpt2, says="--prompts")

    def test_grids_that_do_not_correspond(self):
        path = self.scratch / "lengths.jsonl"
        path.write_text("".join(json.dumps({"clean": text, "answer": "a", "foil": "b"}) + "\n"
                                for text in ("the cat", "the cat a cab the bat")), encoding="utf-8")
        self.refuse(USAGE, "ablate", "--prompts", path, "--site", "resid_pre", "--by", "position",
                    "--model", self.gpt2, says="do not correspond")


if __name__ == "__main__":
    main()
