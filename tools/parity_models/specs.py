"""The list of tiny models: one entry a variant of a family that headlens has to reproduce."""

from dataclasses import dataclass, field

VOCABULARY = 64


@dataclass(frozen=True)
class ModelSpec:
    """One model to make.

    name          folder under tests/goldens/parity
    config_class  Transformers' configuration class
    model_class   Transformers' model class
    config        keyword arguments of the configuration, spelt as on the hub
    dtype         type of the stored weights; they are always run as float32
    shard_bytes   largest shard, or None for one file
    layout        rewrites the files into an older form that the hub still holds (layouts.py)
    gguf          GGUF file type to write instead of a Hugging Face directory
    sites         also record what TransformerLens' bridge holds at its hook sites
    """

    name: str
    config_class: str
    model_class: str
    config: dict = field(default_factory=dict)
    dtype: str = "float32"
    shard_bytes: int | None = None
    layout: str | None = None
    gguf: str | None = None
    sites: bool = False


def gpt2(name, layout=None, sites=False, gguf=None, **changes):
    config = dict(vocab_size=VOCABULARY, n_positions=16, n_embd=36, n_layer=2, n_head=3, n_inner=72,
                  layer_norm_epsilon=1e-5, bos_token_id=0, eos_token_id=0) | changes
    return ModelSpec(name, "GPT2Config", "GPT2LMHeadModel", config,
                     layout=layout, sites=sites, gguf=gguf)


def neox(name, layout=None, sites=False, gguf=None, **changes):
    config = dict(vocab_size=VOCABULARY, hidden_size=40, num_hidden_layers=2, num_attention_heads=5,
                  intermediate_size=64, max_position_embeddings=16, rotary_pct=0.25,
                  rotary_emb_base=10000, use_parallel_residual=True) | changes
    return ModelSpec(name, "GPTNeoXConfig", "GPTNeoXForCausalLM", config,
                     layout=layout, sites=sites, gguf=gguf)


def llama_like(name, family, options=None, **changes):
    config = dict(vocab_size=VOCABULARY, hidden_size=36, num_hidden_layers=2, num_attention_heads=6,
                  num_key_value_heads=2, intermediate_size=64, max_position_embeddings=64,
                  rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=False,
                  bos_token_id=1, eos_token_id=2) | changes
    return ModelSpec(name, f"{family}Config", f"{family}ForCausalLM", config, **(options or {}))


def bert_like(name, model_class, family="Bert", options=None, **changes):
    config = dict(vocab_size=VOCABULARY, hidden_size=36, num_hidden_layers=2, num_attention_heads=3,
                  intermediate_size=72, max_position_embeddings=16, type_vocab_size=2,
                  layer_norm_eps=1e-12, pad_token_id=0) | changes
    return ModelSpec(name, f"{family}Config", model_class, config, **(options or {}))


def distilbert(name, model_class, **changes):
    config = dict(vocab_size=VOCABULARY, dim=32, n_layers=2, n_heads=4, hidden_dim=72,
                  max_position_embeddings=16, sinusoidal_pos_embds=False, pad_token_id=0) | changes
    return ModelSpec(name, "DistilBertConfig", model_class, config)


ROBERTA = dict(family="Roberta", type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5,
               max_position_embeddings=18)
LLAMA3_ROPE = dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
                   original_max_position_embeddings=32)
YARN_ROPE = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64, beta_fast=4.0)
GGUF_LLAMA = dict(hidden_size=32, num_attention_heads=4, num_key_value_heads=2,
                  max_position_embeddings=32)

SPECS = [
    gpt2("gpt2", sites=True),
    gpt2("gpt2_inverse_layer_scale", n_layer=3, n_embd=20, n_head=2, n_inner=None,
         scale_attn_by_inverse_layer_idx=True),
    gpt2("gpt2_unprefixed", layout="gpt2_unprefixed", n_embd=24, n_head=2),
    neox("gpt_neox_parallel", layout="gpt_neox_buffers", sites=True),
    neox("gpt_neox_sequential", use_parallel_residual=False, hidden_size=24, num_attention_heads=2,
         rotary_pct=0.5),
    llama_like("llama", "Llama", dict(shard_bytes=30_000, sites=True)),
    llama_like("llama_llama3_rope", "Llama", dict(layout="legacy_rope"), num_attention_heads=3,
               num_key_value_heads=1, tie_word_embeddings=True, rope_scaling=LLAMA3_ROPE),
    llama_like("llama_linear_rope", "Llama", dict(layout="legacy_rope"), hidden_size=24,
               num_attention_heads=4, rope_scaling=dict(rope_type="linear", factor=2.0)),
    llama_like("llama_yarn", "Llama", dict(sites=True), num_attention_heads=3,
               num_key_value_heads=1, max_position_embeddings=256, rope_theta=100.0,
               rope_scaling=YARN_ROPE),
    llama_like("llama_biases", "Llama", hidden_size=24, num_attention_heads=4,
               attention_bias=True, mlp_bias=True),
    llama_like("llama_f16", "Llama", dict(dtype="float16"), hidden_size=24,
               num_attention_heads=4),
    llama_like("llama_bf16", "Llama", dict(dtype="bfloat16")),
    llama_like("mistral", "Mistral", sliding_window=4, hidden_size=32, num_attention_heads=4,
               head_dim=12),
    llama_like("qwen2", "Qwen2", dict(layout="legacy_rope"), tie_word_embeddings=True,
               rope_theta=1000000.0),
    llama_like("qwen3", "Qwen3", dict(sites=True), num_attention_heads=4, hidden_size=32,
               head_dim=12, rms_norm_eps=1e-6),
    bert_like("bert", "BertModel", options=dict(layout="bert_position_ids")),
    bert_like("bert_masked_lm", "BertForMaskedLM", options=dict(layout="bert_gamma_beta", sites=True)),
    bert_like("bert_classification", "BertForSequenceClassification", hidden_size=24,
              num_labels=3),
    bert_like("bert_token_classification", "BertForTokenClassification", hidden_size=24,
              num_labels=5),
    bert_like("roberta_masked_lm", "RobertaForMaskedLM", **ROBERTA),
    bert_like("roberta_classification", "RobertaForSequenceClassification", hidden_size=24,
              num_labels=3, **ROBERTA),
    distilbert("distilbert_masked_lm", "DistilBertForMaskedLM"),
    distilbert("distilbert_classification", "DistilBertForSequenceClassification", dim=24,
               num_labels=3),
    llama_like("gguf_llama_f32", "Llama", dict(gguf="F32"), **GGUF_LLAMA),
    llama_like("gguf_llama_f16_tied", "Llama", dict(gguf="F16"), tie_word_embeddings=True,
               **GGUF_LLAMA),
    llama_like("gguf_llama_q8_0", "Llama", dict(gguf="Q8_0"), **GGUF_LLAMA),
    llama_like("gguf_llama_q4_0", "Llama", dict(gguf="Q4_0"), **GGUF_LLAMA),
    llama_like("gguf_qwen2_f32", "Qwen2", dict(gguf="F32"), **GGUF_LLAMA),
    llama_like("gguf_llama_llama3_rope", "Llama", dict(gguf="F32"), rope_theta=100.0,
               rope_scaling=LLAMA3_ROPE, **GGUF_LLAMA),
    llama_like("gguf_llama_linear_rope", "Llama", dict(gguf="F16"),
               rope_scaling=dict(rope_type="linear", factor=2.0), **GGUF_LLAMA),
    llama_like("gguf_qwen2_yarn", "Qwen2", dict(gguf="F16"), rope_theta=100.0,
               rope_scaling=YARN_ROPE | dict(beta_slow=0.5, mscale=1.0, mscale_all_dim=0.4),
               **GGUF_LLAMA),
    neox("gguf_gpt_neox_parallel", gguf="F32", hidden_size=32, num_attention_heads=4,
         rotary_pct=0.5),
    neox("gguf_gpt_neox_sequential", gguf="F16", hidden_size=24, num_attention_heads=2,
         use_parallel_residual=False),
    gpt2("gguf_gpt2_f32", gguf="F32", n_embd=24, n_head=2),
    bert_like("gguf_bert_f32", "BertModel", options=dict(gguf="F32"), hidden_size=24),
]
