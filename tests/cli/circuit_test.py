"""headlens circuit: curves, given circuits, resuming, refusals."""

import csv
import json
import unittest

from program import BAD_INPUT, UNSUPPORTED, USAGE, CommandLineTest, main
import schema

WORDS = ["the cat", "the cab", "a cab the", "cat the a", "the bat a", "a cat cab", "bat the cat"]


class Circuit(CommandLineTest):
    def prompts(self, count, name="prompts.jsonl", **changes):
        rows = [{"clean": WORDS[i % 7], "corrupt": WORDS[i % 7].replace("cat", "mat")
                 .replace("cab", "sat").replace("bat", "at"), "answer": "a", "foil": "b"} | changes
                for i in range(count)]
        path = self.scratch / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def circuit(self, prompts, *arguments):
        value = json.loads(self.succeed("circuit", "--prompts", prompts, "--model", self.gpt2,
                                        *arguments, "--json"))
        schema.check(value)
        return value

    def usable(self):
        """Prompts whose clean and corrupt forms have as many tokens in the tiny vocabulary."""
        rows = [{"clean": clean, "corrupt": corrupt, "answer": "a", "foil": "b"}
                for clean, corrupt in (("the cat", "the cab"), ("the cab", "the cat"),
                                       ("cat the a", "cab the a"), ("a cab", "a cat"))] * 3
        path = self.scratch / "usable.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def test_growing_circuits(self):
        for kind, parts in (("edges", None), ("nodes", 8)):
            with self.subTest(kind=kind):
                result = self.circuit(self.usable(), "--by", kind, "--out", self.out / kind)
                self.assertEqual((result["n_ranked"], result["n_tested"]), (6, 6))
                if parts:
                    self.assertEqual(result["n_parts"], parts)
                sizes = [point["parts"] for point in result["curve"]]
                self.assertEqual(sizes, sorted(set(sizes)))
                self.assertEqual(sizes[-1], result["n_parts"])
                whole = result["curve"][-1]["faithfulness"]
                for name in ("value", "low", "high"):
                    self.assertAlmostEqual(whole[name], 1, places=3)
                self.assertEqual(len(result["parts"]), result["circuit"]["parts"])
                scores = [abs(part["score"]) for part in result["parts"]]
                self.assertEqual(scores, sorted(scores, reverse=True))
                self.assertEqual(len(result["completeness"]["checks"]), 9)
                self.assertEqual(self.files_in(self.out / kind),
                                 ["circuit.csv", "circuit.json", "circuit.png",
                                  "circuit_steps.jsonl"])
                with (self.out / kind / "circuit.csv").open(newline="") as file:
                    self.assertEqual(len(list(csv.DictReader(file))), len(sizes) + 1)

    def test_areas_are_trapezoids(self):
        result = self.circuit(self.usable())
        points = [(point["share"], point["faithfulness"]["value"]) for point in result["curve"]]
        cpr = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(points, points[1:]))
        cmd = sum((b[0] - a[0]) * (abs(1 - a[1]) + abs(1 - b[1])) / 2
                  for a, b in zip(points, points[1:]))
        self.assertAlmostEqual(result["cpr"]["value"], cpr, places=9)
        self.assertAlmostEqual(result["cmd"]["value"], cmd, places=9)

    def test_given_circuits(self):
        prompts = self.usable()
        nodes = ",".join([f"L{layer}H{head}" for layer in range(2) for head in range(3)]
                         + ["L0MLP", "L1MLP"])
        every = self.circuit(prompts, "--keep", nodes)
        self.assertEqual((every["kind"], every["method"]), ("nodes", "given"))
        self.assertEqual((every["n_ranked"], every["n_tested"]), (0, 12))
        self.assertAlmostEqual(every["circuit"]["faithfulness"]["value"], 1, places=3)
        self.assertIsNone(every["cpr"])
        edge = self.circuit(prompts, "--keep", "embed -> final")
        self.assertEqual((edge["kind"], edge["circuit"]["live_edges"]), ("edges", 1))
        patched = json.loads(self.succeed(
            "path-patch", "--clean", "the cat", "--corrupt", "the cab", "--answer", "a", "--foil",
            "b", "--sender", "embed", "--receiver", "final", "--model", self.gpt2, "--json"))
        one = self.scratch / "one.jsonl"
        one.write_text(self.usable().read_text().splitlines()[0] + "\n", encoding="utf-8")
        only = self.circuit(one, "--keep", "embed->final")
        self.assertAlmostEqual(only["circuit"]["metric"], patched["edges"][0]["value"], places=5)

    def test_killed_and_started_again(self):
        rows = self.usable().read_text().splitlines() * 12
        prompts = self.scratch / "many.jsonl"
        prompts.write_text("\n".join(rows) + "\n", encoding="utf-8")
        arguments = ["circuit", "--prompts", prompts, "--model", self.gpt2, "--out", self.out]
        self.succeed(*arguments)
        path = self.out / "circuit_steps.jsonl"
        log = path.read_bytes()
        result = json.loads((self.out / "circuit.json").read_text())
        for name in self.files_in(self.out):
            (self.out / name).unlink()
        kills = self.run_with_kills(lambda: self.start(*arguments), path, 3000)
        self.assertGreater(kills, 2, "it was never stopped half-way")
        self.assertEqual(path.read_bytes(), log)
        again = json.loads((self.out / "circuit.json").read_text())
        for value in (result, again):
            del value["provenance"]["created_utc"]
        self.assertEqual(again, result)

    def test_refusals(self):
        prompts = self.usable()
        same = self.prompts(3, "same.jsonl", corrupt="")
        cases = [(USAGE, ["--prompts", same], ["0 are left", "3 were dropped"]),
                 (USAGE, ["--prompts", prompts, "--keep", "L7H0"], ["L7H0", "L3H4"]),
                 (USAGE, ["--prompts", prompts, "--keep", "embed"], "in every circuit"),
                 (USAGE, ["--prompts", prompts, "--keep", "L1MLP->L0MLP"], "comes later"),
                 (USAGE, ["--prompts", prompts, "--keep", "embed->L0MLP,L0H0"], "is no edge"),
                 (USAGE, ["--prompts", prompts, "--metric", "rank"], "no gradient"),
                 (USAGE, ["--prompts", prompts, "--bf16-deltas"], "f32"),
                 (USAGE, [], "--prompts"),
                 (BAD_INPUT, ["--prompts", self.scratch / "none.jsonl"], "none.jsonl")]
        for code, arguments, says in cases:
            with self.subTest(arguments=arguments):
                self.refuse(code, "circuit", *arguments, "--model", self.gpt2, says=says)
        self.refuse(UNSUPPORTED, "circuit", "--prompts", prompts, "--model", self.bert,
                    says="patch or attribute nodes")


if __name__ == "__main__":
    main()
