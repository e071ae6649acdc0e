"""A model of GPT-2 small's shape with random weights, for sweeps whose cost its numbers do not change.
"""

import os
import shutil
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")


def ensure_directory(tokenizer_folder):
    """Returns the model's folder beside `tokenizer_folder`, whose tokenizer it borrows; made if it
    is not there."""
    out = Path(tokenizer_folder).with_name("gpt2-small-shape")
    if (out / "model.safetensors").exists() and (out / "tokenizer.json").exists():
        return out
    import torch
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    temporary = out.with_name(out.name + ".part")
    shutil.rmtree(temporary, ignore_errors=True)
    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config()).save_pretrained(temporary)
    AutoTokenizer.from_pretrained(tokenizer_folder).save_pretrained(temporary)
    shutil.rmtree(out, ignore_errors=True)
    temporary.rename(out)
    return out
