"""headlens models, names in a hub's cache, and pull without a hub."""

import json
import shutil

import schema
from program import RESOURCE, USAGE, CommandLineTest, main

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Models(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.environment_here = self.environment(HEADLENS_CACHE=str(self.scratch / "none"),
                                                 HF_HOME=str(self.scratch / "hf"))

    def rows(self):
        listed = json.loads(self.succeed("models", "--json", env=self.environment_here))
        schema.check(listed)
        return {row["name"]: row for row in listed["models"]}

    def put_into_hub_cache(self, repository):
        folder = self.scratch / "hf" / "hub" / f"models--{repository.replace('/', '--')}"
        snapshot = folder / "snapshots" / COMMIT
        shutil.copytree(self.gpt2, snapshot)
        (folder / "refs").mkdir()
        (folder / "refs" / "main").write_text(COMMIT, encoding="utf-8")
        return snapshot

    def test_nothing_is_here(self):
        rows = self.rows()
        for name in ("gpt2", "gpt2-medium", "pythia-70m", "bert-base-uncased", "smollm2-135m",
                     "minilm-l6"):
            self.assertFalse(rows[name]["local"])
            self.assertEqual(rows[name]["path"], "")
        table = self.succeed("models", env=self.environment_here)
        self.assertIn("gpt2-medium", table)
        self.assertIn("headlens pull NAME", table)
        self.assertFalse((self.scratch / "none").exists())

    def test_names_resolve_in_the_hub_cache(self):
        snapshot = self.put_into_hub_cache("openai-community/gpt2")
        row = self.rows()["gpt2"]
        self.assertTrue(row["local"])
        self.assertEqual(row["path"], str(snapshot))
        self.assertGreater(row["bytes"], 100_000)
        for name in ("gpt2", "openai-community/gpt2", f"openai-community/gpt2@{COMMIT}"):
            result = json.loads(self.succeed("run", "the", "--model", name, "--json",
                                             env=self.environment_here))
            self.assertEqual(result["provenance"]["model_path"], str(snapshot))
            self.assertIn("gpt2", result["provenance"]["model_name"])

    def test_other_repositories_are_listed(self):
        self.put_into_hub_cache("someone/tiny")
        self.assertTrue(self.rows()["someone/tiny"]["local"])
        self.assertIn("someone/tiny", self.succeed("models", env=self.environment_here))

    def test_pull_from_a_closed_port(self):
        environment = self.environment_here | {"HF_ENDPOINT": "http://127.0.0.1:1"}
        self.refuse(RESOURCE, "pull", "gpt2", env=environment, says="127.0.0.1:1")
        self.assertEqual([path for path in (self.scratch / "hf").rglob("*") if path.is_file()], [])

    def test_pull_of_no_name(self):
        for name in ("", "a/b/c", "../etc", "no such model"):
            self.refuse(USAGE, "pull", name, env=self.environment_here)

    def test_pull_offline(self):
        done = self.run_program("pull", "gpt2", env=self.environment_here | {"HF_HUB_OFFLINE": "1"})
        self.assertIn(done.returncode, (USAGE, RESOURCE))
        self.check_refusal(done, done.returncode, "HF_HUB_OFFLINE")


if __name__ == "__main__":
    main()
