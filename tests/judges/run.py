#!/usr/bin/env python3
"""Plays one scenario with one foreign client against shoal-sim and holds what the client heard against the oracle.

Not a client itself: the clients are beside it, each a small program around an unmodified library (README.md has the lines they speak).
Usage: run.py <judge> --sim <path of shoal-sim>. Exit code 0: the simulator and the library agree.
"""
import argparse
import contextlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHARDS = 4
GUILDS = 40
STEP_DEADLINE = 45.0  # Seconds for anything that a step waits for; a healthy run needs a tenth of it.

NODE = ["node", "--no-deprecation"]
PYTHON = ["/usr/bin/python3", "-B"]  # discord.py comes from Debian, so it is in Debian's python.

# What a library is known to do otherwise, each with its evidence in docs/judges.md. Each exception is checked to be still needed.
#   never_beats: it sends no heartbeats at all. The interval is then so long that the simulator does not mind during the test.
#   repeats: it asks for events again that it has already, so they come twice and out of order; none may be missing.
#   dies_of: words of a crash that is the library's; the scenario is then played again, three times in all.
#   skip: steps that cannot work with it. sim: what it cannot bear is kept from it.
JUDGES = {
    "discord.js": {"run": NODE + ["discordjs.mjs"], "needs": "discord.js"},
    "discordjs-ws-zlib": {"run": NODE + ["discordjs_ws.mjs"], "needs": "discordjs-ws-2"},
    "discordeno-zlib": {"run": NODE + ["discordeno.mjs"], "needs": "@discordeno/gateway", "mode": "zlib-stream",
                        "rate": 5, "repeats": True, "dies_of": "DiscordenoShard.decompressPacket"},
    "discordeno-zstd": {"run": NODE + ["discordeno.mjs"], "needs": "@discordeno/gateway", "mode": "zstd-stream",
                        "heartbeat_ms": 60000, "sim": ["--guild-class", "small"], "never_beats": True, "skip": ("zombie",)},
    "discord.py": {"run": PYTHON + ["discordpy.py"], "needs": "discord"},
}


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
            [binary, "serve", "--admin-everywhere", "--guilds", str(GUILDS), "--shards", str(SHARDS), "--traffic-shards", str(SHARDS), "--rate", str(judge.get("rate", 20)),
             "--max-concurrency", str(SHARDS), "--heartbeat-interval", str(judge.get("heartbeat_ms", 2000)), "--late-guild-most", "2000", "--privileged-intents", "33026",
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

    def rest(self, path):
        """One request of the runner's own with the bot's token: status, headers and body."""
        request = urllib.request.Request(self.addresses["api_base"] + path, headers={
            "Authorization": "Bot sim.token", "User-Agent": "DiscordBot (https://example.org, 1)"})
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


class Scenario:
    def __init__(self, name, judge, sim, client):
        self.name, self.judge, self.sim, self.client = name, judge, sim, client

    def live(self):
        return [s for s in self.sim.control("sessions")["sessions"] if s["state"] == "live"]

    def up(self):
        """All shards live, with all their guilds sent."""
        self.client.alive()
        live = self.live()
        shards = sorted(s["shard"][0] for s in live)
        to_come = sum(s["guilds_to_come"] for s in live)
        return shards == list(range(SHARDS)) and to_come == 0, f"shards {shards} live, {to_come} guilds to come"

    def hears(self):
        """Each live session hears of events that were sent after this call."""
        wanted = {s["id"]: s["last_seq"] + 3 for s in self.live()}

        def all_heard():
            self.client.alive()
            highest = self.client.highest()
            late = [s for s, seq in wanted.items() if highest.get(s, 0) < seq]
            return not late, f"{len(late)} sessions hear nothing new"
        until("every shard hears new events", all_heard)

    def sees_all_guilds(self):
        def all_seen():
            seen = int(self.client.ask("guilds")[1][1])
            return seen == GUILDS, f"{seen} of {GUILDS}"
        until("the client sees all its guilds", all_seen)

    def answers_command(self):
        """One command to a guild of each shard; all are answered with the agreed text."""
        guilds = {}
        for one in self.sim.control("guilds")["guilds"]:
            guild = int(one["id"] if isinstance(one, dict) else one)
            guilds.setdefault((guild >> 22) % SHARDS, guild)
        asked = {self.sim.control("slash", command="judge", guild=str(g))["interaction"] for g in guilds.values()}

        def all_answered():
            self.client.alive()
            states = {i["id"]: (i["state"], i["text"]) for i in self.sim.oracle()["interactions"] if i["id"] in asked}
            wrong = [s for s in states.values() if s != ("answered", "heard")]
            return len(states) == SHARDS and not wrong, f"{wrong}"
        until("a command in a guild of each shard is answered", all_answered, 10)

    def disturb(self, what, strike, resumes):
        """Strikes all shards; the client has to come back by RESUME alone, or (resumes=False) by new sessions."""
        if what in self.judge.get("skip", ()):
            return say(f"{what}: left out, a known exception of this library")
        before = self.sim.counters()
        old = {s["shard"][0]: s["id"] for s in self.live()}
        strike()

        def back():
            fine, seen = self.up()
            now = self.sim.counters()
            came = (now["resumed"] - before["resumed"], now["identifies"] - before["identifies"])
            ids = {s["shard"][0]: s["id"] for s in self.live()}
            if resumes and came[1] == 0:
                return fine and came[0] >= SHARDS and ids == old, f"{seen}; {came[0]} resumed, {came[1]} identifies"
            return fine and came[1] >= SHARDS and not set(ids.values()) & set(old.values()), f"{seen}; {came[0]} resumed, {came[1]} identifies"
        until(f"back after {what}", back)
        now = self.sim.counters()
        identifies = now["identifies"] - before["identifies"]
        if resumes and identifies:
            raise Failed(f"after {what} the client sent {identifies} IDENTIFYs where it could resume")
        self.hears()
        self.sees_all_guilds()
        self.answers_command()
        say(f"{what}: back, {now['resumed'] - before['resumed']} resumed, {identifies} new sessions, "
            f"{now['replayed'] - before['replayed']} events replayed")

    def writes(self):
        """The library writes over REST through its own objects; the guild's shard hears of each write once, of the DM shard 0 does."""
        self.sim.control("traffic", rate=0)  # so that nobody else deletes what the library has just made
        guild = int(self.sim.control("guilds")["guilds"][0])
        session = {s["shard"][0]: s["id"] for s in self.live()}
        user = self.some_user(guild)
        before = len(self.sim.oracle()["audit_log"])
        _, words = self.client.ask(f"writes {guild} {user}")
        if len(words) != 6 or words[1] == "failed":
            raise Failed(f"writing over REST ended as {' '.join(words[1:])}")
        role, channel, message, inside, direct = words[1:]
        here = session[(guild >> 22) % SHARDS]
        due = [(here, kind, about) for kind, about in (
            ("GUILD_ROLE_CREATE", role), ("GUILD_ROLE_UPDATE", role), ("GUILD_ROLE_DELETE", role), ("CHANNEL_CREATE", channel),
            ("CHANNEL_UPDATE", channel), ("CHANNEL_DELETE", channel), ("MESSAGE_CREATE", message), ("MESSAGE_REACTION_ADD", message),
            ("MESSAGE_REACTION_REMOVE", message), ("THREAD_CREATE", message), ("MESSAGE_CREATE", inside), ("THREAD_UPDATE", message),
            ("THREAD_DELETE", message), ("MESSAGE_DELETE", message))] + [(session[0], "MESSAGE_CREATE", direct)]

        def told():
            self.client.alive()
            with self.client.lock:
                counts = {one: self.client.about.count(one) for one in due}
            wrong = {f"{kind} {count} times" for (_, kind, _), count in counts.items() if count != 1}
            return not wrong, f"{sorted(wrong)}"
        until("each write is heard of once", told, 10)
        with self.client.lock:
            updates = self.client.about.count((here, "MESSAGE_UPDATE", message))
            elsewhere = {kind for one, kind, about in self.client.about if one != here and about in (role, channel, message, inside)}
        # The edit, the pin and the thread that grew from it.
        if updates != 3 or elsewhere:
            raise Failed(f"{updates} MESSAGE_UPDATEs in place of 3; other shards heard {elsewhere}")
        reasons = [one for one in self.sim.oracle()["audit_log"][before:] if one.get("reason") == "to be judged"]
        if [one["target_id"] for one in reasons] != [role]:
            raise Failed(f"the audit log has {reasons} for the role {role}")
        self.sim.control("traffic", rate=self.judge.get("rate", 20))
        say(f"writes: {len(due) + updates} events of them heard once each, the reason of one is in the audit log")

    def some_user(self, guild):
        """Somebody whom the bot may write to: the guild's owner."""
        return json.loads(self.sim.rest(f"/guilds/{guild}")[2])["owner_id"]

    def rate_limit(self):
        """The runner uses up a route's bucket; the client's request gets a 429 and has to wait for as long as it says."""
        def spent():
            asked_at = time.monotonic()  # Reset-After counts from when the request arrives, however long its answer takes
            status, headers, _ = self.sim.rest("/users/@me/guilds")
            if status != 200 or headers.get("X-RateLimit-Remaining") != "0":
                return None
            return asked_at + float(headers["X-RateLimit-Reset-After"])
        self.obeys("429 of a bucket", until("the route's bucket is used up", spent, 15))
        for scope in ("user", "shared", "global"):
            self.sim.control("fault", fault="F39", route="GET /users/@me/guilds", scope=scope, retry_after=1.5, times=1)
            self.obeys(f"429 of scope {scope}", time.monotonic() + 1.5)

    def obeys(self, what, free_at):
        """The next request meets exactly one 429 and is answered no sooner than it may be."""
        before = self.sim.counters()["rest_429"]
        when, words = self.client.ask("rest")
        limited = self.sim.counters()["rest_429"] - before
        if words[1:] != ["200"]:
            raise Failed(f"{what}: the request that met it ended as {words[1:]}")
        if limited == 0:
            raise Failed(f"{what}: the request was not answered by it")
        if limited > 1 or when < free_at - 0.1:
            raise Failed(f"{what}: {limited} answers of 429, and an answer {free_at - when:.2f} s before it might come")
        say(f"{what}: obeyed, answered {when - free_at:.2f} s after it might")

    def account(self):
        """Every session of the oracle against what the client heard of it."""
        self.sim.control("drain")

        def settled():
            oracle = self.sim.oracle()
            highest = self.client.highest()
            behind = [s["id"] for s in oracle["sessions"] if s["state"] == "live" and highest.get(s["id"], 0) < s["last_seq"]]
            return (oracle if oracle["drained"] and not behind else None) or (False, f"drained {oracle['drained']}, {len(behind)} sessions behind")
        oracle = until("the client has everything that was sent", settled)
        problems = [] if self.client.orphans == 0 else [f"{self.client.orphans} events before any READY"]
        total = 0
        by_shard = dict.fromkeys(range(SHARDS), 0)
        sent = {s["id"]: s for s in oracle["sessions"]}
        for unknown in set(self.client.heard) - set(sent):
            problems.append(f"the client heard of session {unknown}, the oracle never did")
        for one in oracle["sessions"]:
            heard = self.client.heard.get(one["id"], [])
            due = one["last_seq"] if one["state"] == "live" else max(one["safe_seq"], max(heard, default=0))
            expected = [seq for seq in range(1, due + 1) if seq not in set(one["gaps"])]
            if (sorted(set(heard)) if self.judge.get("repeats") else heard) != expected:
                missing = sorted(set(expected) - set(heard))[:5]
                twice = len(heard) - len(set(heard))
                problems.append(f"shard {one['shard'][0]}, session {one['id'][:8]} ({one['state']} {one['ended_why']}): {len(heard)} heard of "
                                f"{len(expected)} sent; missing {missing}, {twice} twice, in order: {heard == sorted(heard)}")
            if due > one["last_seq"]:
                problems.append(f"session {one['id'][:8]} heard number {due}, {one['last_seq']} is the last that was sent")
            total += len(heard)
            by_shard[one["shard"][0]] += len(heard)
        if problems:
            raise Failed("; ".join(problems))
        say(f"count: {total} events in {len(sent)} sessions {by_shard}, exactly as sent; kinds: {len(self.client.kinds)}")
        counters = oracle["counters"]
        for count in ("concurrency_breaches", "budget_breaches", "interactions_missed", "interactions_double_acks"):
            if counters[count] != 0:
                raise Failed(f"{counters[count]} {count}")
        if (counters["heartbeats"] == 0) != self.judge.get("never_beats", False):
            raise Failed(f"{counters['heartbeats']} heartbeats: the exception of this library (never_beats) is to be looked at again")
        say(f"counters: {counters['identifies']} IDENTIFYs, {counters['resumed']} of {counters['resumes']} RESUMEs, "
            f"{counters['heartbeats']} heartbeats, {counters['rest_requests']} requests, closed with {counters['closed_with']}")

    def play(self):
        sim, client = self.sim, self.client
        until("the client comes up with all shards", self.up, 60)
        self.sees_all_guilds()
        say(f"up: {SHARDS} shards, {GUILDS} guilds")
        client.ask("register")
        self.answers_command()
        say("command registered and answered on every shard")
        self.disturb("cut", lambda: sim.control("cut", all=True, how="rst"), True)
        self.disturb("op 7", lambda: sim.control("op7", all=True), True)
        self.disturb("op 9 true", lambda: sim.control("op9", all=True, resumable=True), True)
        self.disturb("op 9 false", lambda: sim.control("op9", all=True, resumable=False), False)
        self.disturb("zombie", lambda: sim.control("fault", fault="F11", all=True), True)
        self.disturb("close 4000", lambda: sim.control("fault", fault="F4", all=True, code=4000), True)
        self.writes()
        self.rate_limit()
        self.account()


def check_installed(judge):
    """A judge that is not there is a failure with a sentence, never a silent pass."""
    hint = "run tools/bootstrap (it needs to reach npm's registry and Debian's mirror)"
    if judge["run"][0] == "node":
        if shutil.which("node") is None:
            raise Failed(f"node is not installed; {hint}")
        if not (HERE / "node_modules" / judge["needs"] / "package.json").exists():
            raise Failed(f"the npm package {judge['needs']} is not installed in tests/judges/node_modules; {hint}")
    elif subprocess.run([*PYTHON, "-c", f"import {judge['needs']}"], capture_output=True).returncode != 0:
        raise Failed(f"python's module {judge['needs']} (Debian: python3-discord) is not installed; {hint}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("judge", choices=sorted(JUDGES))
    parser.add_argument("--sim", required=True)
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    arguments = parser.parse_args()
    judge = JUDGES[arguments.judge]
    for attempt in range(1, 4):
        code, log = play_once(arguments, judge)
        if code == 0 or "dies_of" not in judge or judge["dies_of"] not in log:
            break
        say(f"the library died of its own known bug ({judge['dies_of']}), attempt {attempt} of 3")
    return code


def play_once(arguments, judge):
    folder = Path(tempfile.mkdtemp(prefix="shoal-judge-"))
    sim = client = None
    try:
        check_installed(judge)
        sim = Sim(arguments.sim, folder, judge)
        client = Client(judge, sim, folder)
        Scenario(arguments.judge, judge, sim, client).play()
        say(f"{arguments.judge}: agreed")
        return 0, ""
    except Failed as failed:
        say(f"{arguments.judge}: {failed}")
        log = client.tail() if client is not None else ""
        died = client is not None and client.process.poll() is not None
        print(log, flush=True)
        return 1, log if died else ""
    finally:
        if client is not None:
            client.stop()
        if sim is not None:
            sim.stop()
        if arguments.keep:
            print(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
