#!/usr/bin/env python3
"""Runs the scripts of `make demo` and `make demo-single` as a person would and holds its exit status against what happened.

    demo_cases.py CASE BUILD_FOLDER

CASE is fleet (of make demo), or passes, ctrl_c, unanswered or overflow (of make demo-single).
"""
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WITHIN = 150


class demo:
    """The running script; what it says is kept and can be waited for."""

    def __init__(self, build, seconds, script='demo-single'):
        environment = {**os.environ, 'DEMO_SECONDS': str(seconds)}
        self.process = subprocess.Popen([sys.executable, '-B', os.path.join(ROOT, 'tools', script), build], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        self.said, self.news = [], threading.Condition()
        self.deadline = time.monotonic() + WITHIN
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            with self.news:
                self.said.append(line.rstrip('\n'))
                self.news.notify_all()
        with self.news:
            self.said.append(None)
            self.news.notify_all()

    def wait_for(self, words):
        with self.news:
            while not any(words in line for line in self.said if line is not None):
                if None in self.said or time.monotonic() > self.deadline:
                    self.fail(f'the demo never said "{words}"')
                self.news.wait(1)

    def end(self):
        with self.news:
            while None not in self.said:
                if time.monotonic() > self.deadline:
                    self.fail('the demo did not end')
                self.news.wait(1)
        return self.process.wait(30)

    def text(self):
        return '\n'.join(line for line in self.said if line is not None)

    def child(self, program):
        """The process id of a program that the script started."""
        with open(f'/proc/{self.process.pid}/task/{self.process.pid}/children', encoding='ascii') as file:
            for child in map(int, file.read().split()):
                with open(f'/proc/{child}/comm', encoding='ascii') as name:
                    if name.read().strip() == program[:15]:
                        return child
        return self.fail(f'the demo has no child {program}')

    def control(self):
        """Where the simulator of this run takes its commands."""
        with open(f'/proc/{self.child("shoal-sim")}/cmdline', encoding='utf-8') as file:
            words = file.read().split('\0')
        with open(words[words.index('--ready-file') + 1], encoding='utf-8') as file:
            return json.load(file)['control']

    def fail(self, why):
        self.process.kill()
        sys.exit(f'{why}. What it said:\n{self.text()}')

    def expect(self, holds, why):
        if not holds:
            self.fail(why)


def fleet(build):
    run = demo(build, 6, 'demo')
    status = run.end()
    run.expect(status == 0, f'the exit status is {status}')
    run.expect('16 IDENTIFYs' in run.text(), 'there were not just 16 IDENTIFYs')
    run.expect('w1 is killed (-9) in mid-traffic' in run.text(), 'nobody was killed')
    run.expect(re.search(r'its shards go on after [0-9.]+ s: [56] sessions resumed, 0 IDENTIFYs', run.text()), 'the others did not go on by RESUME')
    run.expect('every command answered' in run.text(), 'it does not say what the audit found')


def passes(build):
    run = demo(build, 4)
    status = run.end()
    run.expect(status == 0, f'the exit status is {status}')
    run.expect('16 IDENTIFYs' in run.text(), 'there were not just 16 IDENTIFYs')
    run.expect('every command answered' in run.text(), 'it does not say what the audit found')
    run.expect('killed (-9) in mid-traffic' in run.text(), 'nobody was killed')
    run.expect('16 sessions resumed, 0 IDENTIFYs' in run.text(), 'the next process did not go on with every session')
    run.expect(re.search(r'sessions taken over +16 ', run.text()), 'the audit does not know of the sessions that were taken over')
    counted = re.findall(r'(\d+) of (\d+) slash commands answered', run.text())
    run.expect(all(int(answered) <= int(issued) for answered, issued in counted), 'more answers than commands')


def ctrl_c(build):
    run = demo(build, 600)
    run.wait_for('users issue')
    run.process.send_signal(signal.SIGINT)
    status = run.end()
    run.expect(status == 0, f'the exit status is {status}')
    run.expect('Ctrl-C: ending in order' in run.text(), 'it does not say that Ctrl-C was heard')
    run.expect('every command answered' in run.text(), 'it ended without its audit')


def unanswered(build):
    # A bot that stands still for longer than Discord waits for an answer loses no event, but its users saw their commands fail.
    run = demo(build, 16)
    run.wait_for('another process goes on')
    bot = run.child('shoal-demo-bot')
    time.sleep(1)   # Until some commands came.
    os.kill(bot, signal.SIGSTOP)
    time.sleep(4.5)  # Discord's own 3 seconds and then some: this is the fault, not a wait for luck.
    os.kill(bot, signal.SIGCONT)
    status = run.end()
    run.expect(status not in (0, 130), f'the exit status is {status} although commands went unanswered')
    run.expect('the audit did not pass' in run.text(), 'it does not say that the audit failed')


def ask(control, path, command=None):
    request = urllib.request.Request(control + path, data=None if command is None else json.dumps(command).encode())
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def overflow(build):
    # A shard that is away while more comes than Discord keeps for it: the audit finds nothing, as nobody can have what is gone.
    run = demo(build, 600)
    run.wait_for('users issue')
    control = run.control()
    ask(control, '/control', {'do': 'traffic', 'rate': 250, 'slash_rate': 0})
    time.sleep(4)  # Discord's own 3 seconds: every command that was issued is answered or not by now.
    ask(control, '/control', {'do': 'fault', 'fault': 'F5', 'all': True, 'for_ms': 60000})
    ask(control, '/control', {'do': 'cut', 'shard': 3})
    while not any(one['ended_why'] == 'overflow' for one in ask(control, '/oracle')['sessions']):
        if time.monotonic() > run.deadline:
            run.fail('the replay bound was never hit')
        time.sleep(0.5)
    ask(control, '/control', {'do': 'clear'})
    ask(control, '/control', {'do': 'traffic', 'rate': 50})
    run.process.send_signal(signal.SIGINT)
    status = run.end()
    run.expect(status == 3, f'the exit status is {status} although the replay bound was hit')
    run.expect('this run is invalid' in run.text() and 'on shard 3,' in run.text(), 'it does not say that the run is invalid')


if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[1] not in ('fleet', 'passes', 'ctrl_c', 'unanswered', 'overflow'):
        sys.exit(__doc__)
    globals()[sys.argv[1]](os.path.abspath(sys.argv[2]))
