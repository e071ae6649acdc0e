"""Wrong arguments and prompts: one clear line, the right exit code, and nothing written."""

from program import UNSUPPORTED, USAGE, CommandLineTest, main

COMMANDS_WITH_PROMPT = ("run", "attention", "lens", "report", "ablate", "prune")


class Arguments(CommandLineTest):
    def refuse_all(self, code, arguments, says=()):
        message = self.refuse(code, *arguments, says=says)
        self.assert_nothing_written()
        return message

    def test_commands(self):
        self.refuse(USAGE, says=["run", "attention", "lens", "report", "models", "pull"])
        self.refuse(USAGE, "attend", says=["attend", "attention"])
        self.refuse(USAGE, "--frobnicate", says="--frobnicate")
        self.refuse(USAGE, "run", "the", "--frobnicate", says="--frobnicate")
        self.refuse(USAGE, "run", "the", "cat", "--model", self.gpt2, says="cat")
        for command in COMMANDS_WITH_PROMPT:
            self.refuse(USAGE, command, says="prompt")
        self.refuse(USAGE, "pull", says="name")

    def test_empty_prompt(self):
        for command in COMMANDS_WITH_PROMPT:
            self.refuse_all(USAGE, [command, "", "--model", self.gpt2, "--out", self.out],
                            says="empty")

    def test_prompt_without_a_token(self):
        for prompt in ("\u200b", "☃"):
            done = self.run_program("run", prompt, "--model", self.gpt2, "--out", self.out)
            if done.returncode != 0:
                self.check_refusal(done, USAGE, "no token")
                self.assert_nothing_written()

    def test_prompt_past_the_context(self):
        for command in COMMANDS_WITH_PROMPT:
            self.refuse_all(USAGE, [command, "cat" * 20, "--model", self.gpt2, "--out", self.out],
                            says=["40 tokens", "at most 16"])
        self.refuse_all(USAGE, ["run", "cat " * 15 + "[MASK]", "--model", self.bert, "--out",
                                self.out], says=["18 tokens", "at most 16"])

    def test_prompt_that_is_no_utf8(self):
        for command in COMMANDS_WITH_PROMPT:
            self.refuse_all(USAGE, [command, b"the \xff\xfe cat", "--model", self.gpt2, "--out",
                                    self.out], says="UTF-8")

    def test_layers_and_heads_that_do_not_exist(self):
        cases = [(["--layer", "2"], "layer 2 does not exist"),
                 (["--layer", "77"], "layer 77 does not exist"),
                 (["--layer", "-1"], "layer -1 does not exist"),
                 (["--layers", "0,2"], "layer 2 does not exist"),
                 (["--layers", "0,-7", "--layer", "1"], "layer -7 does not exist"),
                 (["--layer", "0", "--head", "3"], "head 3 does not exist"),
                 (["--layer", "0", "--head", "-1"], "head -1 does not exist")]
        for arguments, says in cases:
            message = self.refuse_all(USAGE, ["attention", "the", "--model", self.gpt2,
                                              *arguments, "--out", self.out], says=says)
            last = "heads 0 to 2" if "head" in says else "layers 0 to 1"
            self.assertIn(last, message)

    def test_choices_that_need_others(self):
        cases = [(["--head", "0", "--out", self.out], "--layer"),
                 (["--layer", "0"], "--out"),
                 (["--from", "the", "--out", self.out], "--to"),
                 (["--to", "the", "--out", self.out], "--from")]
        for arguments, says in cases:
            self.refuse_all(USAGE, ["attention", "the", "--model", self.gpt2, *arguments], says)

    def test_tokens_that_are_not_there(self):
        self.refuse_all(USAGE, ["attention", "the\ncat", "--model", self.gpt2, "--from", "dog",
                                "--to", "the", "--out", self.out], says=["dog", "the | \\n"])

    def test_choices_that_are_not_known(self):
        cases = [("attention", "--format", "gif"), ("lens", "--format", "bmp"),
                 ("attention", "--color-map", "jet"), ("run", "--precision", "f8")]
        for command, option, value in cases:
            arguments = [command, "the", "--model", self.gpt2, option, value, "--out", self.out]
            if option == "--color-map":
                arguments += ["--layer", "0"]
            self.refuse_all(USAGE, arguments, says=value)

    def test_positions(self):
        cases = [("3", "position 3 does not exist: the prompt has 3 tokens, 0 to 2"),
                 ("-4", "position -4 does not exist"),
                 ("0,99", "position 99 does not exist"),
                 ("first", "first"), ("1.5", "1.5"), ("99999999999999999999", "9999")]
        for position, says in cases:
            self.refuse_all(USAGE, ["lens", "cat", "--no-special-tokens", "--model", self.gpt2,
                                    f"--position={position}", "--out", self.out]
                            if position != "3" else
                            ["lens", "abc", "--model", self.gpt2, "--position", "3", "--out",
                             self.out], says)

    def test_numbers_out_of_range(self):
        for command in ("run", "lens"):
            for top in ("0", "-1", "65", "2147483647"):
                self.refuse_all(USAGE, [command, "the", "--model", self.gpt2, f"--top={top}",
                                        "--out", self.out], says="1 to 64")
            for top in ("99999999999999999999", "many", "1e3", ""):
                self.refuse_all(USAGE, [command, "the", "--model", self.gpt2, f"--top={top}",
                                        "--out", self.out], says="--top")
        for threshold in ("nan", "-0.5", "1.5", "high"):
            self.refuse_all(USAGE, ["attention", "the", "--model", self.gpt2,
                                    f"--threshold={threshold}", "--out", self.out],
                            says="--threshold")

    def test_a_report_needs_a_folder(self):
        self.refuse(USAGE, "report", "the", "--model", self.gpt2, says="--out")

    def test_models_that_cannot_do_it(self):
        self.refuse_all(UNSUPPORTED, ["run", "the", "--model", self.encoder, "--out", self.out],
                        says="without a prediction head")
        for model in (self.encoder, self.classifier):
            self.refuse_all(UNSUPPORTED, ["lens", "the", "--model", model, "--out", self.out],
                            says="no vocabulary head")
        self.refuse_all(USAGE, ["run", "the cat", "--model", self.bert, "--out", self.out],
                        says="[MASK]")


if __name__ == "__main__":
    main()
