#!/usr/bin/env python3
"""Makes the tiny random models of tests/goldens/parity and what Transformers computes with them.

Each folder has config.json and model.safetensors (or shards with an index, or model.gguf), and
expected.safetensors: for two sequences, each run alone in float32 with eager attention,

  seqN.input_ids, seqN.token_type_ids (BERT only)   int64 [length]
  seqN.logits                                       [length, vocabulary], or [classes]
  seqN.hidden_states.L                              [length, d_model]; the last one of a causal
                                                    model is after the final norm
  seqN.final_residual                               causal models: the same before the final norm
  seqN.attentions.L                                 [head, query, key]
  seqN.last_hidden_state, seqN.pooler_output        bare encoders

Some folders also have sites.safetensors: what TransformerLens' bridge holds at its hook sites for
the first sequence (see parity_models/sites.py).

The expected values are computed after reading the saved files back, so they belong to the files.
Needs the packages of tools/requirements-peers.txt.
"""

import argparse
import os
import shutil
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from safetensors.torch import save_file

from parity_models import checks, expected, gguf_files, layouts, sites, specs, weights

DEFAULT_OUT = Path(__file__).resolve().parent.parent / "tests" / "goldens" / "parity"


def save_directory(spec, folder):
    """Writes the Hugging Face directory and returns the model that Transformers reads from it."""
    model = weights.make_model(spec).to(getattr(torch, spec.dtype))
    model.save_pretrained(folder, max_shard_size=spec.shard_bytes or "1GB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    if spec.layout:
        layouts.LAYOUTS[spec.layout](folder, spec.config)
    return getattr(transformers, spec.model_class).from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()


def make(spec, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if spec.gguf:
        model = gguf_files.save_gguf(spec, folder / "model.gguf")
    else:
        model = save_directory(spec, folder)
    noise = checks.check(spec, model)
    save_file(expected.expected_tensors(spec, model), folder / "expected.safetensors")
    if spec.sites:
        save_file(sites.bridge_sites(spec, model, folder), folder / "sites.safetensors")
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{spec.name:28} {size / 1000:7.1f} kB   float32 noise {noise:.1e}", flush=True)
    return size


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT,
                        help="folder to fill (default: tests/goldens/parity)")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="make these models only")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    chosen = [spec for spec in specs.SPECS if not arguments.only or spec.name in arguments.only]
    total = sum(make(spec, arguments.out / spec.name) for spec in chosen)
    print(f"{len(chosen)} models, {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
