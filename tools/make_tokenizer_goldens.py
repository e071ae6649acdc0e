#!/usr/bin/env python3
"""Makes tests/goldens/tokenizers: tiny tokenizers of every kind, and what Transformers makes of a
list of awkward texts with them.

    tools/make_tokenizer_goldens.py tests/goldens/tokenizers

One folder a tokenizer, as a Hugging Face directory; vocabularies of GGUF files lie beside them as
gguf_NAME.gguf. NAME.json has for every text of texts.json the ids, offsets (code points, begin and
end in turn), special-token masks and decodings, and the pieces of the vocabulary with the decoding
of each alone. The truth for a GGUF is the tokenizer that it was made from. Needs transformers and gguf
(tools/requirements-peers.txt).
"""

import argparse
import json
from pathlib import Path

import gguf
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, BertTokenizer, GPT2Tokenizer, LlamaTokenizer
from transformers import PreTrainedTokenizerFast, Qwen2Tokenizer, RobertaTokenizer
from transformers.convert_slow_tokenizer import generate_merges
from transformers.integrations.gguf import gguf_tokenizer_mapping as gguf_splits
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX as QWEN2_SPLIT

CORPUS = [
    "The cat sat on the mat because it was comfortable. The capital of France is Paris.",
    "I've been told he's there, you're sure? I'm not; we'll see, she'd say: don't!",
    "In 1984 there were 12 months, 365 days and 8760 hours; 3.14159 is not 2.71828.",
    "def main(argc, argv):\n    return {'key': [1, 2, 3]}\n\n\tfor (int i = 0; i < 10; ++i) {}\n",
    "Le café était fermé; naïve Zoë façade. Über die Brücke fährt größer Straße.",
    "Привет, мир! Как дела? Не хорошо. 猫が好きです。東京に行きました。我想在apple工作1314151天",
    "مرحبا بالعالم שלום עולם नमस्ते दुनिया 안녕하세요 세상 สวัสดี 😀 🌍 👩‍👩‍👧",
    "HELLO WORLD SHOUTING, CamelCase and snake_case, e-mail@example.com, http://example.com/a?b=c",
] * 3

TEXTS = [
    "", " ", "  ", "\n", "\n\n", "\t", "\r\n", " \n \n", "a", "A", ".", "1", "Hello", " Hello",
    "  Hello", "Hello ", "The cat sat on the mat because it was comfortable",
    "The capital of France is", "don't I've you're she'd WE'LL it's", "in 1984, 365 days: 3.14159",
    "1234567890", "a1b22c333d4444", "½ ² ③ Ⅳ ١٢٣", "e\u0301 caf\u00e9 cafe\u0301 n\u0303",
    "a\u0300\u0301\u0302\u0303 zalgo", "Ångström ﬁ ﬂ ﬃ", "😀", "👩‍👩‍👧 family", "🇫🇷🇩🇪", "a😀b🌍c",
    "猫が好きです。", "我想在apple工作1314151天～", "안녕하세요 세상", "مرحبا بالعالم",
    "שלום עולם", "नमस्ते दुनिया", "สวัสดี", "mixed العربية and English עברית text",
    "\u200f\u202eRTL marks\u202c", "zero\u200bwidth\u200djoiner\ufeff", "nul\x00bell\x07esc\x1b",
    "\x7f\x80\x9f", "non\u00a0breaking\u3000ideographic\u2003em", "line\u2028sep\u2029par\x85nel",
    "tabs\tand\nnewlines\r\nmixed \r end", "trailing spaces   ", "   leading spaces",
    "many     inner      spaces", "x" * 101, "pneumono" * 9, "----====****", "!!!???...,,,;;;",
    "<|endoftext|>", "a<|endoftext|>b", "<s>text</s>", "[CLS] text [SEP] [MASK]", "<0x41> <unk> ▁",
    "http://example.com/a?b=c&d=e#f", "def f(x):\n    return x ** 2\n", "{\"json\": [1, 2.5e-3]}",
    "Ünïcödé ÀÉÎÕÜ ß ẞ İ ı", "\U0010ffff \ue000 \ufffd", "𝕳𝖊𝖑𝖑𝖔 𝒲ℴ𝓇𝓁𝒹",
]

LLAMA3_SPLIT = gguf_splits._LLAMA3_SPLIT


def train_bpe(pre_tokenizer, specials, size=420, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=size, special_tokens=specials, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def byte_level(split=None, digits=False):
    steps = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    if split:
        steps.append(pre_tokenizers.Split(Regex(split), behavior="isolated"))
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=split is None))
    return pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]


def expected(tokenizer):
    cases = []
    for text in TEXTS:
        encoding = tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True,
                             return_token_type_ids=True)
        ids = encoding["input_ids"]
        assert not any(encoding["token_type_ids"])
        cases.append({"ids": ids, "offsets": [end for span in encoding["offset_mapping"]
                                              for end in span],
                      "special": "".join(map(str, encoding["special_tokens_mask"])),
                      "decoded": tokenizer.decode(ids),
                      "decoded_bare": tokenizer.decode(ids, skip_special_tokens=True)})
    pieces = [tokenizer.convert_ids_to_tokens(i) for i in range(len(tokenizer))]
    return {"pieces": pieces, "decoded_alone": [tokenizer.decode([i]) for i in range(len(pieces))],
            "special_ids": sorted(i for i, token in tokenizer.added_tokens_decoder.items()
                                  if token.special), "cases": cases}


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n",
                    encoding="utf-8")


def check_transformers_agrees(out, name, tokenizer):
    """Transformers' own reading of a GGUF, where it supports the file."""
    read = AutoTokenizer.from_pretrained(out, gguf_file=name)
    for text in TEXTS:
        assert read(text)["input_ids"] == tokenizer(text)["input_ids"], (name, text)


def save_backend(folder, tokenizer, config):
    """A directory with tokenizer.json and a tokenizer_config.json of our choosing."""
    folder.mkdir(parents=True, exist_ok=True)
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    write_json(folder / "tokenizer.json", backend)
    write_json(folder / "tokenizer_config.json", config)


def save_bpe_files(folder, vocab, merges, config, names=("vocab.json", "merges.txt")):
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / names[0], vocab)
    lines = ["#version: 0.2"] + [" ".join(merge) for merge in merges]
    (folder / names[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_json(folder / "tokenizer_config.json", config)


def write_gguf(path, model, tokens, specials, pre=None, merges=None, scores=None, types=None,
               **flags):
    """`flags` become keys below tokenizer.ggml."""
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_tokenizer_model(model)
    if pre:
        writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types or [3 if token in specials else 1 for token in tokens])
    if scores:
        writer.add_token_scores(scores)
    if merges:
        writer.add_token_merges([" ".join(merge) for merge in merges])
    for name, value in flags.items():
        add = writer.add_bool if isinstance(value, bool) else writer.add_uint32
        add(f"tokenizer.ggml.{name}", value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def by_id(vocab):
    return [token for token, _ in sorted(vocab.items(), key=lambda item: item[1])]


def make_gpt2(out):
    end = "<|endoftext|>"
    vocab, merges = train_bpe(byte_level(), [end])
    tokenizer = GPT2Tokenizer(vocab=vocab, merges=merges)
    save_backend(out / "gpt2", tokenizer, {"tokenizer_class": "GPT2Tokenizer"})
    write_json(out / "gpt2.json", expected(AutoTokenizer.from_pretrained(out / "gpt2")))
    config = {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "bos_token": end}
    save_bpe_files(out / "gpt2_files", vocab, merges, config)
    write_json(out / "gpt2_files.json", expected(AutoTokenizer.from_pretrained(out / "gpt2_files")))
    write_gguf(out / "gguf_gpt2.gguf", "gpt2", by_id(vocab), [end], "gpt-2", merges,
               bos_token_id=vocab[end], eos_token_id=vocab[end])
    check_transformers_agrees(out, "gguf_gpt2.gguf", tokenizer)


def make_roberta(out):
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    vocab, merges = train_bpe(byte_level(), specials)
    save_bpe_files(out / "roberta_files", vocab, merges, {"tokenizer_class": "RobertaTokenizer"})
    write_json(out / "roberta_files.json",
               expected(AutoTokenizer.from_pretrained(out / "roberta_files")))


def make_smollm(out):
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocab, merges = train_bpe(byte_level(digits=True), specials)
    backend = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    backend.pre_tokenizer = byte_level(digits=True)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(specials)
    write_gguf(out / "gguf_smollm.gguf", "gpt2", by_id(vocab), specials, "smollm", merges,
               bos_token_id=1, eos_token_id=2, add_bos_token=False, add_space_prefix=False)
    write_json(out / "gguf_smollm.json", expected(PreTrainedTokenizerFast(tokenizer_object=backend)))


def make_llama3(out):
    specials = ["<|begin_of_text|>", "<|end_of_text|>"]
    vocab, merges = train_bpe(byte_level(LLAMA3_SPLIT), specials)
    vocab["comfortable"] = len(vocab)  # a whole word that no merge reaches
    backend = Tokenizer(models.BPE(vocab=vocab, merges=merges, ignore_merges=True))
    backend.pre_tokenizer = byte_level(LLAMA3_SPLIT)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(specials)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=specials[0],
                                        eos_token=specials[1], add_bos_token=True)
    write_gguf(out / "gguf_llama3.gguf", "gpt2", by_id(vocab), specials, "llama-bpe", merges,
               bos_token_id=0, eos_token_id=1, add_bos_token=True)
    write_json(out / "gguf_llama3.json", expected(tokenizer))


def make_qwen2(out):
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocab, merges = train_bpe(byte_level(QWEN2_SPLIT), specials, normalizer=normalizers.NFC())
    save_bpe_files(out / "qwen2_files", vocab, merges, {
        "tokenizer_class": "Qwen2Tokenizer", "added_tokens_decoder": {
            str(vocab[token]): {"content": token, "lstrip": False, "normalized": False,
                                "rstrip": False, "single_word": False, "special": True}
            for token in specials}})
    tokenizer = AutoTokenizer.from_pretrained(out / "qwen2_files")
    assert isinstance(tokenizer, Qwen2Tokenizer)
    write_json(out / "qwen2_files.json", expected(tokenizer))
    write_gguf(out / "gguf_qwen2.gguf", "gpt2", by_id(vocab), specials, "qwen2", merges,
               eos_token_id=vocab["<|endoftext|>"], add_bos_token=False)


def gguf_wordpiece(token, special):
    """As llama.cpp's converter writes it."""
    if special:
        return token
    return token[2:] if token.startswith("##") else "\u2581" + token


def make_bert(out, name, lower):
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trained = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    trained.normalizer = normalizers.BertNormalizer(lowercase=lower)
    trained.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trained.train_from_iterator(CORPUS, trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=specials, show_progress=False))
    tokens = by_id(trained.get_vocab())
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    write_json(folder / "tokenizer_config.json",
               {"tokenizer_class": "BertTokenizer", "do_lower_case": lower})
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert isinstance(tokenizer, BertTokenizer)
    write_json(out / f"{name}.json", expected(tokenizer))
    write_gguf(out / f"gguf_{name}.gguf", "bert",
               [gguf_wordpiece(token, token in specials) for token in tokens], specials, name,
               types=[3 if token in specials else 1 for token in tokens], padding_token_id=0,
               unknown_token_id=1, cls_token_id=2, seperator_token_id=3, mask_token_id=4)


def sentencepiece_vocabulary():
    """Pieces with scores in the layout of Llama: specials, bytes, merged pieces, characters."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(split=True)
    trained.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=460, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    merged = ["".join(merge) for merge in model["merges"]]
    single = [token for token in model["vocab"] if token not in merged]
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    types = [2, 3, 3] + [6] * 256
    scores = [0.0] * len(tokens) + [float(-i) for i in range(len(merged) + len(single))]
    tokens += merged + single
    return tokens, scores, types + [1] * (len(tokens) - len(types))


def make_llama(out):
    tokens, scores, types = sentencepiece_vocabulary()
    vocab = {token: i for i, token in enumerate(tokens)}
    merges = generate_merges(vocab, dict(zip(tokens, scores)))
    tokenizer = LlamaTokenizer(vocab=vocab, merges=merges, add_bos_token=True)
    save_backend(out / "llama", tokenizer, {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>",
                                            "eos_token": "</s>", "unk_token": "<unk>"})
    write_json(out / "llama.json", expected(AutoTokenizer.from_pretrained(out / "llama")))
    write_gguf(out / "gguf_llama.gguf", "llama", tokens, [], scores=scores, types=types,
               bos_token_id=1, eos_token_id=2, unknown_token_id=0, add_bos_token=True)
    check_transformers_agrees(out, "gguf_llama.gguf", tokenizer)


def make_unigram(out):
    backend = Tokenizer(models.Unigram())
    backend.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    backend.train_from_iterator(CORPUS, trainers.UnigramTrainer(
        vocab_size=300, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>",
        show_progress=False))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>",
                                        pad_token="<pad>", unk_token="<unk>", add_eos_token=True)
    save_backend(out / "unigram", tokenizer, {"tokenizer_class": "PreTrainedTokenizerFast"})
    write_json(out / "unigram.json", expected(AutoTokenizer.from_pretrained(out / "unigram")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "texts.json", TEXTS)
    make_gpt2(out)
    make_roberta(out)
    make_smollm(out)
    make_llama3(out)
    make_qwen2(out)
    make_bert(out, "bert", lower=True)
    make_bert(out, "bert_cased", lower=False)
    make_llama(out)
    make_unigram(out)


if __name__ == "__main__":
    main()
