"""The comparison as a table: for the terminal, as Markdown and as JSON."""

COLUMNS = ("case", "ours min / median s", "peer min / median s", "ratio", "target", "difference",
           "first call s: ours, peer", "ours peak MB", "peer peak MB")


def times(side):
    return f"{side['min']:.3f} / {side['median']:.3f}" if side else "-"


def first_calls(row):
    return ", ".join(f"{side['first']:.3f}" if side else "-" for side in (row["ours"], row["peer"]))


def megabytes(side):
    return f"{side['peak_rss_bytes'] / 1e6:.0f}" if side else "-"


def difference(row):
    texts = []
    for name, found in row["differences"].items():
        value = found["kind"] if found["largest"] is None else f"{found['largest']:.2g}"
        if "mean" in found:
            value += f" (mean {found['mean']:.2g})"
        texts.append(f"{name} {value}{'' if found['within'] else ' TOO FAR'}")
    return ", ".join(texts) or "-"


def over_limits(row):
    """The named limits (of ours alone) that the row breaks."""
    ours = row["ours"]
    if not ours:
        return []
    measured = {"seconds": ours["median"], "megabytes": ours["peak_rss_bytes"] / 1e6}
    return [name for name, limit in row["limits"].items() if measured[name] > limit]


def below_target(row):
    return None not in (row["ratio"], row["target"]) and row["ratio"] < row["target"]


def ratio(row):
    if row["ratio"] is None:
        return "-"
    return f"{row['ratio']:.2f}" + (" (below)" if below_target(row) else "")


def target(row):
    texts = [f">= {row['target']:g}"] if row["target"] is not None else []
    over = over_limits(row)
    texts += [f"<= {limit:g} {name}{' (over)' if name in over else ''}"
              for name, limit in row["limits"].items()]
    return ", ".join(texts)


def errors(rows):
    return [f"{row['name']}: {row['error']}" for row in rows if row.get("error")]


def cells(row):
    return (row["name"], times(row["ours"]), times(row["peer"]), ratio(row), target(row),
            difference(row), first_calls(row), megabytes(row["ours"]), megabytes(row["peer"]))


def terminal(rows):
    lines = [COLUMNS, *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
             for line in lines]
    return "\n".join(table + errors(rows))


def markdown(report):
    machine = report["machine"]
    lines = [f"{machine['processor']}, {report['threads']} threads, {report['runs']} runs a side, "
             "alternating. " + ", ".join(f"{k} {v}" for k, v in machine["packages"].items()) + ".",
             "", "| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in report["cases"]]
    lines += [f"\n{error}" for error in errors(report["cases"])]
    return "\n".join(lines) + "\n"
