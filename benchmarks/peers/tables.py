"""The comparison as a table: for the terminal, as Markdown and as JSON."""

COLUMNS = ("case", "ours min / median s", "peer min / median s", "ratio", "target", "difference",
           "ours peak MB", "peer peak MB")


def times(side):
    return f"{side['min']:.3f} / {side['median']:.3f}" if side else "-"


def megabytes(side):
    return f"{side['peak_rss_bytes'] / 1e6:.0f}" if side else "-"


def difference(row):
    if row.get("error"):
        return row["error"]
    texts = []
    for name, found in row["differences"].items():
        value = found["kind"] if found["largest"] is None else f"{found['largest']:.2g}"
        texts.append(f"{name} {value}{'' if found['within'] else ' TOO FAR'}")
    return ", ".join(texts) or "-"


def ratio(row):
    if row["ratio"] is None:
        return "-"
    return f"{row['ratio']:.2f}" + ("" if row["ratio"] >= row["target"] else " (below)")


def cells(row):
    return (row["name"], times(row["ours"]), times(row["peer"]), ratio(row), f"{row['target']:g}",
            difference(row), megabytes(row["ours"]), megabytes(row["peer"]))


def terminal(rows):
    lines = [COLUMNS, *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in lines)


def markdown(report):
    machine = report["machine"]
    lines = [f"{machine['processor']}, {report['threads']} threads, {report['runs']} runs a side, "
             "alternating. " + ", ".join(f"{k} {v}" for k, v in machine["packages"].items()) + ".",
             "", "| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in report["cases"]]
    return "\n".join(lines) + "\n"
