"""What the demonstrations have in common: programs that are started and stopped, the simulator's control port, the audit, Ctrl-C.

Not here: what is shown (demo, demo-single).
"""
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

TOKEN = 'MTAwMDAwMDAwMDAwMDAwMDAwMQ.Gdemo0.not-a-token-of-discord-0123456789'
READY_WITHIN = 120


class interruption:
    """Whether a Ctrl-C came. A plain flag: a handler runs between any two steps, where an Event's own lock may be held."""

    def __init__(self):
        self.came = False

    def wait(self, seconds):
        until = time.monotonic() + seconds
        while not self.came and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))


interrupted = interruption()


def say(text):
    print(f'demo: {text}', flush=True)


class problem(Exception):
    """The demo cannot go on; the text is for people."""


def child_of_this_process():
    """A Ctrl-C in the terminal is for the script alone, and no child outlives it, however it ends."""
    os.setsid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def start(command, log, env=None):
    with open(log, 'wb') as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env,
                                preexec_fn=child_of_this_process)


def tail(log, lines=12):
    with open(log, encoding='utf-8', errors='replace') as file:
        return ''.join('    ' + line for line in file.readlines()[-lines:])


def ask(control, path, command=None):
    body = None if command is None else json.dumps(command).encode()
    request = urllib.request.Request(control + path, data=body, method='GET' if body is None else 'POST')
    # Straight to this machine, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def wait_until(condition, within, what, alive=()):
    """True once it holds; False when a Ctrl-C came first; a problem when time is up or a program has ended."""
    deadline = time.monotonic() + within
    while not condition():
        if interrupted.came:
            return False
        for name, process, log in alive:
            if process.poll() is not None:
                raise problem(f'{name} ended with status {process.returncode}; its last lines:\n{tail(log)}')
        if time.monotonic() > deadline:
            raise problem(f'{what} took over {within} s' + ''.join(f'; {name} says:\n{tail(log)}' for name, _, log in alive))
        interrupted.wait(0.1)
    return True


def counters(control):
    return ask(control, '/control', {'do': 'status'})['counters']


def interactions(control):
    states = [one['state'] for one in ask(control, '/oracle')['interactions']]
    return states.count('answered'), len(states)


def overflown(control):
    """The shards whose session Discord ended because more events were missed than it keeps for a RESUME."""
    return sorted({one['shard'][0] for one in ask(control, '/oracle')['sessions'] if one['ended_why'] == 'overflow'})


def stop(process, within=30):
    """Ctrl-C, and the exit status; killed if it does not listen."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return -1


def environment_of(folder):
    environment = {'PATH': os.environ.get('PATH', ''), 'HOME': folder, 'DISCORD_TOKEN': TOKEN}
    for name, value in os.environ.items():
        if name.endswith('SAN_OPTIONS'):
            environment[name] = value
    return environment


def start_discord(build, folder, running, more):
    """The simulated Discord: its process as (name, process, log), and its addresses; None when a Ctrl-C came."""
    ready_file, log = os.path.join(folder, 'ready.json'), os.path.join(folder, 'sim.log')
    sim = start([os.path.join(build, 'shoal-sim'), 'serve', '--ready-file', ready_file, '--ca-out', os.path.join(folder, 'ca.pem'),
                 '--token', TOKEN, *more], log)
    running.append(sim)
    alive = ('shoal-sim', sim, log)
    if not wait_until(lambda: os.path.exists(ready_file) and os.path.getsize(ready_file) > 0, 60, "the simulator's start", [alive]):
        return alive, None
    with open(ready_file, encoding='utf-8') as file:
        return alive, json.load(file)


def drain(build, control, journal, alive):
    """Ends the traffic and waits until all of it is read; the command that audits."""
    say('draining: no new traffic, every command may still be answered')
    ask(control, '/control', {'do': 'drain'})

    def drained():
        truth = ask(control, '/oracle')
        return truth['drained'] and all(one['state'] != 'waiting' for one in truth['interactions'])

    audit = [os.path.join(build, 'shoal-sim'), 'audit', '--oracle', control, '--journal', journal]

    def caught_up():
        # What is lost never comes; what is only under way does. So this waits for the second, and the audit below judges.
        report = subprocess.run([*audit, '--json'], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                                start_new_session=True).stdout
        try:
            counts = json.loads(report)
        except ValueError:
            return False
        return not counts.get('refused') and counts.get('lost') == 0 and counts.get('unfinished', 0) == 0

    try:
        wait_until(drained, 20, 'draining', alive)
        wait_until(caught_up, 15, 'reading what was sent', alive)
    except problem as why:
        say(str(why).split('\n')[0])
    return audit


def refuse_overflow(control):
    """True, with the reason said, if the run is no proof of anything."""
    beyond = overflown(control)
    if beyond:
        # What Discord throws away nobody can lose: such a run neither passes nor fails.
        say(f'this run is invalid, whatever the audit says: Discord\'s replay bound was hit on shard{"s" if len(beyond) > 1 else ""} '
            f'{", ".join(map(str, beyond))}, so that events were gone before any client could ask for them')
    return bool(beyond)


def main(run, usage):
    if len(sys.argv) > 2:
        raise SystemExit(usage)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    build = os.path.join(root, sys.argv[1] if len(sys.argv) == 2 else 'build/release')

    def on_signal(number, _):
        if interrupted.came:
            raise KeyboardInterrupt  # The second one does not wait for anything.
        interrupted.came = True

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    running, folder = [], tempfile.mkdtemp(prefix='shoal-demo-')
    try:
        return run(build, folder, running)
    except problem as why:
        say(str(why))
        return 1
    except (urllib.error.URLError, OSError) as why:
        say(f'the simulator does not answer: {why}')
        return 1
    except KeyboardInterrupt:
        say('ended at once')
        return 130
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)
