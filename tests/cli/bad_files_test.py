"""Models that are missing, damaged or hostile: one clear line, the right exit code, nothing left."""

import json
import shutil
import struct

import tiny_models
from program import BAD_INPUT, UNSUPPORTED, USAGE, CommandLineTest, main

PARITY = tiny_models.PARITY


class BadModels(CommandLineTest):
    def damaged(self, name="damaged"):
        """A copy of the tiny GPT-2 for a test to damage."""
        return shutil.copytree(self.gpt2, self.scratch / name)

    def refuse_model(self, code, model, says=()):
        for command in ("run", "report"):
            message = self.refuse(code, command, "the cat", "--model", model, "--json", "--out",
                                  self.out, says=says)
            self.assert_nothing_written()
        return message

    def test_unknown_names(self):
        self.refuse_model(USAGE, "smollm3", says=["smollm3", "headlens models"])
        self.refuse_model(USAGE, "gpt2-medium", says="headlens pull gpt2-medium")
        self.refuse_model(USAGE, "someone/something", says="headlens pull someone/something")
        self.refuse_model(USAGE, "", says="no model was named")

    def test_missing_paths(self):
        self.refuse_model(BAD_INPUT, "./not-there", says="no such file or folder")
        self.refuse_model(BAD_INPUT, self.scratch, says="holds no model")
        (self.scratch / "notes.txt").write_text("hello", encoding="utf-8")
        self.refuse_model(BAD_INPUT, self.scratch / "notes.txt", says="holds no model")

    def test_truncated_safetensors(self):
        model = self.damaged()
        weights = (model / "model.safetensors").read_bytes()
        for length in (0, 4, 100, len(weights) // 2, len(weights) - 1):
            (model / "model.safetensors").write_bytes(weights[:length])
            self.refuse_model(BAD_INPUT, model, says="model.safetensors")

    def test_missing_weights(self):
        model = self.damaged()
        (model / "model.safetensors").unlink()
        self.refuse_model(BAD_INPUT, model, says="safetensors")

    def test_hostile_safetensors(self):
        model = self.damaged()
        (model / "model.safetensors").write_bytes(struct.pack("<Q", 2**63) + b"{}")
        self.refuse_model(BAD_INPUT, model, says="model.safetensors")
        header, data = tiny_models.safetensors_header(self.gpt2)
        name = next(key for key in header if key != "__metadata__")
        for change in ({"data_offsets": [0, 2**62]}, {"data_offsets": [-8, 8]},
                       {"shape": [2**40, 2**40]}, {"dtype": "F128"}):
            hostile = header | {name: header[name] | change}
            tiny_models.write_safetensors(model, hostile, data)
            done = self.run_program("run", "the", "--model", model, "--out", self.out)
            self.check_refusal(done, UNSUPPORTED if done.returncode == UNSUPPORTED else BAD_INPUT)
            self.assertTrue(done.returncode == BAD_INPUT or "dtype" in change, change)
            self.assert_nothing_written()

    def test_damaged_gguf(self):
        whole = (PARITY / "gguf_llama_q8_0" / "model.gguf").read_bytes()
        file = self.scratch / "model.gguf"
        for length in (0, 3, 20, 200, len(whole) // 2, len(whole) - 1):
            file.write_bytes(whole[:length])
            self.refuse_model(BAD_INPUT, file, says="model.gguf")
        file.write_bytes(whole[:8] + struct.pack("<QQ", 2**60, 2**60) + whole[24:])
        self.refuse_model(BAD_INPUT, file, says="model.gguf")
        file.write_bytes(whole[:4] + struct.pack("<I", 99) + whole[8:])
        message = self.refuse(UNSUPPORTED, "run", "the", "--model", file)
        self.assertIn("99", message)

    def test_config_that_disagrees(self):
        for changes in ({"n_embd": 40}, {"n_layer": 5}, {"vocab_size": 100}, {"n_inner": 70},
                        {"n_positions": 17}, {"n_head": 5}, {"n_head": 0}, {"n_layer": -1},
                        {"n_embd": "wide"}, {"n_layer": 10**9}):
            with self.subTest(changes=changes):
                model = self.damaged(f"config-{len(list(self.scratch.iterdir()))}")
                tiny_models.change_config(model, **changes)
                self.refuse_model(BAD_INPUT, model)

    def test_config_that_is_none(self):
        model = self.damaged()
        for text in ("", "[]", "{", "null", '{"model_type": 7}', "\x00\x01"):
            (model / "config.json").write_text(text, encoding="utf-8")
            self.refuse_model(BAD_INPUT, model, says="config.json")

    def test_unknown_family(self):
        model = self.damaged()
        tiny_models.change_config(model, model_type="mamba", architectures=["MambaForCausalLM"])
        self.refuse_model(UNSUPPORTED, model, says=["mamba", "gpt2", "llama", "bert"])

    def test_corrupt_tokenizer(self):
        model = self.damaged()
        for text in ("", "{", "[]", "{}", '{"version": "1.0", "model": {"type": "Nonsense"}}'):
            (model / "tokenizer.json").write_text(text, encoding="utf-8")
            self.refuse_model(BAD_INPUT, model, says="tokenizer.json")
        (model / "tokenizer.json").unlink()
        self.refuse_model(BAD_INPUT, model, says="tokenizer")

    def test_tokenizer_of_another_model(self):
        model = self.damaged()
        tokenizer = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
        tokenizer["model"]["vocab"]["the"] = 5000
        tiny_models.write_json(model / "tokenizer.json", tokenizer)
        done = self.run_program("run", "the", "--model", model, "--out", self.out)
        self.assertIn(done.returncode, (USAGE, BAD_INPUT))
        self.check_refusal(done, done.returncode, "5000")
        self.assert_nothing_written()

    def test_weights_that_are_not_numbers(self):
        model = self.damaged()
        header, data = tiny_models.safetensors_header(self.gpt2)
        entry = header["transformer.wte.weight"]
        begin, end = entry["data_offsets"]
        broken = data[:begin] + struct.pack("<f", float("nan")) * ((end - begin) // 4) + data[end:]
        tiny_models.write_safetensors(model, header, broken)
        for command in ("run", "lens", "attention", "report"):
            done = self.run_program(command, "the cat", "--model", model, "--json", "--out",
                                    self.out)
            self.assertIn(done.returncode, (0, BAD_INPUT), (command, done.stderr))
            if done.returncode == 0:
                json.loads(done.stdout)

    def test_folders_that_are_files(self):
        model = self.damaged()
        (model / "config.json").unlink()
        (model / "config.json").mkdir()
        self.refuse_model(BAD_INPUT, model)


if __name__ == "__main__":
    main()
