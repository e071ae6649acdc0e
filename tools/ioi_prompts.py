#!/usr/bin/env python3
"""Turns a table of indirect-object sentences into prompts for headlens.

    tools/ioi_prompts.py ioi_llama.csv > ioi.jsonl

Reads the columns clean and corrupted_hard (the two names' roles exchanged) and writes one JSON
object a line: {"clean", "corrupt", "answer", "foil"}. The answer is the name that the sentence holds
once, the foil the one it repeats.
"""

import csv
import json
import re
import sys


def names_of(sentence):
    """The repeated name and the other one."""
    names = re.findall(r"\b[A-Z][a-z]+\b", sentence.split(" ", 1)[1])
    repeated = [name for name in set(names) if names.count(name) > 1]
    single = [name for name in dict.fromkeys(names) if names.count(name) == 1]
    return (repeated[0], single[0]) if len(repeated) == 1 and len(single) == 1 else None


def main():
    skipped = 0
    with open(sys.argv[1], newline="") as file:
        for row in csv.DictReader(file):
            names = names_of(row["clean"])
            if names is None:
                skipped += 1
                continue
            foil, answer = names
            print(json.dumps({"clean": row["clean"], "corrupt": row["corrupted_hard"],
                              "answer": " " + answer, "foil": " " + foil}))
    if skipped:
        print(f"{skipped} sentences without one repeated and one single name", file=sys.stderr)


if __name__ == "__main__":
    main()
