"""A coordinator under a thousand real streams: part `fleet` of run.py. Not here: the load generator (fleet_load.cpp), the brain by itself (bench_brain)."""
import os
import socket
import subprocess
import sys
import time

INTENTS = 513


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def coordinator(bench, where, shards):
    """Starts one; its process, url and certificates."""
    certs = bench.file('certs')
    for words in (['init'], ['node', 'c1', '--role', 'coordinator', '--host', '127.0.0.1'], ['node', 'w', '--role', 'worker', '--host', '127.0.0.1']):
        subprocess.run([bench.program('shoal'), 'certs', *words, '--certs', certs], stdin=subprocess.DEVNULL, capture_output=True, check=True)
    port = free_port()
    env = {'PATH': os.environ.get('PATH', ''), 'HOME': bench.folder, 'DISCORD_TOKEN': bench.token, 'SHOAL_API_BASE': where['api_base'],
           'SHOAL_CA_FILE': where['ca'], 'SHOAL_LOG_LEVEL': 'warn', 'SHOAL_INTENTS': str(INTENTS)}
    log = open(bench.file('coordinator.log'), 'wb')
    process = subprocess.Popen([bench.program('shoal'), 'coordinator', '--listen-url', f'https://127.0.0.1:{port}', '--certs', f'{certs}/c1',
                                '--state-dir', bench.file('coordinator'), '--total-shards', str(shards)],
                               env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 30
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(('127.0.0.1', port)) == 0:
                return process, f'https://127.0.0.1:{port}', certs
        if process.poll() is not None or time.monotonic() > deadline:
            with open(bench.file('coordinator.log'), encoding='utf-8') as file:
                sys.exit(f'bench: the coordinator did not start:\n{file.read()}')
        time.sleep(0.05)


def measure(bench):
    workers, shards, seconds = (20, 320, 3) if bench.how.smoke else (1000, 16384, 30)
    # Discord's real budget would need days to bring so many shards up; what a running fleet costs is the question.
    with bench.server('serve', '--token', bench.token, '--guilds', '0', '--shards', str(shards), '--max-concurrency', '4096',
                      '--identify-total', '1000000') as where:
        process, url, certs = coordinator(bench, where, shards)
        try:
            found = bench.lines_of([bench.program('bench_fleet_load'), url, f'{certs}/w', bench.token, str(INTENTS), str(workers), str(seconds),
                                    str(process.pid)])[-1]
        finally:
            process.terminate()
            process.wait(60)
    bench.found.append({'part': 'fleet', **found})
    bench.out.head('A coordinator, each worker on a TLS connection of its own, heartbeats once a second', 'workers', 'shards',
                   'heartbeats a second', 'CPU, % of a core', 'memory, MB', 'memory at most, MB')
    bench.out.row(str(found['workers']), str(found['shards']), f"{found['beats_per_second']:.0f}", f"{found['cpu_percent']:.1f}",
                  f"{found['memory_mb']:.0f}", f"{found['most_mb']:.0f}")
