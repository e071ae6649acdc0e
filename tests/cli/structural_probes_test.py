"""headlens structural-probe and mdl-probe: what they print and write, and what they refuse."""

import array
import csv
import json
import unittest

import schema
from corpora import conllu
from program import BAD_INPUT, USAGE, CommandLineTest, main


class ProbeTest(CommandLineTest):
    def data(self, text, name="data.conllu"):
        path = self.scratch / name
        path.write_text(text, encoding="utf-8")
        return path

    def result(self, *arguments):
        value = json.loads(self.succeed(*arguments, "--model", self.gpt2, "--json"))
        schema.check(value)
        return value

    def rows(self, name):
        with open(self.out / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


def tensors(path):
    """{name: rows of numbers} of a safetensors file in float32."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    found = {}
    for name, entry in json.loads(content[8:start]).items():
        begin, end = entry["data_offsets"]
        values = array.array("f", content[start + begin:start + end])
        width = entry["shape"][-1]
        found[name] = [values[i:i + width] for i in range(0, len(values), width)]
    return found


class StructuralProbe(ProbeTest):
    def probe(self, *arguments):
        return self.result("structural-probe", "--epochs", "3", "--resamples", "50", *arguments)

    def test_every_layer_of_two_files(self):
        train, test = self.data(conllu(60, trees=True)), self.data(conllu(30, 9, trees=True), "test.conllu")
        result = self.probe("--data", train, "--test", test, "--out", self.out)
        self.assertEqual([layer["layer"] for layer in result["layers"]], [0, 1, 2])
        self.assertEqual(result["training"]["sentences"] + result["validation"]["sentences"], 60)
        self.assertEqual(result["test"]["sentences"], 30)
        self.assertEqual([b["name"] for b in result["baselines"]], ["linear chain", "embeddings"])
        for layer in result["layers"]:
            self.assertEqual(len(layer["distance"]["training_losses_edges"]), 3)
            self.assertLessEqual(layer["distance"]["uuas"]["low"],
                                 layer["distance"]["uuas"]["high"])
        self.assertEqual(json.loads((self.out / "structural_probe.json").read_text()), result)
        rows = self.rows("structural_probe.csv")
        self.assertEqual([row["layer"] for row in rows], ["0", "1", "2", "linear chain", "embeddings"])
        for name in ("distance.png", "depth.png", "tree.png"):
            self.assertEqual((self.out / name).read_bytes()[:4], b"\x89PNG")
        again = self.probe("--data", train, "--test", test, "--out", self.out)
        self.assertEqual(again["layers"], result["layers"])

    def test_shares_of_one_file_and_one_target(self):
        result = self.probe("--data", self.data(conllu(50, trees=True)), "--target", "depth", "--layers", "2",
                            "--rank", "3", "--standardize", "--sentence", "4")
        self.assertEqual(result["test"]["sentences"], 10)
        self.assertEqual((result["validation"]["sentences"], result["training"]["sentences"]), (4, 36))
        self.assertIsNone(result["layers"][0]["distance"])
        self.assertIsNone(result["best_distance_layer"])
        self.assertEqual(result["rank"], 3)
        self.assertEqual(len(result["parse"]["predicted_depths"]), len(result["parse"]["words"]))

    def test_saved_probes_predict_the_same(self):
        test = self.data(conllu(1, 9, trees=True), "test.conllu")
        result = self.probe("--data", self.data(conllu(50, trees=True)), "--test", test, "--layers", "1",
                            "--rank", "3", "--standardize", "--out", self.out)
        manifest = json.loads((self.out / "states/test/manifest.json").read_text())
        site = next(site["name"] for site in manifest["sites"] if site["hidden_state"] == 1)
        states = tensors(self.out / "states/test" / manifest["shards"][0]["states"]["name"])[site]
        probe = tensors(self.out / "probes/depth-layer-01.safetensors")
        for state, predicted in zip(states, result["parse"]["predicted_depths"], strict=True):
            centred = [x - mean for x, mean in zip(state, probe["mean"][0])]
            projected = [sum(x * row[r] for x, row in zip(centred, probe["matrix"]))
                         for r in range(3)]
            depth = sum(x * x for x in projected)
            self.assertAlmostEqual(depth, predicted, delta=1e-4 * (1 + depth))
        self.assertTrue((self.out / "probes/distance-layer-00.safetensors").exists())

    def test_only_the_beginning(self):
        result = self.probe("--data", self.data(conllu(90, trees=True)), "--max-words", "60", "--target", "depth",
                            "--layers", "1")
        words = sum(result[part]["words"] for part in ("training", "validation", "test"))
        self.assertLess(words, 70)

    def test_shows_a_table(self):
        text = self.succeed("structural-probe", "--data", self.data(conllu(40, trees=True)), "--epochs", "2",
                            "--layers", "0,1", "--model", self.gpt2)
        self.assertIn("linear chain", text)
        self.assertIn("whether the model uses it", text)

    def test_refusals(self):
        data = self.data(conllu(20))
        self.refuse(USAGE, "structural-probe", "--data", self.data("the cat\n", "x.txt"), "--model",
                    self.gpt2, says=[".conllu"])
        self.refuse(USAGE, "structural-probe", "--data", data, "--layers", "7", "--model", self.gpt2,
                    says=["7"])
        self.refuse(USAGE, "structural-probe", "--data", data, "--sentence", "99", "--model",
                    self.gpt2, says=["99"])
        broken = conllu(3).replace("\t0\tdep", "\t1\tdep", 1)
        self.refuse(BAD_INPUT, "structural-probe", "--data", self.data(broken, "broken.conllu"),
                    "--model", self.gpt2, says=["line 3"])


class MdlProbe(ProbeTest):
    def probe(self, *arguments):
        return self.result("mdl-probe", *arguments)

    def test_online_code_of_every_layer(self):
        result = self.probe("--data", self.data(conllu(60)), "--column", "upos", "--out", self.out)
        self.assertEqual([layer["layer"] for layer in result["layers"]], [0, 1, 2])
        for layer in result["layers"]:
            for code in (layer["task"], layer["control"]):
                total = sum(portion["bits"] for portion in code["portions"])
                self.assertAlmostEqual(total, code["code_length_bits"], places=6)
                self.assertAlmostEqual(result["uniform_bits"] / total, code["compression"], places=6)
        shortest = min(range(3), key=lambda i: result["layers"][i]["task"]["code_length_bits"])
        self.assertEqual(result["shortest"], shortest)
        self.assertEqual(json.loads((self.out / "mdl_probe.json").read_text()), result)
        self.assertEqual(len(self.rows("mdl_probe.csv")), 3)
        portions = len(result["layers"][0]["task"]["portions"])
        self.assertEqual(len(self.rows("portions.csv")), 3 * portions)
        for name in ("mdl_probe.png", "portions.png"):
            self.assertEqual((self.out / name).read_bytes()[:4], b"\x89PNG")

    def test_other_codes_and_probes(self):
        data = self.data(conllu(40))
        for arguments in (["--code", "variational"], ["--probe", "linear-adam", "--epochs", "2"],
                          ["--probe", "mlp", "--hidden", "8", "--epochs", "2"],
                          ["--raw", "--c", "0.1", "--seeds", "2"]):
            result = self.probe("--data", data, "--column", "upos", "--layers", "1", *arguments)
            self.assertGreater(result["layers"][0]["task"]["code_length_bits"], 0)
        self.assertGreater(result["layers"][0]["task"]["standard_deviation"], 0)

    def test_the_notebooks_number(self):
        text = self.succeed("mdl-probe", "--data", self.data(conllu(40)), "--column", "upos",
                            "--layers", "1", "--no-control", "--voita-notebook", "--model", self.gpt2)
        self.assertIn("notebook kbits", text)

    def test_refusals(self):
        data = self.data(conllu(20))
        self.refuse(USAGE, "mdl-probe", "--data", data, "--column", "depth", "--model", self.gpt2,
                    says=["real values"])
        self.refuse(USAGE, "mdl-probe", "--data", data, "--column", "upos", "--code", "variational",
                    "--voita-notebook", "--model", self.gpt2, says=["online"])


if __name__ == "__main__":
    main()
