"""A coordinator under a thousand real streams, and how fast a fleet comes up: part `fleet` of run.py. Not here: the load generator (fleet_load.cpp), the brain by
itself (bench_brain)."""
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

INTENTS = 513


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def certificates(bench):
    """A folder with c1 and w1 to w4; made once."""
    certs = bench.file('certs')
    if not os.path.exists(certs):
        workers = (['node', f'w{i}', '--role', 'worker', '--host', '127.0.0.1'] for i in range(1, 5))
        for words in (['init'], ['node', 'c1', '--role', 'coordinator', '--host', '127.0.0.1'], *workers):
            subprocess.run([bench.program('shoal'), 'certs', *words, '--certs', certs], stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return certs


@contextlib.contextmanager
def node(bench, where, name, command):
    """A node of the fleet, and the end of it; yields its process and where its log is."""
    env = {'PATH': os.environ.get('PATH', ''), 'HOME': bench.folder, 'DISCORD_TOKEN': bench.token, 'SHOAL_API_BASE': where['api_base'],
           'SHOAL_CA_FILE': where['ca'], 'SHOAL_LOG_FORMAT': 'json', 'SHOAL_CERTS': f'{certificates(bench)}/{name}', 'SHOAL_PROCESS_ID': name}
    log_name = bench.file(f'{name}.log')
    with open(log_name, 'wb') as log:
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process, log_name
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def coordinator(bench, where, shards, intents, run):
    """A coordinator that listens; yields its process and url."""
    port = free_port()
    command = [bench.program('shoal'), 'coordinator', '--listen-url', f'https://127.0.0.1:{port}', '--store', f'sqlite:{bench.file(run)}.db',
               '--total-shards', str(shards), '--intents', str(intents)]
    with node(bench, where, 'c1', command) as (process, log):
        wait_until(lambda: answers(port), 30, "the coordinator's start", [(process, log)])
        yield process, f'https://127.0.0.1:{port}'


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


def wait_until(condition, within, what, alive=(), every=0.02):
    deadline = time.monotonic() + within
    while not condition():
        ended = [log for process, log in alive if process.poll() is not None]
        if ended or time.monotonic() > deadline:
            text = ''
            for log in ended:
                with open(log, encoding='utf-8') as file:
                    text += file.read()
            sys.exit(f'bench: {what} did not come about within {within} s\n{text}')
        time.sleep(every)
    return time.monotonic()


def counters(where):
    request = urllib.request.Request(where['control'] + '/control', data=b'{"do":"status"}', method='POST')
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)['counters']


def ready_shards(logs):
    found = set()
    for name in logs:
        with open(name, encoding='utf-8') as log:
            found |= {json.loads(line)['shard'] for line in log if '"shard ready"' in line}
    return len(found)


def coming_up(bench):
    """Four workers and a fleet's first IDENTIFYs."""
    shards, concurrency, guilds = (8, 8, 16) if bench.how.smoke else (64, 16, 1280)
    with contextlib.ExitStack() as stack:
        where = stack.enter_context(bench.server('serve', '--token', bench.token, '--guilds', str(guilds), '--shards', str(shards),
                                                 '--max-concurrency', str(concurrency), '--late-guild-share', '0'))
        # The intents of the example: GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT.
        _, url = stack.enter_context(coordinator(bench, where, shards, 37377, 'coming-up'))
        nodes = [stack.enter_context(node(bench, where, f'w{i}', [bench.program('shoal-fleet-bot'), '--mode', 'worker', '--coordinator-url', url]))
                 for i in range(1, 5)]
        begin = wait_until(lambda: counters(where)['identifies'] > 0, 60, 'the first IDENTIFY', nodes)
        ready = wait_until(lambda: counters(where)['readies'] >= shards, 120, 'the last READY', nodes) - begin
        guilds_ready = wait_until(lambda: ready_shards([log for _, log in nodes]) == shards, 120, 'the last guild', nodes) - begin
        identifies = counters(where)['identifies']
    if identifies != shards:
        sys.exit(f'bench: {identifies} IDENTIFYs for {shards} shards')
    bench.found.append({'part': 'coming up', 'shards': shards, 'ready_seconds': ready, 'guilds_seconds': guilds_ready, 'identifies': identifies})
    bench.out.head(f'A fleet comes up: 4 workers, max_concurrency {concurrency}, {guilds} guilds; seconds from the first IDENTIFY', 'shards',
                   'IDENTIFYs', 'to the last READY', 'to the last guild')
    bench.out.row(str(shards), str(identifies), f'{ready:.1f}', f'{guilds_ready:.1f}')


def measure(bench):
    coming_up(bench)
    coordinating(bench)


def coordinating(bench):
    workers, shards, seconds = (20, 320, 3) if bench.how.smoke else (1000, 16384, 30)
    # Discord's real budget would need days to bring so many shards up; what a running fleet costs is the question.
    with bench.server('serve', '--token', bench.token, '--guilds', '0', '--shards', str(shards), '--max-concurrency', '4096',
                      '--identify-total', '1000000') as where:
        with coordinator(bench, where, shards, INTENTS, 'coordinating') as (process, url):
            found = bench.lines_of([bench.program('bench_fleet_load'), url, f'{certificates(bench)}/w1', bench.token, str(INTENTS), str(workers),
                                    str(seconds), str(process.pid)])[-1]
    bench.found.append({'part': 'fleet', **found})
    bench.out.head('A coordinator, each worker on a TLS connection of its own, heartbeats once a second', 'workers', 'shards',
                   'heartbeats a second', 'CPU, % of a core', 'memory, MB', 'memory at most, MB')
    bench.out.row(str(found['workers']), str(found['shards']), f"{found['beats_per_second']:.0f}", f"{found['cpu_percent']:.1f}",
                  f"{found['memory_mb']:.0f}", f"{found['most_mb']:.0f}")
