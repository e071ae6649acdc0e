"""headlens ablate and headlens patch: what they print and write, and what they refuse."""

import csv
import json
import os
import unittest

from program import RESOURCE, UNSUPPORTED, USAGE, CommandLineTest, main, real_model
import schema

PROMPT = "the cat"
QUESTION = ["--answer", "a", "--foil", "b"]


class Sweeps(CommandLineTest):
    def json_of(self, *arguments):
        value = json.loads(self.succeed(*arguments, "--json"))
        schema.check(value)
        return value

    def ablate(self, *arguments, model=None):
        return self.json_of("ablate", PROMPT, "--model", model or self.gpt2, *arguments)

    def patch(self, *arguments, clean="the cat", corrupt="the cab"):
        return self.json_of("patch", "--model", self.gpt2, "--clean", clean, "--corrupt", corrupt,
                            *arguments)

    def test_every_head(self):
        result = self.ablate("--heads", "all", "--kind", "zero", "--metric", "logit-difference",
                             *QUESTION)
        self.assertEqual([len(row) for row in result["values"]], [3, 3])
        self.assertEqual([axis["name"] for axis in result["axes"]], ["layer", "head"])
        self.assertEqual(result["answer"]["text"], "a")
        one = self.ablate("--heads", "L1H2", *QUESTION)
        self.assertEqual(one["ablated"], ["L1H2"])
        self.assertAlmostEqual(one["values"], result["values"][1][2], places=5)
        self.assertNotAlmostEqual(one["values"], result["base"], places=4)

    def test_some_heads_together(self):
        both = self.ablate("--heads", "L0H0,L0H1,L0H2", *QUESTION)
        layer = self.ablate("--heads", "L0", *QUESTION)
        self.assertAlmostEqual(both["values"], layer["values"], places=5)

    def test_other_sites(self):
        layers = self.ablate("--site", "mlp_out", *QUESTION)
        self.assertEqual(len(layers["values"]), 2)
        positions = self.ablate("--site", "resid_pre", "--by", "position", *QUESTION)
        n = len(positions["token_ids"])
        self.assertEqual([len(row) for row in positions["values"]], [n, n])
        each = self.ablate("--site", "pattern", "--by", "head-position", *QUESTION)
        self.assertEqual([[len(head) for head in layer] for layer in each["values"]], [[n] * 3] * 2)

    def test_replacements_from_texts(self):
        texts = self.scratch / "texts.txt"
        texts.write_text("the cab\n\na cab the cat\r\nthe ball\n", encoding="utf-8")
        zero = self.ablate(*QUESTION)
        mean = self.ablate("--kind", "mean", "--data", texts, *QUESTION)
        self.assertNotEqual(zero["values"], mean["values"])
        drawn = [self.ablate("--kind", "resample", "--data", texts, "--seed", seed, *QUESTION)
                 for seed in ("1", "1", "2")]
        self.assertEqual(drawn[0]["values"], drawn[1]["values"])
        self.assertEqual(drawn[0]["provenance"]["seed"], 1)

    def test_metrics(self):
        for metric in ("logit", "probability", "log-probability", "rank", "loss", "kl", "js"):
            with self.subTest(metric=metric):
                result = self.ablate("--metric", metric, "--answer", "a")
                self.assertEqual(result["metric"], metric)
        self.assertEqual(self.ablate("--metric", "kl")["base"], 0)
        whole = self.ablate("--metric", "probability", "--answer", "ab")
        parts = [self.json_of("run", text, "--model", self.gpt2, "--top", "64")["top"]
                 for text in (PROMPT, PROMPT + "a")]
        expected = 1.0
        for top, letter in zip(parts, "ab"):
            expected *= next(entry["probability"] for entry in top if entry["token"] == letter)
        self.assertAlmostEqual(whole["base"], expected, places=6)

    def test_a_masked_model(self):
        result = self.json_of("ablate", "the [MASK] sat", "--model", self.bert)
        self.assertEqual(result["metric"], "probability")
        self.assertEqual(result["tokens"][result["read_positions"][0]], "[MASK]")

    def test_patching_positions(self):
        result = self.patch("--site", "resid_pre", "--by-position", *QUESTION)
        n = len(result["token_ids"])
        self.assertEqual([len(row) for row in result["values"]], [n, n])
        self.assertEqual(result["values"][0][:n - 1], [result["corrupt"]] * (n - 1),
                         "places before the first token that differs change nothing")
        self.assertAlmostEqual(result["values"][1][n - 1], result["clean"], places=5,
                               msg="all that differs comes from the last position")
        self.assertAlmostEqual(result["normalized"][1][n - 1], 1, places=4)
        noise = self.patch("--direction", "noise", *QUESTION)
        self.assertAlmostEqual(noise["values"][1][n - 1], noise["corrupt"], places=5)

    def test_patching_heads(self):
        for site in ("z", "q", "k", "v", "pattern", "attn_scores", "result"):
            with self.subTest(site=site):
                result = self.patch("--site", site, *QUESTION)
                self.assertEqual([len(row) for row in result["values"]], [3, 3])

    def test_patching_pairs_of_positions(self):
        result = self.patch("--site", "pattern", "--by-head", "--by-position-pair", *QUESTION)
        self.assertEqual([axis["name"] for axis in result["axes"]],
                         ["layer", "head", "query", "key"])
        n = len(result["token_ids"])
        cells = result["values"]
        self.assertEqual([[[len(row) for row in head] for head in layer] for layer in cells],
                         [[[n] * n] * 3] * 2)
        known = {head[query][key] for layer in cells for head in layer for query in range(n)
                 for key in range(n) if query < n - 1 or key > query}
        self.assertEqual(known, {result["corrupt"]},
                         "masked cells and those before the first token that differs")
        self.assertNotEqual(set(cells[1][0][n - 1]), {result["corrupt"]})
        alone = self.patch("--site", "pattern", "--by-position-pair", *QUESTION)
        self.assertEqual(alone["values"], cells)
        ablated = self.ablate("--site", "pattern", "--by", "head-position-pair", *QUESTION)
        self.assertEqual(ablated["values"][1][2][0][n - 1], ablated["base"], "a masked key")
        self.assertNotEqual(ablated["values"][1][2][n - 1][0], ablated["base"])

    def test_patching_several_sites(self):
        arguments = ["patch", "--model", self.gpt2, "--clean", "the cat", "--corrupt", "the cab",
                     *QUESTION]
        sites = ["resid_pre", "attn_out", "mlp_out"]
        shown = self.succeed(*arguments, "--site", ",".join(sites), "--by-position", "--json",
                             "--out", self.out)
        all_sites = json.loads(shown)
        schema.check(all_sites)
        self.assertEqual(all_sites["schema"], "headlens/patches/1")
        self.assertEqual([patch["site"] for patch in all_sites["patches"]], sites)
        self.assertEqual(self.files_in(self.out), sorted(
            f"patch_{site}.{kind}" for site in sites for kind in ("csv", "json", "png")))
        for site, patch in zip(sites, all_sites["patches"]):
            alone = self.patch("--site", site, "--by-position", *QUESTION)
            self.assertEqual(alone["schema"], "headlens/patch/1")
            self.assertEqual(alone["values"], patch["values"])
            written = json.loads((self.out / f"patch_{site}.json").read_text(encoding="utf-8"))
            self.assertEqual(written, patch)
        table = self.succeed(*arguments, "--site", "z,q,k,v,pattern")
        for site in ("z", "q", "k", "v", "pattern"):
            self.assertIn(f"patching {site} of the clean run", table)

    def test_prompts_of_other_lengths_aligned(self):
        words = {"clean": "the cat", "corrupt": "the cab"}
        by_position = ["--by-position", *QUESTION]
        same, aligned = (self.patch(*by_position, *more, **words) for more in ([], ["--align"]))
        for result in (same, aligned):
            del result["provenance"]["command_line"], result["provenance"]["created_utc"]
        self.assertEqual(aligned, same, "prompts of as many tokens")
        words = {"clean": "the cat a cab", "corrupt": "the cats a cab"}
        tokens = {}
        for direction, source in (("denoise", "clean"), ("noise", "corrupt")):
            with self.subTest(direction=direction):
                result = self.patch("--align", "--direction", direction, *by_position, **words)
                tokens = {"clean": result["tokens"],
                          "corrupt": [one["text"] for one in result["corrupt_prompt"]["tokens"]]}
                into, start = result["alignment"]["into"], result["alignment"]["from"]
                self.assertEqual((start, into),
                                 (source, "corrupt" if source == "clean" else "clean"))
                partners = result["alignment"]["partners"]
                self.assertEqual(len(partners), len(tokens[into]))
                self.assertEqual(result["axes"][1]["indices"], list(range(len(partners))))
                self.assertEqual(partners[-1], len(tokens[start]) - 1)
                self.assertEqual(partners.count(None),
                                 max(0, len(tokens[into]) - len(tokens[start])))
                for layer in result["values"]:
                    self.assertEqual([value is None for value in layer],
                                     [partner is None for partner in partners])
                for position, partner in enumerate(partners[:2]):
                    self.assertEqual(position, partner)
                self.assertAlmostEqual(result["values"][0][0], result[into], places=6)
        self.assertNotEqual(len(tokens["clean"]), len(tokens["corrupt"]))

    def test_what_is_shown_of_aligned_prompts(self):
        pair = ["--model", self.gpt2, "--clean", "the cat a cab", "--corrupt", "the cats a cab",
                "--align", *QUESTION]
        shown = self.succeed("patch", *pair, "--by-position", "--out", self.out)
        self.assertIn("without a partner, not patched: ", shown)
        self.assertNotIn("not patched: none", shown)
        self.assertNotIn("nan", shown)
        self.assertEqual(self.files_in(self.out), ["patch.csv", "patch.json", "patch.png"])
        with (self.out / "patch.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        partners = json.loads((self.out / "patch.json").read_text(encoding="utf-8"))["alignment"]
        for row in rows:
            missing = partners["partners"][int(row["position"])] is None
            self.assertEqual(row["value"] == "", missing)
        heads = self.json_of("patch", *pair, "--site", "z")
        self.assertEqual([len(layer) for layer in heads["values"]], [3, 3])
        self.assertNotIn(None, heads["values"][0] + heads["values"][1])
        self.refuse(USAGE, "patch", *pair, "--site", "pattern", says="keys that do not correspond")
        self.refuse(USAGE, "patch", "--model", self.gpt2, "--align", "--prompts", "any.jsonl",
                    says="--align is for one pair")
        for command in ("path-patch", "attribute-patch"):
            self.refuse(USAGE, command, *(word for word in pair if word != "--align"),
                        says=["patch with --align", "paths, estimates and circuits"])

    def test_grids_that_do_not_exist(self):
        cases = [(["--site", "z,resid_pre"], "--by-position"),
                 (["--site", "z,z"], "twice"),
                 (["--site", "z,"], "no site"),
                 (["--site", "z", "--by-position-pair"], "no pairs of positions"),
                 (["--site", "resid_pre", "--by-head"], "has no heads"),
                 (["--site", "pattern", "--by-position", "--by-position-pair"], "not both")]
        for arguments, says in cases:
            with self.subTest(arguments=arguments):
                self.refuse(USAGE, "patch", "--model", self.gpt2, "--clean", "the cat",
                            "--corrupt", "the cab", *QUESTION, *arguments, "--out", self.out,
                            says=says)
                self.assert_nothing_written()

    def test_a_prompt_patched_with_itself(self):
        result = self.patch(*QUESTION, clean=PROMPT, corrupt=PROMPT)
        self.assertEqual(result["clean"], result["corrupt"])
        self.assertEqual({value for row in result["values"] for value in row}, {result["clean"]})
        self.assertEqual({value for row in result["normalized"] for value in row}, {None})

    def test_files(self):
        shown = self.succeed("ablate", PROMPT, "--model", self.gpt2, "--json", "--out", self.out)
        self.assertEqual(self.files_in(self.out), ["ablation.csv", "ablation.json", "ablation.png"])
        self.assertEqual((self.out / "ablation.json").read_text(encoding="utf-8"), shown)
        with (self.out / "ablation.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["layer"], row["head"]) for row in rows],
                         [(str(layer), str(head)) for layer in range(2) for head in range(3)])
        value = json.loads(shown)["values"][1][0]
        self.assertAlmostEqual(float(rows[3]["value"]), value, places=7)

    def test_deltas_say_so(self):
        exact, deltas = (self.ablate(*QUESTION, *more) for more in ([], ["--bf16-deltas"]))
        self.assertEqual(exact["provenance"]["precision"], "f32")
        self.assertEqual(deltas["provenance"]["precision"], "bf16_deltas")
        self.assertAlmostEqual(deltas["base"], exact["base"], places=5)

    def check_deviation(self, reduced, exact):
        """The deviation is that of the places it names, as the two whole sweeps have it."""
        self.assertNotIn("sweep_deviation", exact["provenance"])
        self.assertNotIn("precision_deviation", reduced["provenance"])
        deviation = reduced["provenance"]["sweep_deviation"]
        self.assertEqual(deviation["metric"], "logit-difference")
        self.assertLess(0, deviation["max_abs"])
        self.assertLess(deviation["max_abs"], 0.2)
        differences = []
        for place in deviation["places"]:
            layer, rest = place[1:].split("H" if "H" in place else " position ")
            values = (run["values"][int(layer)][int(rest)] for run in (reduced, exact))
            differences.append(abs(next(values) - next(values)))
        self.assertAlmostEqual(deviation["max_abs"], max(differences), places=5)
        self.assertAlmostEqual(deviation["mean_abs"], sum(differences) / len(differences), places=5)
        return deviation

    def test_reduced_precision_is_measured_on_the_sweep(self):
        for more in (["--bf16-deltas"], ["--precision", "bf16"]):
            with self.subTest(more=more):
                deviation = self.check_deviation(*(self.ablate(*QUESTION, *some)
                                                   for some in (more, [])))
                self.assertEqual((len(deviation["places"]), deviation["of_places"]), (6, 6))
                by_position = ["--by-position", *QUESTION]
                self.check_deviation(*(self.patch(*by_position, *some) for some in (more, [])))
                together = self.ablate("--heads", "L0H0,L0H1", *QUESTION, *more)
                self.assertEqual(together["provenance"]["sweep_deviation"]["places"], ["L0H0 L0H1"])
                shown = self.succeed("ablate", PROMPT, "--model", self.gpt2, *QUESTION, *more)
                self.assertIn("logit-difference differs from f32 by at most", shown)
                self.assertIn("(6 of 6 places)", shown)

    def test_reduced_precision_of_paths_and_estimates(self):
        pair = ["--model", self.gpt2, "--clean", "the cat", "--corrupt", "the cab", *QUESTION]
        for command in (["path-patch"], ["attribute-patch"], ["attribute-patch", "--edges"]):
            with self.subTest(command=command):
                exact = self.json_of(*command, *pair)
                deltas = self.json_of(*command, *pair, "--bf16-deltas")
                self.assertNotIn("sweep_deviation", exact["provenance"])
                deviation = deltas["provenance"]["sweep_deviation"]
                self.assertLess(0, deviation["max_abs"])
                self.assertLess(deviation["max_abs"], 0.05)
                self.assertLess(0, deviation["mean_abs_effect"])

    def test_memory_changes_no_answer(self):
        wide = self.ablate("--metric", "logit", "--answer", "a")
        narrow = self.ablate("--metric", "logit", "--answer", "a", "--memory", "300KB")
        for some, others in zip(wide["values"], narrow["values"]):
            for value, other in zip(some, others):
                self.assertAlmostEqual(value, other, places=5)

    def refuse_ablation(self, *arguments, says, code=USAGE, model=None):
        self.refuse(code, "ablate", PROMPT, "--model", model or self.gpt2, *arguments, "--out",
                    self.out, says=says)
        self.assert_nothing_written()

    def test_refusals(self):
        cases = [(["--heads", "L2H0"], "layer 2 does not exist"),
                 (["--heads", "L0H3"], "no head 3"),
                 (["--heads", "H3"], "no head: write L5H3"),
                 (["--heads", "L0H1,"], "no head: write L5H3"),
                 (["--site", "nowhere"], ["no site", "resid_pre", "mlp_out"]),
                 (["--site", "resid_pre", "--by", "head"], "has no heads"),
                 (["--metric", "beauty"], ["no metric", "logit-difference"]),
                 (["--metric", "logit-difference", "--answer", "a"], "--foil"),
                 (["--metric", "logit", "--answer", "ab"], "use log-probability"),
                 (["--kind", "mean"], "--data"),
                 (["--kind", "swap"], "swap")]
        for arguments, says in cases:
            with self.subTest(arguments=arguments):
                self.refuse_ablation(*arguments, says=says)

    def test_budgets_that_are_too_small(self):
        self.refuse_ablation("--memory", "1KB", says="--memory", code=RESOURCE)

    def test_data_that_is_of_no_use(self):
        empty = self.scratch / "empty.txt"
        empty.write_text("\n\n", encoding="utf-8")
        self.refuse_ablation("--kind", "mean", "--data", empty, says="has no text")
        short = self.scratch / "short.txt"
        short.write_text("a\n", encoding="utf-8")
        self.refuse_ablation("--kind", "resample", "--data", short, says="longer texts")

    def test_models_that_cannot_do_it(self):
        for model in (self.encoder, self.classifier):
            self.refuse_ablation(says="predicts no tokens", code=UNSUPPORTED, model=model)

    def test_prompts_of_other_lengths(self):
        self.refuse(USAGE, "patch", "--model", self.gpt2, "--clean", "the cat", "--corrupt",
                    "the cats", says=["tokens", "position"])


class RealModel(CommandLineTest):
    @unittest.skipUnless(real_model("smollm2-135m"), "smollm2-135m is not in the cache: ./run models")
    def test_the_capital(self):
        shown = self.succeed("patch", "--clean", "The capital of France is", "--corrupt",
                             "The capital of Italy is", "--answer", " Paris", "--foil", " Rome",
                             env=dict(os.environ))
        self.assertIn("clean 7.31", shown)
        self.assertIn("·France", shown)


if __name__ == "__main__":
    main()
