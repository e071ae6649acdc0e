#!/usr/bin/env python3
"""Writes the seeds that the fuzz targets begin with, in fuzz/corpus/<target>/.

Seeds are small: a few valid files that between them use every feature of a format, and a few that
are wrong in one place each. Needs Python's standard library alone.

Usage: python tools/make_fuzz_corpus.py
"""

import json
import struct
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "fuzz" / "corpus"

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
SCALARS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?",
           U64: "Q", I64: "q", F64: "d"}
# ggml type -> numbers and bytes of one block
BLOCKS = {0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
          10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
          24: (1, 1), 27: (1, 8), 28: (1, 8), 30: (1, 2)}


def gguf_string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def gguf_value(kind: int, value) -> bytes:
    if kind == STRING:
        return gguf_string(value)
    return struct.pack("<" + SCALARS[kind], value)


def gguf_array(key: str, kind: int, values: list) -> bytes:
    head = gguf_string(key) + struct.pack("<IIQ", ARRAY, kind, len(values))
    return head + b"".join(gguf_value(kind, value) for value in values)


def gguf_scalar(key: str, kind: int, value) -> bytes:
    return gguf_string(key) + struct.pack("<I", kind) + gguf_value(kind, value)


def gguf(metadata: list, tensors: list, version: int = 3, alignment: int = 32) -> bytes:
    """tensors: (name, sizes innermost first, ggml type)"""
    infos, data = b"", b""
    for name, sizes, kind in tensors:
        infos += gguf_string(name) + struct.pack("<I", len(sizes))
        infos += struct.pack(f"<{len(sizes)}Q", *sizes) + struct.pack("<IQ", kind, len(data))
        numbers = 1
        for size in sizes:
            numbers *= size
        elements, size = BLOCKS[kind]
        data += bytes(i % 251 for i in range(numbers // elements * size))
        data += bytes(-len(data) % alignment)
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    head += b"".join(metadata) + infos
    return head + bytes(-len(head) % alignment) + data


def gguf_seeds() -> dict:
    scalars = [gguf_scalar(f"s{kind}", kind, 1) for kind in SCALARS]
    arrays = [gguf_array(f"a{kind}", kind, [1, 0, 1]) for kind in SCALARS]
    strings = [gguf_scalar("general.architecture", STRING, "llama"),
               gguf_array("tokenizer.ggml.tokens", STRING, ["a", "", "caf\u00e9"])]
    aligned = [gguf_scalar("general.alignment", U32, 64)]
    every_type = [(f"t{kind}", [elements, 2], kind) for kind, (elements, _) in BLOCKS.items()]
    good = gguf(strings, [("w", [4, 2], 0), ("v", [32], 2)])
    return {
        "scalars": gguf(scalars, []),
        "arrays": gguf(arrays, []),
        "strings_version2": gguf(strings, [], version=2),
        "every_type": gguf([], every_type),
        "alignment": gguf(aligned, [("w", [3], 0), ("v", [1, 1, 1, 2], 1)], alignment=64),
        "small": good,
        "truncated": good[:-40],
        "version1": gguf([], [], version=1),
        "big_endian": b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
        "nested_array": gguf([gguf_string("k") + struct.pack("<IIQ", ARRAY, ARRAY, 1)], []),
        "huge_counts": b"GGUF" + struct.pack("<IQQ", 3, 2**63, 2**64 - 1),
    }


def safetensors(header, data: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype: str, shape: list, begin: int, end: int) -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors_seeds() -> dict:
    sizes = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1,
             "U8": 1, "BOOL": 1}
    every_type, offset = {"__metadata__": {"format": "pt"}}, 0
    for dtype, size in sizes.items():
        every_type[dtype.lower()] = entry(dtype, [2, 1], offset, offset + 2 * size)
        offset += 2 * size
    return {
        "every_type": safetensors(every_type, bytes(range(offset))),
        "scalar_and_empty": safetensors(
            {"s": entry("F32", [], 0, 4), "e": entry("F32", [0, 3], 4, 4)}, bytes(4)),
        "no_tensors": safetensors({}, b""),
        "overlap": safetensors(
            {"v": entry("F32", [2], 0, 8), "w": entry("F32", [2], 4, 12)}, bytes(12)),
        "hole": safetensors({"w": entry("U8", [1], 1, 2)}, bytes(2)),
        "past_the_end": safetensors({"w": entry("F32", [2], 0, 8)}, bytes(4)),
        "float8": safetensors({"w": entry("F8_E4M3", [2], 0, 2)}, bytes(2)),
        "twice": safetensors(b'{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{}}', b"1"),
        "huge_shape": safetensors({"w": entry("F32", [2**62, 2**62], 0, 8)}, bytes(8)),
        "long_header": struct.pack("<Q", 2**63) + b"{}",
    }


def npy(descr: str, shape: str, data: bytes, order: str = "False", version: int = 1) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def npy_seeds() -> dict:
    return {
        "float32": npy("<f4", "(2, 3)", bytes(24)),
        "float64": npy("<f8", "(2,)", bytes(16)),
        "int32": npy("<i4", "(2, 1, 1)", bytes(8)),
        "int64_scalar": npy("<i8", "()", bytes(8)),
        "version2": npy("<f4", "(1L,)", bytes(4), version=2),
        "fortran": npy("<f4", "(2, 2)", bytes(16), order="True"),
        "empty": npy("<f4", "(3, 0)", b""),
        "huge": npy("<f4", "(4611686018427387904, 16)", bytes(4)),
        "structured": npy("<f4", "(1,)", bytes(4)).replace(b"'<f4'", b"[('a', '<f4')]"),
    }


def json_config_seeds() -> dict:
    gpt2 = {"model_type": "gpt2", "n_layer": 2, "n_head": 2, "n_embd": 8, "n_inner": None,
            "layer_norm_epsilon": 1e-05, "vocab_size": 64, "n_positions": 16}
    llama = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8,
             "tie_word_embeddings": True, "rope_theta": 1e4,
             "rope_scaling": {"rope_type": "llama3", "factor": 8.0}}
    return {
        "gpt2": json.dumps(gpt2, indent=2).encode(),
        "llama": json.dumps(llama).encode(),
        "escapes": b'{"k\\u00e9\\ud83d\\ude00": "a\\n\\"\\u0000", "\xc3\xa9": -0.5e-3}',
        "nested": b"[" * 40 + b"]" * 40,
        "twice": b'{"a": {"k": 1, "k": 2}}',
        "numbers": b"[18446744073709551615, -9223372036854775808, 1e308, 1e999]",
        "not_utf8": b'{"\xff": 1}',
        "open": b'{"a": [1, 2',
    }


def conllu_rows(*rows: str) -> str:
    """Each row: ID FORM HEAD MISC."""
    lines = []
    for row in rows:
        number, form, head, misc = row.split(" ")
        lines.append("\t".join([number, form, form, "X", "_", "A=B|C=D", head, "dep", "_", misc]))
    return "\n".join(lines) + "\n\n"


def conllu_seeds() -> dict:
    head = "# newdoc id = d\n# sent_id = s\n# text = I didn't.\n"
    seeds = {
        "sentence": head + conllu_rows("1 I 2 _", "2-3 didn't _ SpaceAfter=No", "2 did 0 _",
                                       "3 n't 2 _", "4 . 2 _"),
        "empty_node": conllu_rows("0.1 x _ _", "1 a 0 _", "1.1 y _ _", "1.2 z _ _"),
        "two": conllu_rows("1 a 0 _") + "\n\n# c\n" + conllu_rows("1 é _ _", "2 b 1 _"),
        "no_word": "# text = x\n\n",
        "bad_head": conllu_rows("1 a 7 _"),
        "bad_number": conllu_rows("1 a 0 _", "3 b 1 _"),
        "open_range": conllu_rows("1-3 abc _ _", "1 a 0 _"),
        "few_columns": "1\ta\n",
    }
    return {name: text.encode() for name, text in seeds.items()}


def iob_seeds() -> dict:
    return {
        "two_columns": b"@a\tO\nNew\tB-loc\nYork\tI-loc\n\t\n#\tO\n\n",
        "numbered": b"# newdoc id = d\n# sent_id = s\n# text = a\n1\ta\tB-PER\t-\t-\n",
        "blanks": b"-DOCSTART- -X- O O\n\nEU NNP I-NP B-ORG\nsays VBZ I-VP O\n",
        "continues_nothing": b"a\tO\nb\tI-X\n",
        "bad_tag": b"a\tQ\n",
        "one_column": b"a\n",
    }


def delimited_seeds() -> dict:
    return {
        "plain": b"text,label\nhello there,1\n,0\n",
        "quotes": b'a,b\r\n"x ""y"", z",1\r\n"two\r\nlines",2\r\n',
        "tabs": b'text\tlabel\n" a\t1\n\nb\t\n',
        "never_closed": b'a,b\n"x,1\n',
        "after_quote": b'a,b\n"x"y,1\n',
        "many_fields": b"a,b\n1,2,3\n",
        "twice": b"a,a\n1,2\n",
        "byte_order_mark": b"\xef\xbb\xbfa\n1\n",
    }


def json_lines_seeds() -> dict:
    return {
        "objects": b'{"text": "a b", "label": 1}\n\n{"words": ["a"], "tag": ["X"]}\r\n',
        "spans": '{"text": "é b", "spans": [[0, 1, "X"]]}'.encode(),
        "no_object": b"[1]\n",
        "open": b'{"a": \n',
        "not_utf8": b'{"a": "\xff"}\n',
    }


def main() -> None:
    targets = {"conllu": conllu_seeds(), "delimited": delimited_seeds(), "gguf": gguf_seeds(),
               "iob": iob_seeds(), "json_config": json_config_seeds(),
               "json_lines": json_lines_seeds(), "npy": npy_seeds(),
               "safetensors": safetensors_seeds()}
    for target, seeds in targets.items():
        folder = OUT / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
