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

    def predicted(self, kind, states):
        """Depths, or distances, by the saved matrix."""
        probe = tensors(self.out / f"probes/{kind}-layer-01.safetensors")
        projected = []
        for state in states:
            centred = [x - mean for x, mean in zip(state, probe["mean"][0], strict=True)]
            projected.append([sum(x * row[r] for x, row in zip(centred, probe["matrix"], strict=True))
                              for r in range(3)])
        if kind == "depth":
            return [sum(x * x for x in own) for own in projected]
        return [[sum((x - y) ** 2 for x, y in zip(one, other)) for other in projected]
                for one in projected]

    def test_saved_probes_are_applied_to_new_text(self):
        self.probe("--data", self.data(conllu(50, trees=True)), "--layers", "1", "--rank", "3",
                   "--standardize", "--pooling", "mean", "--out", self.out)
        schema.check(json.loads((self.out / "probes/probes.json").read_text()))
        lines = ["the cat a cab .", "the bat , a cat"]
        data = self.data("\n".join(lines[:1] + [""] + lines[1:]) + "\n", "new.txt")
        path = self.out / "probes/distance-layer-01.safetensors"
        result = json.loads(self.succeed("probe-apply", path, "--data", data, "--model", self.gpt2,
                                         "--json"))
        schema.check(result)
        self.assertEqual([tree["line"] for tree in result["trees"]], [1, 3])
        columns = "".join("".join(f"{i}\t{form}\t_\tX" + "\t_" * 6 + "\n"
                                  for i, form in enumerate(line.split(), 1)) + "\n" for line in lines)
        harvest = self.scratch / "harvest"
        self.succeed("harvest", "--data", self.data(columns, "new.conllu"), "--column", "upos",
                     "--pooling", "mean", "--layers", "1", "--model", self.gpt2, "--out", harvest)
        manifest = json.loads((harvest / "manifest.json").read_text())
        states = tensors(harvest / manifest["shards"][0]["states"]["name"])[
            manifest["sites"][0]["name"]]
        begin = 0
        for tree, line in zip(result["trees"], lines, strict=True):
            words = tree["words"]
            self.assertEqual([word["form"] for word in words], line.split())
            kept = [i for i, word in enumerate(words) if word["form"] not in ".,"]
            self.assertEqual([i for i, word in enumerate(words) if word["in_tree"]], kept)
            own = states[begin:begin + len(words)]
            begin += len(words)
            depths = self.predicted("depth", own)
            for word, depth in zip(words, depths, strict=True):
                self.assertAlmostEqual(word["depth"], depth, delta=1e-4 * (1 + depth))
            self.assertEqual(tree["root"] - 1, min(kept, key=lambda i: depths[i]))
            distances = self.predicted("distance", own)
            joined, edges = {kept[0]}, []
            while len(joined) < len(kept):
                edge = min(((i, j) for i in joined for j in kept if j not in joined),
                           key=lambda pair: distances[pair[0]][pair[1]])
                joined.add(edge[1])
                edges.append(sorted(place + 1 for place in edge))
            self.assertEqual([edge["words"] for edge in tree["edges"]], sorted(edges))
            for edge in tree["edges"]:
                distance = distances[edge["words"][0] - 1][edge["words"][1] - 1]
                self.assertAlmostEqual(edge["distance"], distance, delta=1e-4 * (1 + distance))
        shown = self.succeed("probe-apply", path, "--text", lines[0], "--model", self.gpt2)
        self.assertIn("(root)", shown)

    def test_what_cannot_be_applied(self):
        self.probe("--data", self.data(conllu(40, trees=True)), "--layers", "1", "--target",
                   "distance", "--out", self.out)
        path = self.out / "probes/distance-layer-01.safetensors"
        result = self.result("probe-apply", path, "--text", "the cat")
        self.assertIsNone(result["trees"][0]["root"])
        self.assertIsNone(result["trees"][0]["words"][0]["depth"])
        self.assertEqual([edge["words"] for edge in result["trees"][0]["edges"]], [[1, 2]])
        model = ["--model", self.gpt2]
        self.refuse(BAD_INPUT, "probe-apply", path, "--text", "the cat", "--model", self.bert,
                    says="is another")
        self.refuse(USAGE, "probe-apply", path, *model, says="--data")
        self.refuse(USAGE, "probe-apply", path, "--text", "a", "--unit", "word", *model,
                    says="leave out --unit")
        other = self.out / "probes/other.safetensors"
        other.write_bytes(path.read_bytes())
        self.refuse(BAD_INPUT, "probe-apply", other, "--text", "a", *model,
                    says="is no structural probe")
        missing = self.out / "probes/depth-layer-01.safetensors"
        self.refuse(BAD_INPUT, "probe-apply", missing, "--text", "a", *model, says="no such file")
        path.write_bytes(path.read_bytes()[:-8])
        self.refuse(BAD_INPUT, "probe-apply", path, "--text", "a", *model, says=str(path))
        (self.out / "probes/probes.json").unlink()
        self.refuse(BAD_INPUT, "probe-apply", path, "--text", "a", *model, says="probes.json")

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
