#!/usr/bin/env python3
"""Holds a guide's code against sources that are compiled: each ```cpp block is what stands between `// [name]` and `// [/name]`
in one of them, after a line `<!-- snippet: name -->`, and nothing that is marked is left out.

    check_snippets.py GUIDE SOURCE...            says what differs; fails if anything does
    check_snippets.py --write GUIDE SOURCE...    rewrites the guide's blocks
"""
import re
import sys
import textwrap

MARKED = re.compile(r'^[ ]*// \[(\w+)\]\n(.*?)^[ ]*// \[/\1\]$', re.M | re.S)
BLOCK = re.compile(r'^<!-- snippet: (\w+) -->\n```cpp\n(.*?)^```$', re.M | re.S)


def main():
    words = [word for word in sys.argv[1:] if word != '--write']
    if len(words) < 2:
        raise SystemExit(__doc__)
    guide, sources = words[0], words[1:]
    marked = {}
    for source in sources:
        with open(source, encoding='utf-8') as file:
            for name, code in MARKED.findall(file.read()):
                if name in marked:
                    raise SystemExit(f'{source}: [{name}] is marked twice')
                marked[name] = textwrap.dedent(code)
    with open(guide, encoding='utf-8') as file:
        text = file.read()
    if '--write' in sys.argv:
        text = BLOCK.sub(lambda found: f'<!-- snippet: {found[1]} -->\n```cpp\n{marked[found[1]]}```', text)
        with open(guide, 'w', encoding='utf-8') as file:
            file.write(text)
    quoted = BLOCK.findall(text)
    wrong = [f'[{name}] differs from what is compiled' for name, code in quoted if marked.get(name) != code]
    wrong += [f'[{name}] is compiled and not quoted' for name in marked if name not in dict(quoted)]
    if text.count('```cpp') != len(quoted):
        wrong.append('there is code that no snippet stands behind')
    if not quoted:
        wrong.append('it quotes no code')
    for each in wrong:
        print(f'{guide}: {each}')
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
