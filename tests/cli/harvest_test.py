"""headlens harvest: what it writes, that killing it loses nothing, and what it refuses."""

import hashlib
import json
import os
import random
import struct
import subprocess
import time
import unittest

import schema
from corpora import conllu
from program import BAD_INPUT, USAGE, CommandLineTest, main, real_model


class HarvestTest(CommandLineTest):
    def data(self, text, name="data.conllu"):
        path = self.scratch / name
        path.write_text(text, encoding="utf-8")
        return path

    def files(self, folder):
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def tensors(self, path):
        data = path.read_bytes()
        size = struct.unpack("<Q", data[:8])[0]
        return json.loads(data[8:8 + size])


class Results(HarvestTest):
    def test_manifest_rows_and_states(self):
        text = self.succeed("harvest", "--data", self.data(conllu(30)), "--column", "upos,depth",
                            "--layers", "0,2", "--dtype", "f16", "--shard-tokens", "100",
                            "--model", self.gpt2, "--out", self.out, "--json")
        manifest = json.loads(text)
        schema.check(manifest)
        self.assertEqual(manifest, json.loads((self.out / "manifest.json").read_text()))
        self.assertEqual([site["hidden_state"] for site in manifest["sites"]], [0, 2])
        self.assertEqual([site["name"] for site in manifest["sites"]],
                         ["blocks.0.hook_resid_pre", "blocks.1.hook_resid_post"])
        self.assertGreater(len(manifest["shards"]), 1)
        rows = 0
        for shard in manifest["shards"]:
            for file in (shard["states"], shard["rows"]):
                data = (self.out / file["name"]).read_bytes()
                self.assertEqual(len(data), file["bytes"])
                self.assertEqual(hashlib.sha256(data).hexdigest(), file["sha256"])
            header = self.tensors(self.out / shard["states"]["name"])
            width = manifest["sites"][0]["width"]
            for site in manifest["sites"]:
                self.assertEqual(header[site["name"]]["shape"], [shard["counts"]["rows"], width])
                self.assertEqual(header[site["name"]]["dtype"], "F16")
            lines = (self.out / shard["rows"]["name"]).read_text().splitlines()
            self.assertEqual(len(lines), shard["counts"]["sentences"])
            for line in map(json.loads, lines):
                rows += len(line["rows"])
                for n, row in enumerate(line["rows"]):
                    begin, end = row["span"]
                    self.assertEqual(line["text"][begin:end], row["form"])
                    self.assertEqual(row["labels"], [f"P{len(row['form'])}", n])
        self.assertEqual(rows, manifest["counts"]["rows"])

    def test_other_sites_and_units(self):
        self.succeed("harvest", "--task", "tree-depth", "--data", self.data(conllu(5)), "--site",
                     "attn.hook_z", "--layers", "1", "--model", self.gpt2, "--out", self.out)
        manifest = json.loads((self.out / "manifest.json").read_text())
        self.assertEqual([site["name"] for site in manifest["sites"]], ["blocks.1.attn.hook_z"])
        self.assertEqual((manifest["unit"], manifest["pooling"]), ("sentence", "mean"))
        out = self.scratch / "tokens"
        shown = self.succeed("harvest", "--data", self.data("the cat\n\nsat\n", "x.txt"), "--unit",
                             "token", "--model", self.gpt2, "--out", out)
        self.assertIn("tokens of 2 sentences", shown)

    def test_pairs_and_cls(self):
        data = self.data('{"text": "the cat", "second_text": "sat", "y": "A"}\n', "x.jsonl")
        self.succeed("harvest", "--data", data, "--column", "y", "--pooling", "cls", "--layers",
                     "1", "--model", self.bert, "--out", self.out)
        manifest = json.loads((self.out / "manifest.json").read_text())
        shape = self.tensors(self.out / "shard-00000.safetensors")[manifest["sites"][0]["name"]]
        self.assertEqual(shape["shape"], [1, manifest["sites"][0]["width"]])


class Killed(HarvestTest):
    def test_at_any_moment(self):
        """SIGKILL again and again; what is there in the end is what an undisturbed run gives."""
        arguments = ["harvest", "--data", self.data(conllu(1500)), "--column", "upos",
                     "--shard-tokens", "300", "--model", self.gpt2]
        whole = self.scratch / "whole"
        begin = time.monotonic()
        self.succeed(*arguments, "--out", whole)
        seconds = time.monotonic() - begin
        kills, rng = 0, random.Random(1)
        while True:
            process = self.start(*arguments, "--out", self.out)
            try:
                process.communicate(timeout=seconds * rng.uniform(0.1, 0.7) if kills < 12 else 120)
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
        self.assertEqual(process.returncode, 0)
        self.assertGreater(kills, 0)
        self.assertEqual(self.files(self.out), self.files(whole))

    def test_begun_again_when_it_is_done(self):
        arguments = ["harvest", "--task", "upos", "--data", self.data(conllu(20)), "--model",
                     self.gpt2, "--out", self.out]
        self.succeed(*arguments)
        before = self.files(self.out)
        self.succeed(*arguments)
        self.assertEqual(self.files(self.out), before)


class Refusals(HarvestTest):
    def refuse_harvest(self, code, *arguments, says):
        self.refuse(code, "harvest", *arguments, "--model", self.gpt2, "--out", self.out, says=says)
        self.assert_nothing_written()

    def test_arguments(self):
        data = self.data(conllu(3))
        cases = [([], "what to read?"),
                 (["--task", "mood"], "there is no task mood"),
                 (["--task", "upos"], "needs data"),
                 (["--task", "lab-pos", "--column", "upos"], "not both"),
                 (["--data", data], "which labels"),
                 (["--data", data, "--column", "colour"], "no column colour"),
                 (["--data", data, "--column", "upos", "--layers", "3"], "hidden state 3"),
                 (["--data", data, "--column", "upos", "--site", "hook_x"], "hook_x"),
                 (["--data", data, "--column", "upos", "--site", "hook_pattern"], "pairs of tokens"),
                 (["--data", data, "--column", "upos", "--site", "hook_z", "--layers", "2"],
                  "layer 2 does not exist"),
                 (["--data", data, "--column", "upos", "--dtype", "f8"], "--dtype"),
                 (["--data", data, "--column", "upos", "--pooling", "cls"], "for sentences"),
                 (["--data", data, "--column", "upos", "--shard-tokens", "0"], "--shard-tokens")]
        for arguments, says in cases:
            with self.subTest(arguments=arguments):
                self.refuse_harvest(USAGE, *arguments, says=says)
        self.refuse(USAGE, "harvest", "--task", "lab-pos", "--model", self.gpt2, says="--out")

    def test_data_with_the_line(self):
        row = "1\tthe\tthe\tX\t_\t_\t0\troot\t_\t_\n"
        cases = [("x.conllu", row + "3\ta\ta\tX\t_\t_\t1\tdep\t_\t_\n", "upos", "line 2"),
                 ("x.conllu", "# text = a\n" + row, "upos", "line 1"),
                 ("x.conllu", row + "\n" + row.replace("the", "€"), "upos", "line 3"),
                 ("x.conllu", row + "\n" + row.replace("the", "q" * 40), "upos", "line 3"),
                 ("x.jsonl", '{"words": ["a", "b"], "t": ["X"]}', "t", "line 1"),
                 ("x.csv", "text,t\na,b,c\n", "t", "line 2"),
                 ("x.iob2", "a\tO\nb\tI-X\n", "entity", "line 2")]
        for name, text, column, line in cases:
            with self.subTest(name=name, text=text):
                self.refuse_harvest(BAD_INPUT, "--data", self.data(text, name), "--column", column,
                                    says=[name, line])
        self.refuse_harvest(BAD_INPUT, "--data", "nowhere.csv", "--column", "t", says="no such file")

    def test_a_folder_of_other_work(self):
        data = self.data(conllu(3))
        self.succeed("harvest", "--task", "upos", "--data", data, "--model", self.gpt2, "--out",
                     self.out)
        before = self.files(self.out)
        self.refuse(USAGE, "harvest", "--task", "upos", "--data", data, "--model", self.bert,
                    "--out", self.out, says="other work")
        self.refuse(USAGE, "harvest", "--task", "upos", "--data", self.data(conllu(4), "d.conllu"),
                    "--model", self.gpt2, "--out", self.out, says="other work")
        self.assertEqual(self.files(self.out), before)


class RealModel(HarvestTest):
    @unittest.skipUnless(real_model("smollm2-135m"), "smollm2-135m is not in the cache: ./run models")
    def test_the_lab(self):
        text = self.succeed("harvest", "--task", "lab-pos", "--layers", "0,3", "--json", "--out",
                            self.out, env=dict(os.environ))
        manifest = json.loads(text)
        schema.check(manifest)
        self.assertEqual(manifest["counts"]["rows"], 40)
        self.assertEqual(manifest["sites"][1]["width"], 576)


if __name__ == "__main__":
    main()
