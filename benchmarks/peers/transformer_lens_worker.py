#!/usr/bin/env python3
"""Bench worker for TransformerLens (its TransformerBridge). See README.md for the protocol."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import warnings

import numpy as np
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

    def sweep(self, args, ids, site, n_columns, set_cells):
        """[layer, column] logit differences. `naive` runs one pass a cell; else an expert's batch
        of all columns of a layer, by a hook that edits each row. set_cells(value, layer, columns)
        edits row i of the batch for columns[i]."""
        tokens = torch.tensor([ids])
        answer, foil = args["answer"], args["foil"]
        columns = range(n_columns)
        groups = [[c] for c in columns] if args.get("naive") else [list(columns)]

        def work():
            cells = np.zeros((self.bridge.cfg.n_layers, n_columns), np.float32)
            for layer in range(self.bridge.cfg.n_layers):
                for group in groups:
                    def hook(value, hook, layer=layer, group=group):
                        set_cells(value, layer, group)
                        return value

                    last = self.bridge.run_with_hooks(
                        tokens.repeat(len(group), 1),
                        fwd_hooks=[(f"blocks.{layer}.{site}", hook)])[:, -1]
                    cells[layer, group] = (last[:, answer] - last[:, foil]).numpy()
            return cells

        return work, lambda cells, save: ({}, {"cells": cells})

    def ablate(self, args):
        def zero(value, layer, heads):
            for row, head in enumerate(heads):
                value[row, :, head] = 0

        return self.sweep(args, args["ids"], "attn.hook_z", self.bridge.cfg.n_heads, zero)

    def patch(self, args):
        by_head = args["site"] != "resid_pre"
        site = f"attn.hook_{args['site']}" if by_head else "hook_resid_pre"
        clean = self.bridge.run_with_cache(torch.tensor([args["ids"]]))[1]

        def put(value, layer, columns):
            source = clean[f"blocks.{layer}.{site}"][0]
            for row, column in enumerate(columns):
                if by_head:
                    value[row, :, column] = source[:, column]
                else:
                    value[row, column] = source[column]

        n_columns = self.bridge.cfg.n_heads if by_head else len(args["ids"])
        return self.sweep(args, args["corrupt"], site, n_columns, put)

    def cases(self):
        return {"setup": self.setup, "run_with_cache": self.run_with_cache,
                "ablate": self.ablate, "patch": self.patch}


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    worker_protocol.serve(Worker().cases())
