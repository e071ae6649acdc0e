#!/usr/bin/env python3
"""Bench worker for TransformerLens (its TransformerBridge). See README.md for the protocol."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import warnings

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

import worker_protocol

warnings.filterwarnings("ignore")


class Worker:
    def __init__(self):
        self.bridge = None

    def setup(self, args):
        torch.set_num_threads(args.get("threads", 2))
        torch.set_grad_enabled(False)

        def work():
            from transformer_lens.model_bridge import TransformerBridge

            folder = args["model"]
            model = AutoModelForCausalLM.from_pretrained(
                folder, dtype=torch.float32, attn_implementation="eager").eval()
            self.bridge = TransformerBridge.boot_transformers(
                folder, device="cpu", dtype=torch.float32, hf_model=model,
                tokenizer=AutoTokenizer.from_pretrained(folder))

        return work, lambda value, save: ({"layers": self.bridge.cfg.n_layers}, {})

    def run_with_cache(self, args):
        ids = torch.tensor([args["ids"]])

        def finish(value, save):
            cache = value[1]
            storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()
                        for tensor in cache.values()}
            arrays = {site: cache[site][0].numpy() for site in args["save_sites"]} if save else {}
            return {"sites": len(cache), "bytes": sum(storages.values())}, arrays

        return lambda: self.bridge.run_with_cache(ids), finish

    def cases(self):
        return {"setup": self.setup, "run_with_cache": self.run_with_cache}


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    worker_protocol.serve(Worker().cases())
