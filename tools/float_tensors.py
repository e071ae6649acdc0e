"""float32 tensors and safetensors files with nothing but Python's standard library."""

import json
import math
import sys
from array import array


class Tensor:
    """Numbers in C order under a shape."""

    def __init__(self, shape, values):
        if len(values) != math.prod(shape):
            raise ValueError(f"{len(values)} numbers do not have the shape {list(shape)}")
        self.shape, self.values = tuple(shape), values

    def rows(self, order):
        """The rows of a matrix in another order."""
        width = self.shape[1]
        chosen = array("f")
        for row in order:
            chosen.extend(self.values[row * width:(row + 1) * width])
        return Tensor((len(chosen) // width, width), chosen)

    def transposed(self):
        rows, columns = self.shape
        turned = array("f")
        for column in range(columns):
            turned.extend(self.values[column::columns])
        return Tensor((columns, rows), turned)

    def unstacked(self):
        """The tensors along the first axis."""
        size = math.prod(self.shape[1:])
        return [Tensor(self.shape[1:], self.values[at:at + size])
                for at in range(0, len(self.values), size)]


def from_little_endian(data):
    values = array("f")
    values.frombytes(data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def to_little_endian(values):
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()


def save_safetensors(path, tensors):
    """Writes the file as the safetensors package does: by name, the header padded to 8 bytes."""
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name in sorted(tensors):
        end = at + 4 * len(tensors[name].values)
        header[name] = {"dtype": "F32", "shape": tensors[name].shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in sorted(tensors):
            file.write(to_little_endian(tensors[name].values))
