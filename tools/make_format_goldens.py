#!/usr/bin/env python3
"""Writes the files in tests/goldens/formats/ that the reader tests hold headlens against.

Every file is written, and every expected number computed, by the packages that define the formats,
never by headlens. Expected numbers are raw little-endian float32, tensors one after another in the
order of their names' bytes.

Requirements: numpy, torch, safetensors, gguf.
Usage: python tools/make_format_goldens.py
"""

import json
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize
from safetensors.torch import save_file

OUT = Path(__file__).resolve().parent.parent / "tests" / "goldens" / "formats"
RNG = np.random.default_rng(20240607)

# Byte offsets of the float16 scales in one block, so that random blocks get finite ones.
SCALE_OFFSETS = {
    Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2], Type.Q8_0: [0],
    Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208],
}
QUANTISABLE = [Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0, Type.BF16]


def random_blocks(kind: Type, rows: int, columns: int) -> np.ndarray:
    """Blocks of random bits with finite scales, among them subnormal, zero and negative ones."""
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = RNG.integers(0, 256, (rows * columns // elements, size), dtype=np.uint8)
    for offset in SCALE_OFFSETS[kind]:
        scales = RNG.normal(0, 0.05, len(blocks)).astype(np.float16)
        scales[0], scales[1] = np.float16(0), np.float16(3e-7)
        blocks[:, offset : offset + 2] = scales.reshape(-1, 1).view(np.uint8)
    return blocks.reshape(rows, -1)


def quantised_tensors() -> dict:
    tensors = {}
    for kind in SCALE_OFFSETS:
        elements, _ = gguf.GGML_QUANT_SIZES[kind]
        tensors[f"random.{kind.name}"] = (random_blocks(kind, 2, 4 * elements), kind)
    for kind in QUANTISABLE:
        values = RNG.normal(0, 1, (3, 64)).astype(np.float32)
        tensors[f"quantised.{kind.name}"] = (quantize(values, kind), kind)
    return tensors


def write_gguf(path: Path) -> np.ndarray:
    writer = gguf.GGUFWriter(path, "golden")
    writer.add_uint8("golden.u8", 200)
    writer.add_int8("golden.i8", -100)
    writer.add_uint16("golden.u16", 60000)
    writer.add_int16("golden.i16", -30000)
    writer.add_uint32("golden.u32", 4000000000)
    writer.add_int32("golden.i32", -2000000000)
    writer.add_uint64("golden.u64", 2**64 - 1)
    writer.add_int64("golden.i64", -(2**62))
    writer.add_float32("golden.f32", 0.1)
    writer.add_float64("golden.f64", 0.1)
    writer.add_bool("golden.bool", True)
    writer.add_string("golden.string", "caf\u00e9")
    writer.add_array("golden.integers", [3, -1, 2])
    writer.add_array("golden.numbers", [0.5, -0.25])
    writer.add_array("golden.strings", ["a", "", "\u4e16"])
    expected = {}
    for name, (data, kind) in quantised_tensors().items():
        writer.add_tensor(name, data, raw_dtype=kind)
        expected[name] = dequantize(data, kind)
    plain = RNG.normal(0, 3, (2, 3, 5))
    for dtype in [np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8]:
        name = f"plain.{np.dtype(dtype).name}"
        writer.add_tensor(name, plain.astype(dtype))
        expected[name] = plain.astype(dtype).astype(np.float32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return in_name_order(expected)


def in_name_order(arrays: dict) -> np.ndarray:
    ordered = [arrays[name] for name in sorted(arrays, key=str.encode)]
    return np.concatenate([np.asarray(a, dtype="<f4").ravel() for a in ordered])


def write_safetensors(path: Path) -> np.ndarray:
    values = torch.from_numpy(RNG.normal(0, 40, (2, 3, 4)))
    tensors = {
        "b.bfloat16": values.bfloat16(), "b.float16": values.half(), "b.float32": values.float(),
        "b.float64": values.double(), "a.int64": values.long() * 2**40, "a.int32": values.int(),
        "a.int16": values.short(), "a.int8": values.to(torch.int8),
        "a.uint8": values.abs().to(torch.uint8), "a.bool": values > 0,
        "scalar": torch.tensor(1.5), "empty": torch.zeros(0, 7),
    }
    save_file(tensors, path, metadata={"format": "pt", "note": "caf\u00e9 \"quoted\""})
    return in_name_order({name: t.float().numpy() for name, t in tensors.items()})


def write_shards(folder: Path) -> np.ndarray:
    folder.mkdir(exist_ok=True)
    weights = {f"layer.{i}.weight": torch.from_numpy(RNG.normal(0, 1, (2, 2))).float()
               for i in range(3)}
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    shards = [{}, {}]
    for i, (name, tensor) in enumerate(weights.items()):
        shards[i % 2][name] = tensor
    weight_map = {}
    for file_name, shard in zip(names, shards):
        save_file(shard, folder / file_name, metadata={"format": "pt"})
        weight_map.update({name: file_name for name in shard})
    index = {"metadata": {"total_size": 48}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
    return in_name_order({name: t.numpy() for name, t in weights.items()})


def write_arrays(folder: Path) -> np.ndarray:
    values = RNG.normal(0, 100, (2, 3, 4))
    np.save(folder / "float32.npy", values.astype("<f4"))
    np.save(folder / "float64.npy", values)
    np.save(folder / "int32.npy", values.astype("<i4"))
    np.save(folder / "int64.npy", values.astype("<i8"))
    np.save(folder / "fortran.npy", np.asfortranarray(values.astype("<f4")))
    np.save(folder / "big_endian.npy", values.astype(">f4"))
    np.save(folder / "scalar.npy", np.float32(2.5))
    np.save(folder / "vector.npy", np.arange(5, dtype="<f4"))
    with open(folder / "version2.npy", "wb") as file:
        np.lib.format.write_array(file, values.astype("<f4"), version=(2, 0))
    return in_name_order({"0": values.astype("<f4"), "1": values.astype("<i4")})


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    write_gguf(OUT / "every_type.gguf").tofile(OUT / "every_type.gguf.f32")
    write_safetensors(OUT / "every_type.safetensors").tofile(OUT / "every_type.safetensors.f32")
    write_shards(OUT / "sharded").tofile(OUT / "sharded" / "expected.f32")
    write_arrays(OUT).tofile(OUT / "arrays.f32")


if __name__ == "__main__":
    main()
