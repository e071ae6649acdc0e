#!/usr/bin/env python3
"""Writes headlens/reports/color_tables.cpp and tests/goldens/reports/color_maps.json from matplotlib.

    python3 -m venv venv && venv/bin/pip install matplotlib
    venv/bin/python tools/make_colormap_goldens.py
"""

import json
import pathlib

import matplotlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAPS = {"viridis": "kViridis", "cividis": "kCividis", "Blues": "kBlues", "RdBu_r": "kRdBuReversed"}
SAMPLES = [-0.5, 0.0, 0.001, 0.0039, 0.00391, 0.1, 0.25, 0.333, 0.5, 0.773, 0.9, 0.996, 0.9961, 1.0, 2.0]


def to_rgb(color):
    return [round(255 * channel) for channel in color[:3]]


def table_source(name, constant):
    color_map = matplotlib.colormaps[name]
    entries = ["0x%02x%02x%02x" % tuple(to_rgb(color_map(i))) for i in range(256)]
    rows = [", ".join(entries[i : i + 9]) + "," for i in range(0, 256, 9)]
    body = "\n".join("    " + row for row in rows).rstrip(",")
    return f"constexpr std::array<std::uint32_t, 256> {constant}Packed = {{\n{body}}};\n"


def main():
    tables = "\n".join(table_source(name, constant) for name, constant in MAPS.items())
    source = f"""// Made by tools/make_colormap_goldens.py from matplotlib's tables (viridis, cividis: CC0; Blues
// and RdBu_r: ColorBrewer, Apache 2.0). Entries are 0xRRGGBB.
#include "headlens/reports/color_tables.h"

namespace headlens {{

{tables}
}}  // namespace headlens
"""
    source = source.replace("constexpr std::array", "const std::array")
    (ROOT / "headlens/reports/color_tables.cpp").write_text(source)
    goldens = {
        name.lower(): [[v, to_rgb(matplotlib.colormaps[name](float(v)))] for v in SAMPLES]
        for name in MAPS
    }
    goldens["made_by"] = f"matplotlib {matplotlib.__version__}"
    out = ROOT / "tests/goldens/reports/color_maps.json"
    out.write_text(json.dumps(goldens, indent=None, separators=(",", ":")).replace("],[[", "],\n[[") + "\n")


if __name__ == "__main__":
    main()
