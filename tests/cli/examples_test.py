"""Every command's help, and the examples in it, which must run."""

import os
import shlex
import shutil
import unittest

from corpora import conllu, tweets
from program import RESOURCE, ROOT, CommandLineTest, main, real_model


class Help(CommandLineTest):
    def commands(self):
        overview = self.succeed("--help").split("\nSubcommands:\n")[1]
        return [line.split()[0] for line in overview.splitlines() if line.strip()]

    def example(self, command):
        text = self.succeed(command, "--help")
        self.assertIn("\nExample:\n  headlens ", text)
        line = text.split("\nExample:\n")[1].strip()
        words = shlex.split(line)
        self.assertEqual(words[:2], ["headlens", command])
        return words[1:]

    def test_every_command_has_one(self):
        for command in self.commands():
            with self.subTest(command=command):
                self.assertTrue(self.example(command))

    def test_all_help_at_once(self):
        text = self.succeed("--help-all")
        for option in ("--no-final-norm", "--color-map", "--revision", "--json"):
            self.assertIn(option, text)

    def test_version(self):
        self.assertRegex(self.succeed("--version"), r"^\d+\.\d+\.\d+\n$")

    def test_models_example(self):
        self.assertIn("smollm2-135m", self.succeed(*self.example("models")))

    def test_pull_example(self):
        self.refuse(RESOURCE, *self.example("pull"),
                    env=self.environment(HF_ENDPOINT="http://127.0.0.1:1"))

    @unittest.skipUnless(real_model("smollm2-135m"), "smollm2-135m is not in the cache: ./run models")
    def test_examples_with_a_model(self):
        shows = {"run": "Paris", "attention": "L13H8  0.804", "lens": "Paris", "report": "index.html",
                 "ablate": "L5H3", "patch": "·France", "path-patch": "L23H4", "attribute-patch": "embed",
                 "steer": "steered", "circuit": "faithfulness", "prune": "before the loss rises",
                 "harvest": "40 words of 8 sentences", "probe": "scores best: accuracy",
                 "probe-apply": "NOUN", "structural-probe": "linear chain", "mdl-probe": "compression",
                 "amnesic": "Erasing", "head-gap": "the head"}
        self.assertEqual(set(self.commands()) - set(shows), {"models", "pull"})
        shutil.copytree(ROOT / "examples", self.scratch / "examples")
        for name, text in (("en_ewt-ud-train.conllu", conllu(40, trees=True)),
                           ("en_ewt-ud-dev.conllu", conllu(15, 9, trees=True)),
                           ("train.En.csv", tweets())):
            (self.scratch / name).write_text(text, encoding="utf-8")
        more = {"probe": ["--out", "out/lab-pos"]}  # what probe-apply's example reads
        for command, text in shows.items():
            with self.subTest(command=command):
                shown = self.succeed(*self.example(command), *more.get(command, []),
                                     env=dict(os.environ))
                self.assertIn(text, shown)
        files = self.files_in(self.scratch / "out")
        for name in ("index.html", "report.json", "attention.npy", "attention_L13.png", "lens.png"):
            self.assertIn(name, files)


if __name__ == "__main__":
    main()
