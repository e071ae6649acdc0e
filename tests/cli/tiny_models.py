"""Complete model folders: the tiny random models of tests/goldens/parity with tokenizers that are
made here, since the originals have none."""

import json
import shutil
import struct
from pathlib import Path

PARITY = Path(__file__).resolve().parents[1] / "goldens" / "parity"
VOCABULARY = 64
CONTEXT = 16


def copy_model(folder, name):
    folder.mkdir(parents=True)
    for file in (PARITY / name).iterdir():
        if file.name == "config.json" or file.name.startswith("model"):
            shutil.copy(file, folder / file.name)
    return folder


def byte_spelling():
    """How GPT-2's byte-level vocabulary spells every byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spelling = {byte: chr(byte) for byte in printable}
    others = [byte for byte in range(256) if byte not in spelling]
    return spelling | {byte: chr(256 + i) for i, byte in enumerate(others)}


def fill(pieces):
    """A vocabulary of 64: the pieces, then some that no text becomes."""
    pieces = list(dict.fromkeys(pieces))
    assert len(pieces) <= VOCABULARY
    pieces += [f"unused{i}" for i in range(VOCABULARY - len(pieces))]
    return {piece: i for i, piece in enumerate(pieces)}


def gpt2_tokenizer():
    spelling = byte_spelling()
    merges = ["t h", "th e", "Ġ the", "c a", "Ġ c"]
    letters = [spelling[byte] for byte in sorted(set(
        b"abcdefghijklmnopqrstuvwxyz \n.,'" + "😀שלוםé".encode()))]
    pieces = ["<|endoftext|>", *letters, *(merge.replace(" ", "") for merge in merges)]
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [special_token(0, "<|endoftext|>")],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                          "use_regex": True},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True,
                    "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None,
                  "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False,
                  "byte_fallback": False, "vocab": fill(pieces), "merges": merges},
    }


def special_token(index, content):
    return {"id": index, "content": content, "single_word": False, "lstrip": False,
            "rstrip": False, "normalized": False, "special": True}


def bert_tokenizer():
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = ["the", "cat", "sat", "on", "mat", "it", "was", "##s", "##ed", "."]
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [special_token(i, token) for i, token in enumerate(specials)],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": fill([*specials, *words, *letters])},
    }


def make_gpt2(folder):
    copy_model(folder, "gpt2")
    write_json(folder / "tokenizer.json", gpt2_tokenizer())
    return folder


def make_bert(folder, name):
    copy_model(folder, name)
    write_json(folder / "tokenizer.json", bert_tokenizer())
    return folder


def write_json(path, value):
    path.write_text(json.dumps(value), encoding="utf-8")


def change_config(folder, **changes):
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | changes
    write_json(path, {key: value for key, value in config.items() if value is not None})


def safetensors_header(folder):
    """(header, bytes after it) of the folder's model.safetensors."""
    data = (folder / "model.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + size]), data[8 + size:]


def write_safetensors(folder, header, data):
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
