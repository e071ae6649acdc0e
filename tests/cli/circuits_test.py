"""headlens path-patch, attribute-patch and steer."""

import json
import os
import unittest

from program import BAD_INPUT, UNSUPPORTED, USAGE, CommandLineTest, main, real_model
import schema

PAIR = ["--clean", "the cat", "--corrupt", "the cab", "--answer", "a", "--foil", "b"]


class Circuits(CommandLineTest):
    def json_of(self, command, *arguments):
        value = json.loads(self.succeed(command, "--model", self.gpt2, *arguments, "--json"))
        schema.check(value)
        return value

    def test_every_edge(self):
        result = self.json_of("path-patch", *PAIR)
        names = [(edge["sender"], edge["receiver"]) for edge in result["edges"]]
        self.assertEqual(len(names), len(set(names)))
        self.assertIn(("L0H2", "L1H0.q"), names)
        self.assertIn(("L0H2", "L0MLP"), names)
        self.assertNotIn(("L0MLP", "L0H0.q"), names)
        for edge in result["edges"]:
            self.assertAlmostEqual(edge["change"], edge["value"] - result["corrupt"], places=9)

    def test_chosen_edges(self):
        result = self.json_of("path-patch", *PAIR, "--sender", "embed,L0H1", "--receiver", "final")
        self.assertEqual([(edge["sender"], edge["receiver"]) for edge in result["edges"]],
                         [("embed", "final"), ("L0H1", "final")])

    def test_estimates_of_edges(self):
        every = self.json_of("path-patch", *PAIR)
        result = self.json_of("attribute-patch", *PAIR, "--edges", "--steps", "5", "--verify", "4")
        self.assertEqual(result["n_edges"], len(every["edges"]))
        sizes = [abs(edge["estimate"]) for edge in result["edges"]]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        exact = {(edge["sender"], edge["receiver"]): edge["value"] for edge in every["edges"]}
        for i, edge in enumerate(result["edges"]):
            if i < 4:
                self.assertAlmostEqual(edge["value"], exact[edge["sender"], edge["receiver"]],
                                       places=5)
            else:
                self.assertIsNone(edge["value"])
        self.assertEqual(result["quality"]["verified"], 4)

    def test_estimates_of_sites(self):
        for site in ("z", "q", "k", "v", "pattern", "resid_pre", "mlp_out"):
            with self.subTest(site=site):
                result = self.json_of("attribute-patch", *PAIR, "--site", site)
                self.assertEqual(len(result["estimates"]), 2)
                self.assertEqual(len(result["verified"]), min(10, result["quality"]["verified"]))
        exact = self.json_of("attribute-patch", *PAIR, "--site", "q", "--exact-softmax")
        self.assertIn("softmax exact", exact["method"])

    def test_files(self):
        self.json_of("attribute-patch", *PAIR, "--out", self.out)
        self.assertEqual(self.files_in(self.out),
                         ["attribution.csv", "attribution.json", "attribution.png"])
        self.json_of("path-patch", *PAIR, "--out", self.scratch / "paths")
        self.assertEqual(self.files_in(self.scratch / "paths"),
                         ["path_patch.csv", "path_patch.json"])

    def test_steering(self):
        arguments = ["the cat", "--toward", "the cab", "--away", "a cab", "--layer", "1",
                     "--tokens", "4"]
        result = self.json_of("steer", *arguments, "--scale", "3", "--out", self.out)
        self.assertGreater(result["kl_nats"], 0)
        self.assertEqual(self.files_in(self.out), ["steer.json", "vector.npy"])
        none = self.json_of("steer", *arguments, "--scale", "0")
        self.assertAlmostEqual(none["kl_nats"], 0, places=9)
        self.assertEqual(none["base"], none["steered"])
        again = self.json_of("steer", "the cat", "--vector", self.out / "vector.npy", "--layer",
                             "1", "--tokens", "4", "--scale", "3")
        self.assertEqual(again["steered"], result["steered"])

    def test_refusals(self):
        cases = [(["path-patch", *PAIR, "--sender", "L9H0"], "no sender"),
                 (["path-patch", *PAIR, "--receiver", "L0H0"], ["no receiver", "L5H2.q"]),
                 (["path-patch", *PAIR, "--sender", "L1H0", "--receiver", "L0MLP"], "no sender"),
                 (["path-patch", "--clean", "the cat"], "--corrupt"),
                 (["attribute-patch", *PAIR, "--metric", "rank"], "no gradient"),
                 (["attribute-patch", *PAIR, "--exact-softmax"], "q or k"),
                 (["attribute-patch", *PAIR, "--steps", "-1"], "steps"),
                 (["steer", "the cat", "--layer", "1"], "--toward"),
                 (["steer", "the cat", "--toward", "a", "--away", "b", "--layer", "7"], "layer 7")]
        for arguments, says in cases:
            with self.subTest(arguments=arguments):
                self.refuse(USAGE, *arguments, "--model", self.gpt2, says=says)
        self.refuse(UNSUPPORTED, "path-patch", "--clean", "the [MASK] sat", "--corrupt",
                    "the [MASK] mat", "--model", self.bert, says="patch or attribute nodes")
        self.refuse(UNSUPPORTED, "steer", "the [MASK] sat", "--toward", "sat", "--away", "mat",
                    "--layer", "0", "--model", self.bert, says="causal")

    def test_a_vector_of_the_wrong_length(self):
        vector = self.scratch / "vector.npy"
        self.json_of("steer", "the cat", "--toward", "a", "--away", "b", "--layer", "1", "--out",
                     self.out)
        whole = (self.out / "vector.npy").read_bytes()
        vector.write_bytes(whole.replace(b"(24,)", b"(12,)")[:-48])
        self.refuse(BAD_INPUT, "steer", "the cat", "--vector", vector, "--layer", "1", "--model",
                    self.gpt2, says="")


class RealModel(CommandLineTest):
    @unittest.skipUnless(real_model("smollm2-135m"), "smollm2-135m is not in the cache: ./run models")
    def test_the_capital(self):
        pair = ["--clean", "The capital of France is", "--corrupt", "The capital of Italy is",
                "--answer", " Paris", "--foil", " Rome", "--json"]
        result = json.loads(self.succeed("attribute-patch", *pair, "--edges", "--steps", "5",
                                         env=dict(os.environ)))
        self.assertEqual(result["n_edges"], 70651)
        first = result["edges"][0]
        self.assertEqual((first["sender"], first["receiver"]), ("embed", "L0MLP"))
        self.assertGreater(result["quality"]["rank_correlation"], 0.8)


if __name__ == "__main__":
    main()
