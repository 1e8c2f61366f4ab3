#!/usr/bin/env python3
"""Holds the table of docs/judges.md against the cases: every behaviour and fault of REST has a row, and every row the cases that say they play it.

Not here: whether the cases agree with the simulator; they are run by themselves.
"""
import re
import sys

import rest_cases
import run
from play import COVERED, HERE

ROWS = [f"B{number}" for number in (*range(34, 44), *range(45, 48))] + [f"F{number}" for number in range(39, 46)]
TABLE = HERE.parent.parent / "docs" / "judges.md"


def table():
    """Row -> names of cases, by its columns "libraries" and "by hand"."""
    rows = {}
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and re.fullmatch(r"[BF]\d+", cells[0]):
            rows[cells[0]] = tuple({name.replace(" ", "_") for name in cell.split(", ") if name not in ("", "-")} for cell in cells[1:3])
    return rows


def problems():
    rows = table()
    yield from (f"{row} has no row in {TABLE.name}" for row in ROWS if row not in rows)
    yield from (f"{row} has a row, but it is none of those that have to" for row in rows if row not in ROWS)
    for row in set(rows) & set(ROWS):
        libraries, by_hand = rows[row]
        if not libraries and not by_hand:
            yield f"{row} is played by nobody"
        for column, said, owner in (("libraries", libraries, run.Scenario), ("by hand", by_hand, rest_cases.Cases)):
            play = {name for name in COVERED.get(row, ()) if hasattr(owner, name)}
            yield from (f"{row}, {column}: '{name}' is in the table and in no case that covers it" for name in sorted(said - play))
            yield from (f"{row}, {column}: '{name}' covers it and is not in the table" for name in sorted(play - said))


def main():
    found = list(problems())
    for sentence in found:
        print(sentence)
    print(f"{len(ROWS)} behaviours and faults of REST, {len(found)} gaps")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
