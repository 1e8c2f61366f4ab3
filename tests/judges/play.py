"""What the runners share: shoal-sim as a process, a foreign client as a process, waiting with a deadline.

Not here: what is played (run.py, life.py, rest_cases.py, raw_cases.py).
"""
import contextlib
import json
import os
import re
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHARDS = 4
GUILDS = 40
STEP_DEADLINE = 45.0  # Seconds for anything that a step waits for; a healthy run needs a tenth of it.

COVERED = {}  # "B45" -> names of the cases that play it; check_table.py holds docs/judges.md against it.


def covers(*rows):
    """Marks a case or step as one that plays these behaviours and faults."""
    def mark(case):
        for row in rows:
            COVERED.setdefault(row, set()).add(case.__name__)
        return case
    return mark


class Failed(Exception):
    """One sentence about what did not happen."""


def say(text):
    print(f"{time.monotonic() - STARTED:6.1f} s  {text}", flush=True)


STARTED = time.monotonic()


def until(what, condition, seconds=STEP_DEADLINE):
    """Waits for a condition, with a deadline; the condition's last value is part of the complaint."""
    deadline = time.monotonic() + seconds
    value = condition()
    while not value or (isinstance(value, tuple) and not value[0]):
        if time.monotonic() > deadline:
            seen = f" (last seen: {value[1]})" if isinstance(value, tuple) else ""
            raise Failed(f"{what}: not within {seconds:g} s{seen}")
        time.sleep(0.05)
        value = condition()
    return value


class Sim:
    """shoal-sim as a process on free ports, and its control port."""

    def __init__(self, binary, folder, judge):
        self.ca = folder / "ca.pem"
        ready = folder / "ready.json"
        self.log = open(folder / "sim.log", "w+")
        self.process = subprocess.Popen(
            [binary, "serve", "--guilds", str(GUILDS), "--shards", str(SHARDS), "--traffic-shards", str(SHARDS), "--rate", str(judge.get("rate", 20)),
             "--max-concurrency", str(SHARDS), "--heartbeat-interval", str(judge.get("heartbeat_ms", 2000)), "--late-guild-most", "2000", "--privileged-intents", "33026", "--strict-user-agent",
             "--listen", "127.0.0.1:0", "--resume-listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--ca-out", str(self.ca),
             "--ready-file", str(ready), *judge.get("sim", [])],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        until("shoal-sim listens", lambda: ready.exists() or self.process.poll() is not None, 20)
        if self.process.poll() is not None:
            raise Failed(f"shoal-sim ended with code {self.process.returncode}: {self.tail()}")
        self.addresses = json.loads(ready.read_text())
        self.trust = ssl.create_default_context(cafile=str(self.ca))

    def tail(self):
        self.log.seek(0)
        return self.log.read()[-2000:]

    def get(self, path):
        with urllib.request.urlopen(self.addresses["control"] + path, timeout=20) as answer:
            return json.load(answer)

    def control(self, do, **parameters):
        body = json.dumps({"do": do, **parameters}).encode()
        request = urllib.request.Request(self.addresses["control"] + "/control", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Failed(f"control command {do} {parameters}: {error.read().decode()}") from None

    def counters(self):
        return self.oracle()["counters"]

    def oracle(self):
        return self.get("/oracle")

    def rest(self, path, method="GET", body=None):
        """One request of the runner's own with the bot's token: status, headers and body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.addresses["api_base"] + path, data, method=method, headers={
            "Authorization": "Bot sim.token", "User-Agent": "DiscordBot (https://example.org, 1)", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20, context=self.trust) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.seek(0)
        text = self.log.read()
        self.log.close()
        found = re.search(r"^.*(Sanitizer: |: runtime error: )", text, re.M)
        if found:
            raise Failed(f"a sanitizer found something in shoal-sim:\n{text[found.start():]}")


class Client:
    """A foreign client as a process; what it heard, by session, in its order."""

    def __init__(self, judge, sim, folder):
        environment = {**os.environ, "JUDGE_API": sim.addresses["api_base"].removesuffix("/v10"), "JUDGE_GATEWAY": sim.addresses["gateway"],
                       "JUDGE_TOKEN": "sim.token", "JUDGE_APPLICATION": "1000000000000000001", "JUDGE_SHARDS": str(SHARDS),
                       "JUDGE_MODE": judge.get("mode", ""), "NODE_EXTRA_CA_CERTS": str(sim.ca), "SSL_CERT_FILE": str(sim.ca)}
        self.errors = open(folder / "client.log", "w+")
        self.process = subprocess.Popen(judge["run"], cwd=HERE, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, bufsize=1)
        self.lock = threading.Lock()
        self.session_of = {}  # shard -> session id
        self.heard = {}  # session id -> [seq]
        self.kinds = {}
        self.about = []  # (session id, type, id), in order
        self.answers = []  # lines that answer a question
        self.outcomes = []  # (name, how it ended) of what came without a question
        self.notes = []
        self.orphans = 0
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            words = line.rstrip("\n").split(" ", 4)
            with self.lock:
                if words[0] == "E":  # E <shard> <seq> <type> <session, of a READY; whose id the others are about>
                    shard, seq, kind = int(words[1]), int(words[2]), words[3]
                    if kind == "READY":
                        self.session_of[shard] = words[4]
                    session = self.session_of.get(shard)
                    if session is None:
                        self.orphans += 1
                        continue
                    self.heard.setdefault(session, []).append(seq)
                    self.kinds[kind] = self.kinds.get(kind, 0) + 1
                    self.about.append((session, kind, words[4]))
                elif words[0] == "A":
                    self.answers.append((time.monotonic(), line.split()[1:]))
                elif words[0] == "I":
                    self.outcomes.append((words[1], words[2]))
                else:
                    self.notes.append(line.strip())

    def ask(self, question, seconds=STEP_DEADLINE):
        """Sends one line; gives the time and the words of the answer of that name."""
        name = question.split()[0]
        with self.lock:
            self.answers = [one for one in self.answers if one[1][0] != name]
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()

        def answered():
            self.alive()
            with self.lock:
                return next((one for one in self.answers if one[1][0] == name), None)
        return until(f"the client answers '{question}'", answered, seconds)

    def told(self, name, seconds=STEP_DEADLINE):
        """Waits for how the named thing ended, and forgets it."""
        def come():
            self.alive()
            with self.lock:
                found = next((one for one in self.outcomes if one[0] == name), None)
                if found is not None:
                    self.outcomes.remove(found)
                return found
        return until(f"the client tells how '{name}' ended", come, seconds)[1]

    def count(self, session, kind, about):
        with self.lock:
            return self.about.count((session, kind, about))

    def alive(self):
        if self.process.poll() is not None:
            raise Failed(f"the client ended with code {self.process.returncode}: {self.tail()}")

    def tail(self):
        self.errors.seek(0)
        return self.errors.read()[-3000:] + " ".join(self.notes[-5:])

    def highest(self):
        with self.lock:
            return {session: max(heard) for session, heard in self.heard.items()}

    def stop(self):
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(2)
        self.errors.close()
