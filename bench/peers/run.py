#!/usr/bin/env python3
"""Measures discord.js and discord.py on the bytes that Shoal and the floor are measured on, in turns with both.

    bench/peers/run.py [BUILD_FOLDER] [--runs 3] [--messages 10000]

discord.py speaks zlib-stream; discord.js no compression, as it comes without the addon zlib-sync. Each is held against the floor of its own
compression. Their message caches are their own defaults.
"""
import argparse
import os
import shutil
import statistics
import sys
import tempfile
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import run as shoal_bench  # noqa: E402  (found beside this folder)

PEERS = {'discord.js': ('none', ['node', '--no-deprecation', os.path.join(HERE, 'discordjs.mjs')]),
         'discord.py': ('zlib', ['/usr/bin/python3', '-B', os.path.join(HERE, 'discordpy.py')])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('build', nargs='?', default=os.path.join(shoal_bench.ROOT, 'build/release'))
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--messages', type=int, default=10000)
    how = parser.parse_args()
    folder = tempfile.mkdtemp(prefix='shoal-bench-')
    try:
        bench = shoal_bench.bench(os.path.abspath(how.build), folder, types.SimpleNamespace(runs=how.runs, messages=how.messages))
        bench.out.head('Peers, one shard, as fast as it reads: CPU us an event', 'client', 'compression', 'floor', 'Shoal', 'the peer', 'ratio to the floor')
        with bench.server('replay', bench.recording(how.messages)) as where:
            for name, (compression, command) in PEERS.items():
                env = {**os.environ, 'PEER_API': where['api_base'].removesuffix('/v10'), 'PEER_GATEWAY': where['gateway'],
                       'PEER_TOKEN': shoal_bench.TOKEN, 'NODE_EXTRA_CA_CERTS': where['ca'], 'SSL_CERT_FILE': where['ca']}
                floor, ours, peer = [], [], []
                for _ in range(how.runs):
                    floor.append(bench.floor(where, compression, bench.warm, bench.last))
                    ours.append(bench.bot('bench_shoal', where, compression, bench.warm, bench.last))
                    peer += bench.lines_of([*command, str(bench.warm), str(bench.last)], env)
                cells = [f"{statistics.median(row['cpu_us'] for row in rows):.1f}" for rows in (floor, ours, peer)]
                bench.out.row(name, compression, *cells, f'{float(cells[2]) / float(cells[0]):.0f}')
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
