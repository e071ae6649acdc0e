"""What TransformerLens' bridge holds at its hook sites, for the second (shorter) sequence.

The values are the bridge's own, batch dimension removed, without its compatibility mode (that
folds weights). Where they are not what the site's name suggests:

  lnN.hook_normalized   before the norm's weight and bias
  attn.hook_attn_scores scaled and masked; masked entries hold the most negative float32, not -inf
  attn.hook_k, hook_v   have the model's key/value heads, not its query heads
  BERT                  hook_embed is after the embeddings' norm, hook_attn_out after the residual
                        sum and ln1, hook_resid_mid is the input of ln2, and hook_attn_scores
                        repeats the pattern; these four are left out
  GPT-NeoX              hook_rot_q and hook_rot_k never fire, but the scores are rotated
"""

import contextlib
import io
import re
import tempfile

import torch
from tokenizers import Tokenizer, models

from . import expected

ATTENTION = "q|k|v|rot_q|rot_k|attn_scores|pattern|z|result"
SITE = re.compile(
    r"(hook_embed|hook_pos_embed|ln_final\.hook_(scale|normalized)"
    r"|blocks\.\d+\.(hook_(resid_pre|attn_out|resid_mid|mlp_out|resid_post)"
    r"|ln[12]\.hook_(scale|normalized)"
    rf"|attn\.hook_({ATTENTION})"
    r"|mlp\.hook_(pre|pre_linear|post)))")
MISNAMED_IN_BERT = re.compile(r"hook_embed|hook_attn_out|hook_resid_mid|hook_attn_scores")
SEQUENCE = 1


def save_placeholder_tokenizer(vocabulary, folder):
    """The bridge insists on a tokenizer's files; token ids are given directly, so any will do."""
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({f"t{i}": i for i in range(vocabulary)}, unk_token="t0"))
    special = dict.fromkeys(("bos_token", "eos_token", "pad_token", "unk_token"), "t0")
    PreTrainedTokenizerFast(tokenizer_object=words, **special).save_pretrained(folder)


def boot(spec, model, folder):
    from transformer_lens.model_bridge import TransformerBridge
    from transformers import AutoTokenizer

    quiet = contextlib.redirect_stdout(io.StringIO())
    with tempfile.TemporaryDirectory() as temporary, quiet:
        save_placeholder_tokenizer(spec.config["vocab_size"], temporary)
        return TransformerBridge.boot_transformers(
            str(folder), device="cpu", dtype=torch.float32, hf_model=model,
            tokenizer=AutoTokenizer.from_pretrained(temporary))


def wanted(spec, name):
    is_bert = spec.model_class.startswith("Bert")
    return SITE.fullmatch(name) and not (is_bert and MISNAMED_IN_BERT.search(name))


def bridge_sites(spec, model, folder):
    """Site name -> tensor. The model is wrapped by the bridge: do not use it afterwards."""
    ids = expected.sequences(spec)[SEQUENCE]
    inputs = expected.inputs_for(spec, ids)
    reference = expected.run(model, inputs)["logits"]
    bridge = boot(spec, model, folder)
    if not spec.model_class.startswith("Bert"):
        bridge.set_use_attn_result(True)
    with torch.inference_mode():
        extra = {name: value for name, value in inputs.items() if name != "input_ids"}
        logits, cache = bridge.run_with_cache(inputs["input_ids"], **extra)
    difference = (logits[0] - reference).abs().max().item()
    if difference > 1e-4:
        raise ValueError(f"{spec.name}: the bridge's logits differ by {difference:.1e}")
    return {name: value[0].clone().contiguous() for name, value in cache.items()
            if wanted(spec, name)}
