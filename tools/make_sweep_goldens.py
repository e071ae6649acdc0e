#!/usr/bin/env python3
"""Makes tests/goldens/sweeps: what TransformerLens's ablations and patches give on SmolLM2.

    tools/make_sweep_goldens.py

Logit differences on the prompts of benchmarks/peers/cases.json, of its TransformerBridge in
float32, one thread. A cell is a row of a batch in which a layer's cells are run at once; what edits
the row is the setter that the helper of transformer_lens.patching uses, and some cells of every
sweep are compared with what the helper itself returns. Ablations, for which it has no helper, zero
a head's hook_z. Cells of heads at positions are a sample: those that differ most between the runs,
some at random, and of pairs two that the model masks. The model is the folder that ./run bench
--peers makes from the packaged GGUF; it is made if it is not there. Needs the packages of
tools/requirements-peers.txt.
"""

import argparse
import json
import os
import random
import sys
import warnings
from importlib import metadata
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TQDM_DISABLE", "1")
warnings.filterwarnings("ignore")

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"
sys.path.insert(0, str(PEERS))

import pandas
import torch
from transformer_lens import patching
from transformer_lens.utilities import get_act_name
from transformers import AutoModelForCausalLM, AutoTokenizer

import smollm2_directory

CACHE = Path(os.environ.get("HEADLENS_CACHE") or
             Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headlens")
MODEL = "smollm2-135m"
CELLS_THAT_DIFFER, CELLS_AT_RANDOM, CELLS_BY_HELPER = 16, 14, 3
POSITIONS = {"resid_pre": patching.get_act_patch_resid_pre,
             "resid_mid": patching.get_act_patch_resid_mid,
             "attn_out": patching.get_act_patch_attn_out,
             "mlp_out": patching.get_act_patch_mlp_out}
HEADS = {"z": patching.get_act_patch_attn_head_out_all_pos,
         "q": patching.get_act_patch_attn_head_q_all_pos,
         "k": patching.get_act_patch_attn_head_k_all_pos,
         "v": patching.get_act_patch_attn_head_v_all_pos,
         "pattern": patching.get_act_patch_attn_head_pattern_all_pos}
HEADS_BY_POSITION = {"z": patching.get_act_patch_attn_head_out_by_pos,
                     "q": patching.get_act_patch_attn_head_q_by_pos,
                     "k": patching.get_act_patch_attn_head_k_by_pos,
                     "v": patching.get_act_patch_attn_head_v_by_pos,
                     "pattern": patching.get_act_patch_attn_head_pattern_by_pos}


class Sweeps:
    def __init__(self, folder, case):
        from transformer_lens.model_bridge import TransformerBridge

        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager").eval()
        self.bridge = TransformerBridge.boot_transformers(
            folder, device="cpu", dtype=torch.float32, hf_model=model,
            tokenizer=AutoTokenizer.from_pretrained(folder))
        self.clean = torch.tensor([case["clean"]])
        self.answer, self.foil = case["answer"], case["foil"]
        self.cache = self.bridge.run_with_cache(self.clean)[1]
        self.results = []

    def metric(self, logits):
        return logits[:, -1, self.answer] - logits[:, -1, self.foil]

    def add(self, values, **about):
        about["values"] = [float(f"{value:.8g}") for value in values.flatten().tolist()]
        self.results.append(about)
        print(f"{about['edit']} {about['site']}: {len(about['values'])} values, "
              f"{min(about['values']):.4f} to {max(about['values']):.4f}", flush=True)

    def run(self, ids, site, cells, setter):
        """The metric of every cell [layer, ...] whose row setter(row, cell, clean row) edits."""
        values = torch.zeros(len(cells))
        for layer in sorted({cell[0] for cell in cells}):
            name = get_act_name(site, layer=layer)
            here = [i for i, cell in enumerate(cells) if cell[0] == layer]

            def edit(value, hook, name=name, here=here):
                for row, i in enumerate(here):
                    setter(value[row:row + 1], cells[i], self.cache[name])
                return value

            logits = self.bridge.run_with_hooks(torch.tensor([ids]).repeat(len(here), 1),
                                                fwd_hooks=[(name, edit)])
            values[here] = self.metric(logits)
        return values

    def ablate_heads(self):
        def zero(row, cell, clean):
            row[:, :, cell[1]] = 0

        values = self.run(self.clean[0].tolist(), "z", self.grid(self.bridge.cfg.n_heads), zero)
        self.add(values, edit="ablate", site="z", columns="heads")

    def grid(self, n_columns):
        return [[layer, column] for layer in range(self.bridge.cfg.n_layers)
                for column in range(n_columns)]

    def patch(self, helper, site, columns, corrupt, cells=None):
        about = {"edit": "patch", "site": site, "columns": columns, "corrupt": corrupt}
        if cells:
            about |= {"axes": list(helper.keywords["index_axis_names"]), "cells": cells}
        elif columns == "positions":
            cells = self.grid(len(corrupt))
        else:
            kv = site in "kv"
            cells = self.grid(self.cache[get_act_name(site, layer=0)].shape[2] if kv
                              else self.bridge.cfg.n_heads)
        tokens = torch.tensor([corrupt])
        about["corrupt_metric"] = float(self.metric(self.bridge(tokens)))
        values = self.run(corrupt, site, cells, helper.keywords["patch_setter"])
        # A hook that nothing reads would leave every run alone.
        change = (values - about["corrupt_metric"]).abs()
        assert change.max() > 0.01, site
        most = change.topk(CELLS_BY_HELPER).indices.tolist()
        table = pandas.DataFrame([cells[i] for i in most],
                                 columns=helper.keywords["index_axis_names"])
        returned = helper(self.bridge, tokens, self.cache, lambda logits: self.metric(logits)[0],
                          index_axis_names=None, index_df=table)
        assert (returned - values[most]).abs().max() < 2e-4, (site, returned, values[most])
        self.add(values, **about)

    def differences(self, site, corrupt):
        """Of both runs' values, [layer, ...]."""
        other = self.bridge.run_with_cache(torch.tensor([corrupt]))[1]
        names = [get_act_name(site, layer=layer) for layer in range(self.bridge.cfg.n_layers)]
        return torch.stack([(self.cache[name] - other[name])[0].abs() for name in names])

    def cells_by_position(self, site, corrupt):
        """In the helper's order: [layer, position, head], of patterns [layer, head, query]."""
        differ = self.differences(site, corrupt).amax(-1)
        chosen = [[int(i) for i in torch.unravel_index(torch.tensor(flat), differ.shape)]
                  for flat in differ.flatten().topk(CELLS_THAT_DIFFER).indices.tolist()]
        draw = random.Random(7)
        return chosen + [[draw.randrange(size) for size in differ.shape]
                         for _ in range(CELLS_AT_RANDOM)]

    def pattern_cells(self, corrupt):
        """[layer, head, query, key]"""
        differ = self.differences("pattern", corrupt)
        n_layers, n_heads, n, _ = differ.shape
        chosen = []
        for flat in differ.flatten().topk(CELLS_THAT_DIFFER).indices.tolist():
            chosen.append([int(i) for i in torch.unravel_index(torch.tensor(flat), differ.shape)])
        draw = random.Random(7)
        for _ in range(CELLS_AT_RANDOM):
            query = draw.randrange(n)
            chosen.append([draw.randrange(n_layers), draw.randrange(n_heads), query,
                           draw.randrange(query + 1)])
        return chosen + [[3, 1, 2, 5], [17, 8, 0, n - 1]]


def read_case():
    cases = json.loads((PEERS / "cases.json").read_text(encoding="utf-8"))
    args = {case["name"]: case["args"] for case in cases["cases"] if case.get("case") == "patch"}
    some = next(a for name, a in args.items() if "no equal prefix" in name)
    equal = next(a for name, a in args.items() if ", equal prefix" in name)
    return {"clean": cases["prompts"]["ioi"]["ids"], "answer": some["answer"], "foil": some["foil"],
            "corrupt": some["corrupt"], "corrupt_equal_prefix": equal["corrupt"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-dir", type=Path, default=CACHE / "models" / MODEL)
    parser.add_argument("--peer-model", type=Path, default=CACHE / "peers-models" / MODEL)
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "goldens" / "sweeps")
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    case = read_case()
    gguf = next(options.model_dir.glob("*.gguf"))
    sweeps = Sweeps(smollm2_directory.ensure_directory(gguf, options.peer_model), case)
    sweeps.ablate_heads()
    sweeps.patch(POSITIONS["resid_pre"], "resid_pre", "positions", case["corrupt_equal_prefix"])
    for site, helper in POSITIONS.items():
        sweeps.patch(helper, site, "positions", case["corrupt"])
    for site, helper in HEADS.items():
        sweeps.patch(helper, site, "heads", case["corrupt"])
    for site, helper in HEADS_BY_POSITION.items():
        sweeps.patch(helper, site, "heads_and_positions", case["corrupt"],
                     sweeps.cells_by_position(site, case["corrupt"]))
    sweeps.patch(patching.get_act_patch_attn_head_pattern_dest_src_pos, "pattern",
                 "heads_and_position_pairs", case["corrupt"], sweeps.pattern_cells(case["corrupt"]))
    golden = {"transformer_lens": metadata.version("transformer_lens"), "model": MODEL,
              "clean": case["clean"], "answer": case["answer"], "foil": case["foil"],
              "clean_metric": float(sweeps.metric(sweeps.bridge(sweeps.clean))),
              "sweeps": sweeps.results}
    options.out.mkdir(parents=True, exist_ok=True)
    lines = ",\n ".join(json.dumps(sweep) for sweep in golden.pop("sweeps"))
    text = json.dumps(golden)[:-1] + ', "sweeps": [\n ' + lines + "\n]}\n"
    (options.out / f"{MODEL}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
