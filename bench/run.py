#!/usr/bin/env python3
"""Measures what an event costs: our whole path beside the floor, over the same recorded bytes, in one run.

    bench/run.py [BUILD_FOLDER] [--runs 9] [--only flat,paced,stages] [--compression zlib,zstd,none] [--smoke] [--json FILE]

A recording is made from a fixed seed (shoal-sim serve --record) and served again (shoal-sim replay) by a process whose CPU time counts for
nobody. The floor and ours take turns, so that what else the machine does hits both; each figure is CPU time of the whole client process, all
its threads, between two messages of the stream, divided by the events between them. The ratio is that of the medians.
"""
import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOKEN = 'MTAwMDAwMDAwMDAwMDAwMDAwMQ.Gbench.not-a-token-of-discord-0123456789'
RECORDED_RATE = 8000.0
PACED_RATE = 2000.0


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def spread(rows, key):
    values = sorted(row[key] for row in rows)
    return f'{statistics.median(values):7.2f} ({values[0]:.2f} to {values[-1]:.2f})'


class bench:
    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.recording = os.path.join(folder, 'recording')

    def program(self, name):
        return os.path.join(self.build, name)

    @contextlib.contextmanager
    def server(self, *how):
        """shoal-sim as told; yields its addresses and ends it."""
        ready, ca = os.path.join(self.folder, 'ready.json'), os.path.join(self.folder, 'ca.pem')
        with contextlib.suppress(FileNotFoundError):
            os.remove(ready)
        with open(os.path.join(self.folder, 'sim.log'), 'wb') as log:
            sim = subprocess.Popen([self.program('shoal-sim'), *how, '--ready-file', ready, '--ca-out', ca,
                                    '--drain-seconds', '0'], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + 60
            while not (os.path.exists(ready) and os.path.getsize(ready) > 0):
                if sim.poll() is not None or time.monotonic() > deadline:
                    with open(os.path.join(self.folder, 'sim.log'), encoding='utf-8') as log:
                        sys.exit(f'bench: the simulator did not start:\n{log.read()}')
                time.sleep(0.02)
            with open(ready, encoding='utf-8') as file:
                yield {**json.load(file), 'ca': ca}
        finally:
            sim.send_signal(signal.SIGINT)
            try:
                sim.wait(30)
            except subprocess.TimeoutExpired:
                sim.kill()
                sim.wait()

    def client(self, command, env=None):
        ran = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False)
        lines = [line for line in ran.stdout.splitlines() if line.startswith('{"')]
        if ran.returncode != 0 or not lines:
            sys.exit(f'bench: {os.path.basename(command[0])} ended with status {ran.returncode}:\n{ran.stdout}{ran.stderr}')
        return json.loads(lines[-1])

    def ours(self, where, compression, first, last):
        env = {'PATH': os.environ.get('PATH', ''), 'HOME': self.folder, 'DISCORD_TOKEN': TOKEN, 'SHOAL_API_BASE': where['api_base'],
               'SHOAL_CA_FILE': where['ca'], 'SHOAL_COMPRESSION': compression, 'SHOAL_LOG_LEVEL': 'warn',
               'SHOAL_IDENTIFY_LEDGER': os.path.join(tempfile.mkdtemp(dir=self.folder), 'ledger')}
        return self.client([self.program('bench_shoal'), str(first), str(last)], env)

    def floor(self, where, compression, first, last, until='all'):
        host, port = where['gateway'].rsplit('/', 1)[1].rsplit(':', 1)
        return self.client([self.program('bench_floor'), host, port, where['ca'], compression, str(first), str(last), until])

    def record(self, messages):
        """A stream with this many messages, and what else comes with them."""
        with self.server('serve', '--token', TOKEN, '--seed', '7', '--guilds', '100', '--rate', str(RECORDED_RATE), '--even-traffic', '--late-guild-share', '0',
                         '--guild-creates-per-second', '2000', '--record', self.recording) as where:
            self.ours(where, 'none', 1, messages)

    def compare(self, title, compression, first, last, runs, *how):
        with self.server('replay', self.recording, *how) as where:
            floor, ours = [], []
            for _ in range(runs):
                floor.append(self.floor(where, compression, first, last))
                ours.append(self.ours(where, compression, first, last))
        ratio = median(ours, 'cpu_us') / median(floor, 'cpu_us')
        news = max(row['new_calls'] / row['events'] for row in ours)
        print(f'{title:24} floor {spread(floor, "cpu_us")} us   ours {spread(ours, "cpu_us")} us   ratio {ratio:.2f}   '
              f'operator new {news:.4f} an event', flush=True)
        return {'title': title, 'ratio': ratio, 'floor': floor, 'ours': ours}

    def stages(self, compression, first, last, runs):
        """What the floor's own stages cost, each run up to that stage."""
        with self.server('replay', self.recording) as where:
            rows = {until: [] for until in ('tls', 'inflate', 'all')}
            for _ in range(runs):
                for until, found in rows.items():
                    found.append(self.floor(where, compression, first, last, until))
        tls, inflate, whole = (median(rows[until], 'cpu_us') for until in ('tls', 'inflate', 'all'))
        print(f'floor, {compression:5}: TLS and frames {tls:.2f} us, inflating {inflate - tls:.2f}, op, t and s {whole - inflate:.2f}', flush=True)
        return {'compression': compression, 'tls_us': tls, 'inflate_us': inflate - tls, 'json_us': whole - inflate}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('build', nargs='?', default=os.path.join(ROOT, 'build/release'))
    parser.add_argument('--runs', type=int, default=9)
    parser.add_argument('--only', default='flat,paced,stages')
    parser.add_argument('--compression', default='zlib,zstd,none')
    parser.add_argument('--messages', type=int, default=40000)
    parser.add_argument('--smoke', action='store_true', help='one short run of each, to see that all of it works')
    parser.add_argument('--json', help='also write every figure to this file')
    how = parser.parse_args()
    if how.smoke:
        how.runs, how.messages = 1, 2000
    folder = tempfile.mkdtemp(prefix='shoal-bench-')
    found = []
    try:
        run = bench(os.path.abspath(how.build), folder)
        run.record(how.messages)
        warm, last = how.messages // 10, how.messages - 10
        for compression in how.compression.split(','):
            if 'flat' in how.only:
                found.append(run.compare(f'{compression}, flat out', compression, warm, last, how.runs))
            if 'paced' in how.only:
                found.append(run.compare(f'{compression}, {PACED_RATE:g} a second', compression, warm // 4, last // 4, how.runs, '--speed',
                                         str(PACED_RATE / RECORDED_RATE)))
            if 'stages' in how.only:
                found.append(run.stages(compression, warm, last, how.runs))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if how.json:
        with open(how.json, 'w', encoding='utf-8') as file:
            json.dump(found, file, indent=1)


if __name__ == '__main__':
    main()
