#!/usr/bin/env python3
"""Measures what Shoal costs beside the floor, over the same recorded bytes, in one run, and prints it as the tables of docs/performance.md.

    bench/run.py [BUILD_FOLDER] [--runs 9] [--only flat,paced,stages,memory,load,inflate,fleet] [--write docs/performance.md] [--json FILE] [--smoke]

Recordings are made from a fixed seed (shoal-sim serve --record) and served again (shoal-sim replay) by a process whose CPU time counts for
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

import fleet

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOKEN = 'MTAwMDAwMDAwMDAwMDAwMDAwMQ.Gbench.not-a-token-of-discord-0123456789'
BEGIN, END = '<!-- measured: written by make bench -->', '<!-- measured: end -->'
RECORDED_RATE = 8000.0
PACED_RATE = 2000.0


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def spread(rows, key):
    values = sorted(row[key] for row in rows)
    return f'{statistics.median(values):.2f} ({values[0]:.2f} to {values[-1]:.2f})'


class tables:
    """Markdown tables, printed as they grow."""

    def __init__(self):
        self.lines = []

    def say(self, line):
        self.lines.append(line)
        print(line, flush=True)

    def head(self, title, *columns):
        self.say(f'\n**{title}**\n')
        self.row(*columns)
        self.say('|' + '--|' * len(columns))

    def row(self, *cells):
        self.say('| ' + ' | '.join(cells) + ' |')


class bench:
    def __init__(self, build, folder, how):
        self.build, self.folder, self.how, self.runs, self.token = build, folder, how, how.runs, TOKEN
        self.out, self.found = tables(), []
        self.warm, self.last = how.messages // 10, how.messages - 10

    def program(self, name):
        return os.path.join(self.build, name)

    def file(self, name):
        return os.path.join(self.folder, name)

    @contextlib.contextmanager
    def server(self, *how):
        """shoal-sim as told; yields its addresses and ends it."""
        ready, ca, log_name = self.file('ready.json'), self.file('ca.pem'), self.file('sim.log')
        with contextlib.suppress(FileNotFoundError):
            os.remove(ready)
        with open(log_name, 'wb') as log:
            sim = subprocess.Popen([self.program('shoal-sim'), *how, '--ready-file', ready, '--ca-out', ca, '--drain-seconds', '0'],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + 60
            while not (os.path.exists(ready) and os.path.getsize(ready) > 0):
                if sim.poll() is not None or time.monotonic() > deadline:
                    with open(log_name, encoding='utf-8') as log:
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

    def lines_of(self, command, env=None):
        ran = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False)
        lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith('{"')]
        if ran.returncode != 0 or not lines:
            sys.exit(f'bench: {os.path.basename(command[0])} ended with status {ran.returncode}:\n{ran.stdout}{ran.stderr}')
        return lines

    def bot(self, name, where, compression, *arguments, threads=None):
        """One of our clients, whole."""
        env = {'PATH': os.environ.get('PATH', ''), 'HOME': self.folder, 'DISCORD_TOKEN': TOKEN, 'SHOAL_API_BASE': where['api_base'],
               'SHOAL_CA_FILE': where['ca'], 'SHOAL_COMPRESSION': compression, 'SHOAL_LOG_LEVEL': 'warn',
               'SHOAL_IDENTIFY_LEDGER': os.path.join(tempfile.mkdtemp(dir=self.folder), 'ledger')}
        if threads:
            env['SHOAL_THREADS'] = str(threads)
        return self.lines_of([self.program(name), *map(str, arguments)], env)[-1]

    def floor(self, where, compression, first, last, until='all', event='MESSAGE_CREATE'):
        host, port = where['gateway'].rsplit('/', 1)[1].rsplit(':', 1)
        return self.lines_of([self.program('bench_floor'), host, port, where['ca'], compression, str(first), str(last), until, event])[-1]

    def recording(self, messages):
        """A stream with this many messages, and what else comes with them. Made once."""
        name = self.file(f'messages-{messages}')
        if not os.path.exists(name):
            with self.server('serve', '--token', TOKEN, '--seed', '7', '--guilds', '100', '--rate', str(RECORDED_RATE), '--even-traffic',
                             '--late-guild-share', '0', '--guild-creates-per-second', '2000', '--record', name) as where:
                self.bot('bench_shoal', where, 'none', 1, messages)
        return name

    def recording_of_guilds(self, guilds):
        name = self.file(f'guilds-{guilds}')
        with self.server('serve', '--token', TOKEN, '--seed', '7', '--guilds', str(guilds), '--late-guild-share', '0',
                         '--guild-creates-per-second', '2000', '--record', name) as where:
            self.bot('bench_load', where, 'none', 1, guilds)
        return name

    def events(self, compression, first, last, *how):
        """Ours and the floor in turns; a row of the table."""
        floor, ours = [], []
        with self.server('replay', self.recording(self.how.messages), *how) as where:
            for _ in range(self.runs):
                floor.append(self.floor(where, compression, first, last))
                ours.append(self.bot('bench_shoal', where, compression, first, last))
        ratio = median(ours, 'cpu_us') / median(floor, 'cpu_us')
        news = statistics.median(row['new_calls'] / row['events'] for row in ours)
        self.found.append({'part': 'paced' if how else 'flat', 'compression': compression, 'ratio': ratio, 'floor': floor, 'ours': ours})
        return compression, spread(floor, 'cpu_us'), spread(ours, 'cpu_us'), f'**{ratio:.2f}**', f'{news:.4f}'

    def flat(self):
        self.out.head('One shard, as fast as it reads: CPU us an event, median (least to most)', 'compression', 'floor', 'Shoal', 'ratio',
                      'operator new an event')
        for compression in self.how.compression:
            self.out.row(*self.events(compression, self.warm, self.last))

    def paced(self):
        self.out.head(f'One shard at {PACED_RATE:g} events a second', 'compression', 'floor', 'Shoal', 'ratio', 'operator new an event')
        for compression in self.how.compression:
            self.out.row(*self.events(compression, self.warm // 8, self.last // 8, '--speed', str(PACED_RATE / RECORDED_RATE)))

    def stages(self):
        """What each stage costs: the floor's by running it up to a stage, ours by bench_stages, and the rest of our whole client."""
        names = ('tls', 'frames', 'inflate', 'envelope', 'verdict', 'bot', 'cache', 'reader_and_handler', 'whole')
        found = {}
        with self.server('replay', self.recording(self.how.messages)) as where:
            for compression in self.how.compression:
                floor = {'tls': [], 'inflate': [], 'all': []}
                ours = []
                for _ in range(self.runs):
                    for until, rows in floor.items():
                        rows.append(self.floor(where, compression, self.warm, self.last, until))
                    ours.append(self.bot('bench_shoal', where, compression, self.warm, self.last))
                steps = self.lines_of([self.program('bench_stages'), self.recording(self.how.messages), compression, str(self.runs)])[-1]
                tls, inflate, whole = (median(floor[until], 'cpu_us') for until in floor)
                within, steps['whole'] = steps['whole'], median(ours, 'cpu_us')
                steps['tls'] = steps['whole'] - within
                found[compression] = {'ours': steps,
                                      'floor': {'tls': tls, 'inflate': inflate - tls, 'envelope': whole - inflate, 'whole': whole}}
        self.found.append({'part': 'stages', **found})
        self.out.head('Where the time goes: CPU us an event', 'stage', *(f'{who}, {each}' for each in found for who in ('floor', 'Shoal')))
        words = {'tls': 'TLS, socket, event loop', 'frames': 'websocket frames', 'inflate': 'inflating', 'envelope': 'op, t, s and d',
                 'verdict': 'session, window', 'bot': 'dispatch, nobody listens', 'cache': 'cache, the 100 guilds included',
                 'reader_and_handler': 'reading the message, handler', 'journal': '(a journal, off by default)', 'whole': 'whole client'}
        for name in (*names[:-1], 'journal', 'whole'):
            self.out.row(words[name], *(f"{each[who][name]:.2f}" if name in each[who] else '' for each in found.values()
                                        for who in ('floor', 'ours')))

    def memory(self):
        """By the difference between two numbers of shards: what the process needs anyhow drops out."""
        few, many = (1, 3) if self.how.smoke else (4, 20)
        messages = 500 if self.how.smoke else 24000
        self.out.head('Memory a shard, KB (cache off)', 'compression', 'idle: malloc', 'idle: private memory', '28 MB later: malloc',
                      '28 MB later: private memory')
        for compression in self.how.compression:
            cells = []
            for held in (True, False):
                with self.server('replay', self.recording(messages), *(['--hold'] if held else [])) as where:
                    rows = [self.bot('bench_memory', where, compression, shards, 0 if held else messages - 10, threads=1)
                            for shards in (few, many)]
                for key in ('heap_bytes', 'private_bytes'):
                    each = (rows[1][key] - rows[0][key]) / (many - few)
                    cells.append(f'{each / 1000:.0f}')
                    self.found.append({'part': 'memory', 'compression': compression, 'idle': held, 'what': key, 'bytes': each})
            self.out.row(compression, *cells)

    def load(self):
        """Shards that come up with all their guilds; the floor reads one shard's bytes."""
        shards, guilds, runs = (2, 40, 1) if self.how.smoke else (16, 1000, max(3, self.runs // 3))
        name = self.recording_of_guilds(guilds)
        self.out.head(f'{shards} shards of {guilds} guilds coming up, cache on: CPU us a GUILD_CREATE', 'compression', 'floor', 'Shoal', 'ratio')
        with self.server('replay', name) as where:
            for compression in self.how.compression:
                floor, ours = [], []
                for _ in range(runs):
                    floor.append(self.floor(where, compression, 1, guilds, 'all', 'GUILD_CREATE'))
                    ours.append(self.bot('bench_load', where, compression, shards, guilds, threads=1))
                ratio = median(ours, 'cpu_us') / median(floor, 'cpu_us')
                self.found.append({'part': 'load', 'compression': compression, 'ratio': ratio, 'floor': floor, 'ours': ours})
                self.out.row(compression, spread(floor, 'cpu_us'), spread(ours, 'cpu_us'), f'**{ratio:.2f}**')

    def fleet(self):
        """A coordinator's cost."""
        fleet.measure(self)

    def inflate(self):
        """zlib beside ISA-L."""
        if not os.path.exists(self.program('bench_inflate')):
            self.out.say('\nISA-L is not installed (libisal-dev), so it was not measured.')
            return
        self.out.head('zlib beside ISA-L on the same streams: CPU us a message', 'messages', 'JSON bytes', 'wire bytes', 'zlib', 'ISA-L', 'ratio')
        lines = self.lines_of([self.program('bench_inflate'), self.recording(self.how.messages), '3', str(self.runs)])
        for words, each in zip(('the whole mix', 'below 512 B', '512 B to 4 KB', 'from 4 KB'), lines):
            self.out.row(words, str(each['bytes']), str(each['wire_bytes']), f"{each['zlib_us']:.2f}", f"{each['isal_us']:.2f}",
                         f"**{each['isal_us'] / each['zlib_us']:.2f}**")
        self.found.append({'part': 'inflate', 'rows': lines})


def write(path, lines):
    """Between the markers of a page."""
    with open(path, encoding='utf-8') as file:
        before, rest = file.read().split(BEGIN)
    after = rest.split(END)[1]
    with open(path, 'w', encoding='utf-8') as file:
        file.write(before + BEGIN + '\n' + '\n'.join(lines) + '\n\n' + END + after)


def machine():
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        model = next((line.split(':', 1)[1].strip() for line in file if line.startswith('model name')), 'a processor without a name')
    return f'{os.cpu_count()} cores of {model}, load {os.getloadavg()[0]:.1f} at the start, {time.strftime("%Y-%m-%d")}.'


def main():
    parts = ('flat', 'paced', 'stages', 'memory', 'load', 'inflate', 'fleet')
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('build', nargs='?', default=os.path.join(ROOT, 'build/release'))
    parser.add_argument('--runs', type=int, default=9)
    parser.add_argument('--only', default=','.join(parts))
    parser.add_argument('--compression', default='zlib,zstd,none')
    parser.add_argument('--messages', type=int, default=40000)
    parser.add_argument('--smoke', action='store_true', help='one short run, to see that all of it works')
    parser.add_argument('--write', help='also write the tables between the markers of this page')
    parser.add_argument('--json', help='also write every figure to this file')
    how = parser.parse_args()
    how.compression = how.compression.split(',')
    if how.smoke:
        how.runs, how.messages = 1, 2000
    folder = tempfile.mkdtemp(prefix='shoal-bench-')
    try:
        run = bench(os.path.abspath(how.build), folder, how)
        run.out.say(machine())
        for part in parts:
            if part in how.only.split(','):
                getattr(run, part)()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if how.write:
        write(how.write, run.out.lines)
    if how.json:
        with open(how.json, 'w', encoding='utf-8') as file:
            json.dump(run.found, file, indent=1)


if __name__ == '__main__':
    main()
