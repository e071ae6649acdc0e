#!/usr/bin/env python3
"""Bench worker for Hugging Face Transformers, used as an expert would: eval and inference mode,
float32, all threads that the bench allows. See README.md for the protocol."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

import worker_protocol

LENS_ROWS = 1024


class Worker:
    def __init__(self):
        self.folder = None
        self.model = None

    def load(self, folder, **options):
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options).eval()

    def setup(self, args):
        torch.set_num_threads(args.get("threads", 2))
        self.folder = args["model"]

        def work():
            self.model = self.load(self.folder)

        return work, lambda value, save: ({"layers": self.model.config.num_hidden_layers}, {})

    def load_again(self, args):
        return lambda: self.load(self.folder), lambda value, save: ({}, {})

    def load_gguf(self, args):
        folder, name = os.path.split(args["gguf"])
        return lambda: self.load(folder, gguf_file=name), lambda value, save: ({}, {})

    def tokenize(self, args):
        tokenizer = AutoTokenizer.from_pretrained(self.folder)
        ids = []

        def work():
            ids.extend(tokenizer(args["text"])["input_ids"])

        return work, lambda value, save: ({"ids": ids[:args.get("count")]}, {})

    def forward_logits(self, args):
        ids = torch.tensor([args["ids"]])
        self.model.set_attn_implementation(args.get("attention", "sdpa"))

        def work():
            with torch.inference_mode():
                return self.model(ids, use_cache=False).logits[0]

        return work, lambda logits, save: ({"next_token": int(logits[-1].argmax())},
                                           {"logits": logits.numpy()})

    def attention_and_hidden(self, args):
        ids = torch.tensor([args["ids"]])
        self.model.set_attn_implementation("eager")

        def work():
            with torch.inference_mode():
                return self.model.model(ids, use_cache=False, output_attentions=True,
                                        output_hidden_states=True)

        def finish(output, save):
            if not save:
                return {}, {}
            layers = args["save_layers"]
            return {}, {"attentions": torch.stack([output.attentions[l][0] for l in layers]).numpy(),
                        "hidden_states": torch.cat(output.hidden_states).numpy()}

        return work, finish

    def lens_rows(self, states):
        """The final norm over every state but the last, which already has it; [states * n, d]."""
        rows = torch.cat(states[:-1])
        return torch.cat([self.model.model.norm(rows).flatten(0, 1), states[-1][0]])

    def logit_lens(self, args):
        ids, k = torch.tensor([args["ids"]]), args["k"]
        self.model.set_attn_implementation("sdpa")

        def work():
            with torch.inference_mode():
                states = self.model.model(ids, use_cache=False,
                                          output_hidden_states=True).hidden_states
                top_ids, top_probabilities = [], []
                for rows in self.lens_rows(states).split(LENS_ROWS):
                    logits = self.model.lm_head(rows)
                    best = logits.topk(k, dim=-1)
                    top_ids.append(best.indices)
                    total = logits.logsumexp(dim=-1, keepdim=True)
                    top_probabilities.append((best.values - total).exp())
                shape = (len(states), ids.shape[1], k)
                return (torch.cat(top_ids).reshape(shape),
                        torch.cat(top_probabilities).reshape(shape))

        return work, lambda value, save: ({}, {"top_ids": value[0].int().numpy(),
                                               "top_probabilities": value[1].numpy()})

    def cases(self):
        return {"setup": self.setup, "tokenize": self.tokenize, "load": self.load_again,
                "load_gguf": self.load_gguf, "forward_logits": self.forward_logits,
                "attention_and_hidden": self.attention_and_hidden, "logit_lens": self.logit_lens}


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    worker_protocol.serve(Worker().cases())
