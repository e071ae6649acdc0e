#!/usr/bin/env python3
"""Writes a GGUF model as a plain float32 Hugging Face directory, which the peers can open fast and
which TransformerLens needs.

    benchmarks/peers/smollm2_directory.py MODEL.gguf OUT

The weights are the GGUF's dequantised ones. OUT is left alone if it is already complete.
"""

import argparse
import os
import shutil
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TQDM_DISABLE", "1")


def convert(gguf, out):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**source)
    model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
    # The loader leaves a note that the weights were quantised, and later opens refuse it.
    if getattr(model.config, "quantization_config", None) is not None:
        del model.config.quantization_config
    if hasattr(model, "hf_quantizer"):
        model.hf_quantizer = None
        model.is_quantized = False
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def ensure_directory(gguf, out):
    """Returns `out`, made under a temporary name first if it is not there."""
    gguf, out = Path(gguf), Path(out)
    if (out / "model.safetensors").exists() and (out / "tokenizer.json").exists():
        return out
    temporary = out.with_name(out.name + ".part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    convert(gguf, temporary)
    shutil.rmtree(out, ignore_errors=True)
    temporary.rename(out)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    print(ensure_directory(arguments.gguf, arguments.out))


if __name__ == "__main__":
    main()
