#!/usr/bin/env python3
"""How long the shards of a killed worker are away: kill -9 of one of three workers with 16 shards each, and the time until Discord has
answered RESUMED for the last of its 16.

    sudo bench/recovery.py [BUILD_FOLDER] [--kills 100] [--round-trip 40] [--json FILE]

Coordinator and workers share a host (so that there is proof of death), Discord is a round trip of 40 ms away: each has a network namespace
of its own, and between them is a line that keeps each packet for half of that, both ways, connecting included. Needs root, /dev/net/tun
and `ip` of iproute2; where namespaces cannot be made it exits with 77. Nothing of it is in the machine's own network, and all of it goes with
this process. Not here: what a lost host costs (tests/system/fleet_hosts_test.cpp).
"""
import argparse
import ctypes
import fcntl
import heapq
import itertools
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOKEN = 'MTAwMDAwMDAwMDAwMDAwMDAwMQ.Gbench.not-a-token-of-discord-0123456789'
OPS_TOKEN = 'the-token-of-the-ops-page-0123456789'
DISCORD, MACHINE = '10.78.0.1', '10.78.0.2'
WORKERS, SHARDS = ('w1', 'w2', 'w3'), 48
CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
libc = ctypes.CDLL(None, use_errno=True)


def left_out(why):
    print(f'recovery: left out: {why}', file=sys.stderr)
    sys.exit(77)


def checked(answer):
    if answer != 0:
        left_out(f'network namespaces cannot be made: {os.strerror(ctypes.get_errno())}')


def enter(space):
    checked(libc.setns(space, CLONE_NEWNET))


def new_space(address, peer):
    """A namespace that this thread is in from now on: its descriptor, and that of its end of the line."""
    checked(libc.unshare(CLONE_NEWNET))
    try:
        end = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        left_out(error)
    fcntl.ioctl(end, TUNSETIFF, struct.pack('16sH22x', b'line', IFF_TUN | IFF_NO_PI))
    for words in (['link', 'set', 'lo', 'up'], ['address', 'add', address, 'peer', peer, 'dev', 'line'], ['link', 'set', 'line', 'up']):
        subprocess.run(['ip', *words], check=True)
    return os.open('/proc/self/ns/net', os.O_RDONLY), end


def carry(ends, delay):
    """Each packet comes out at the other end `delay` seconds later, in order."""
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    kept, order = [], itertools.count()
    while True:
        wait = max(0.0, kept[0][0] - time.monotonic()) if kept else None
        for end in select.select(ends, [], [], wait)[0]:
            try:
                while True:
                    heapq.heappush(kept, (time.monotonic() + delay, next(order), other[end], os.read(end, 65536)))
            except BlockingIOError:
                pass
        while kept and kept[0][0] <= time.monotonic():
            _, _, to, packet = heapq.heappop(kept)
            try:
                os.write(to, packet)
            except BlockingIOError:
                pass  # As a full line does.


class stage:
    def __init__(self, build, folder, round_trip):
        self.build, self.folder, self.nodes = build, folder, {}
        self.machine, near = new_space(MACHINE, DISCORD)
        self.middle, far = new_space(DISCORD, MACHINE)
        threading.Thread(target=carry, args=((near, far), round_trip / 2000), daemon=True).start()
        with open(self.file('ops-token'), 'w', opener=lambda path, flags: os.open(path, flags, 0o600), encoding='utf-8') as out:
            out.write(OPS_TOKEN)

    def file(self, name):
        return os.path.join(self.folder, name)

    def program(self, name):
        return os.path.join(self.build, name)

    def start(self, name, space, *command):
        def there():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            enter(space)
        env = {'PATH': os.environ.get('PATH', ''), 'HOME': self.folder, 'DISCORD_TOKEN': TOKEN}
        with open(self.file(name + '.log'), 'ab') as log:
            self.nodes[name] = subprocess.Popen([self.program(command[0]), *command[1:]], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                preexec_fn=there)

    def certificates(self):
        for words in (['init'], *(['node', name, '--role', 'worker' if name in WORKERS else 'coordinator', '--host', '127.0.0.1']
                                  for name in (*WORKERS, 'c1'))):
            subprocess.run([self.program('shoal'), 'certs', *words, '--certs', self.file('certs')], check=True, stdout=subprocess.DEVNULL)

    def discord(self):
        self.start('sim', self.middle, 'shoal-sim', 'serve', '--listen', f'{DISCORD}:0', '--resume-listen', f'{DISCORD}:0', '--token', TOKEN,
                   '--ready-file', self.file('ready.json'), '--ca-out', self.file('ca.pem'), '--shards', str(SHARDS), '--traffic-shards', str(SHARDS),
                   '--guilds', str(10 * SHARDS), '--guild-class', 'small', '--rate', '5', '--max-concurrency', '16', '--late-guild-share', '0')
        self.until('the simulator', lambda: os.path.exists(self.file('ready.json')))
        with open(self.file('ready.json'), encoding='utf-8') as file:
            self.where = json.load(file)

    def node(self, name, *more):
        self.start(name, self.machine, 'shoal-fleet-bot', '--api-base', self.where['api_base'], '--ca-file', self.file('ca.pem'), '--log-format',
                   'json', '--guild-wait', '2s', '--process-id', name, '--certs', self.file('certs/' + name), '--state-dir', self.file(name), *more)

    def coordinator(self):
        self.node('c1', '--mode', 'coordinator', '--listen-url', 'https://127.0.0.1:8443', '--ops-url', 'http://127.0.0.1:8444',
                  '--ops-token-file', self.file('ops-token'))

    def worker(self, name):
        self.node(name, '--mode', 'worker', '--coordinator-url', 'https://127.0.0.1:8443', '--listen-url', 'https://127.0.0.1:0')

    def counters(self):
        request = urllib.request.Request('http://' + self.where['control'].removeprefix('http://') + '/control', b'{"do":"status"}')
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)['counters']

    def held(self):
        """How many shards each worker runs."""
        enter(self.machine)
        try:
            request = urllib.request.Request('http://127.0.0.1:8444/cluster/state', headers={'Authorization': 'Bearer ' + OPS_TOKEN})
            with urllib.request.urlopen(request, timeout=30) as answer:
                shards = json.load(answer)['shards']
        except OSError:
            return {}
        finally:
            enter(self.middle)
        running = [shard['worker'] for shard in shards if shard['status'] == 'running']
        return {name: running.count(name) for name in set(running)}

    def until(self, what, condition, seconds=120, every=0.05):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                sys.exit(f'recovery: {what} did not come within {seconds} s; the logs are in {self.folder}')
            time.sleep(every)

    def even(self):
        self.until('an even fleet', lambda: self.held() == {name: SHARDS // len(WORKERS) for name in WORKERS})

    def kill(self, name):
        """Seconds from the kill to the last RESUMED."""
        lost = SHARDS // len(WORKERS)
        before = self.counters()['resumed']
        start = time.monotonic()
        self.nodes[name].kill()
        self.until('the RESUMEs', lambda: self.counters()['resumed'] >= before + lost, every=0.002)
        took = time.monotonic() - start
        self.nodes[name].wait()
        return took


def rank(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main():
    parse = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parse.add_argument('build', nargs='?', default=os.path.join(ROOT, 'build', 'release'))
    parse.add_argument('--kills', type=int, default=100)
    parse.add_argument('--round-trip', type=float, default=40, help='to Discord, ms')
    parse.add_argument('--json', help='write each time to this file')
    how = parse.parse_args()
    took = []
    with tempfile.TemporaryDirectory(prefix='shoal-recovery-') as folder:
        on = stage(os.path.abspath(how.build), folder, how.round_trip)
        on.certificates()
        on.discord()
        on.coordinator()
        for name in WORKERS:
            on.worker(name)
        on.even()
        for name in itertools.islice(itertools.cycle(WORKERS), how.kills):
            took.append(on.kill(name))
            print(f'{name}: {took[-1] * 1000:.0f} ms', flush=True)
            on.worker(name)
            on.even()
        counted = on.counters()
        for node in on.nodes.values():
            node.terminate()
        for node in on.nodes.values():
            node.wait(60)
    if how.json:
        with open(how.json, 'w', encoding='utf-8') as out:
            json.dump({'round_trip_ms': how.round_trip, 'seconds': took}, out)
    print(f'{len(took)} kills, round trip {how.round_trip:.0f} ms, load {os.getloadavg()[0]:.1f}: p50 {rank(took, .5):.2f} s, '
          f'p99 {rank(took, .99):.2f} s, most {max(took):.2f} s; IDENTIFYs beyond the first of each shard: {counted["identifies"] - SHARDS}')
    if counted['identifies'] != SHARDS:
        sys.exit('recovery: no shard needs an IDENTIFY for that')


if __name__ == '__main__':
    main()
