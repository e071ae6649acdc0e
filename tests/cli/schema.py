"""A result against its schema in docs/schema, as far as these schemas go."""

import json
import re

from program import ROOT

FOLDER = ROOT / "docs" / "schema"
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def load(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def check(value):
    name = re.fullmatch(r"headlens/(\w+)/1", value["schema"]).group(1)
    check_part(value, load(f"{name}.schema.json"), f"{name}.schema.json", "$")


def is_type(value, name):
    if name in ("integer", "number"):
        kinds = int if name == "integer" else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def resolve(reference, name):
    file, _, pointer = reference.partition("#")
    part = load(file or name)
    for key in filter(None, pointer.split("/")):
        part = part[key]
    return part, file or name


def check_part(value, part, name, where):
    if "$ref" in part:
        check_part(value, *resolve(part["$ref"], name), where)
    check_scalar(value, part, where)
    for choice in part.get("allOf", []):
        check_part(value, choice, name, where)
    for key in ("anyOf", "oneOf"):
        if key in part:
            check_choice(value, part[key], name, where)
    if isinstance(value, dict):
        check_object(value, part, name, where)
    if isinstance(value, list):
        assert len(value) >= part.get("minItems", 0), where
        for i, item in enumerate(value):
            check_part(item, part.get("items", {}), name, f"{where}[{i}]")


def check_scalar(value, part, where):
    types = part.get("type", [])
    types = [types] if isinstance(types, str) else types
    assert not types or any(is_type(value, one) for one in types), f"{where}: not {types}"
    assert "const" not in part or value == part["const"], f"{where}: {value!r}"
    assert "enum" not in part or value in part["enum"], f"{where}: {value!r}"
    if isinstance(value, str) and "pattern" in part:
        assert re.search(part["pattern"], value), f"{where}: {value!r}"
    if "minimum" in part and isinstance(value, (int, float)):
        assert value >= part["minimum"], f"{where}: {value}"


def check_object(value, part, name, where):
    for key in part.get("required", []):
        assert key in value, f"{where} lacks {key}"
    for key, item in value.items():
        if key in part.get("properties", {}):
            check_part(item, part["properties"][key], name, f"{where}.{key}")
        else:
            assert part.get("additionalProperties", True), f"{where} has {key}"


def check_choice(value, choices, name, where):
    problems = []
    for choice in choices:
        try:
            check_part(value, choice, name, where)
            return
        except AssertionError as problem:
            problems.append(str(problem))
    raise AssertionError(f"{where}: {'; '.join(problems)}")
