#!/usr/bin/env python3
"""Holds the names of schema/ against discord-api-types, which others keep: every dispatch, and every key of every field, is one that
stands there too.

Usage: schema_names.py
"""
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))

from generator import schema  # noqa: E402

# Keys that are none of Discord's objects, but of the bot's own events and of maps.
OWN = {"missing_guilds", "cached_guilds", "0", "1"}


def main():
    types = HERE / "node_modules" / "discord-api-types"
    if not types.is_dir():
        sys.exit("schema: discord-api-types is not installed; tools/bootstrap does it")
    text = "\n".join(path.read_text() for folder in ("gateway", "payloads", "rest", "utils") for path in sorted((types / folder).rglob("*.d.ts"))
                     if re.search(r"v10|common", str(path)))
    keys = set(re.findall(r"^\s+(?:readonly )?['\"]?(\w+)['\"]?\??:", text, re.M)) | set(re.findall(r"[{;,] ?(\w+)\??:", text))
    dispatches = set(re.findall(r"= \"([A-Z_]{4,})\"", text))
    known = schema.load(str(ROOT / "schema"))
    wrong = []
    for name, _ in known.dispatches:
        if name not in dispatches:
            wrong.append(f"nobody else knows the dispatch {name}")
    for each in [*known.entities.values(), *known.events]:
        for told in each.fields:
            for key in told.key.split("."):
                if key not in keys and key not in OWN:
                    wrong.append(f"{each.name}.{told.name}: nobody else knows the key {key}")
    for each in wrong:
        print(f"schema: {each}")
    version = json.loads((types / "package.json").read_text())["version"]
    fields = sum(len(each.fields) for each in [*known.entities.values(), *known.events])
    print(f"schema: {len(known.dispatches)} dispatches and {fields} fields against discord-api-types {version}, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
