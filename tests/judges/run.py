#!/usr/bin/env python3
"""Plays one scenario with one foreign client against shoal-sim and holds what the client heard against the oracle.

Not a client itself: the clients are beside it, each a small program around an unmodified library (README.md has the lines they speak).
Usage: run.py <judge> --sim <path of shoal-sim>. Exit code 0: the simulator and the library agree.
"""
import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from life import Life
from play import GUILDS, HERE, SHARDS, Client, Failed, Sim, say, until

NODE = ["node", "--no-deprecation"]
PYTHON = ["/usr/bin/python3", "-B"]  # discord.py comes from Debian, so it is in Debian's python.

# What a library is known to do otherwise, each with its evidence in docs/judges.md. Each exception is checked to be still needed.
#   never_beats: it sends no heartbeats at all. The interval is then so long that the simulator does not mind during the test.
#   repeats: it asks for events again that it has already, so they come twice and out of order; none may be missing.
#   dies_of: words of a crash that is the library's; the scenario is then played again, three times in all.
#   ends: how a request ends that meets a fault of REST, where it is not "survived": "failed", or "never".
#   nonce: how a message ends whose first answer was a 502 after the write, and how often it is there then.
#   skip: steps that cannot work with it. sim: what it cannot bear is kept from it.
DISCORDENO = {"nonce": ("failed", 1), "ends": {
    **dict.fromkeys(("F40 500", "F40 502", "F40 503", "F40 504", "F41 reset", "F45"), "failed"),
    **dict.fromkeys(("F41 truncated", "F41 too short"), "never")}}
DISCORDJS = {"ends": dict.fromkeys(("F41 truncated", "F41 too short", "F45"), "failed")}
DISCORDPY = {"nonce": ("answered", 2), "ends": dict.fromkeys(("F40 503", "F41 truncated", "F41 too short", "F41 reset", "F45"), "failed")}
JUDGES = {
    "discord.js": {"run": NODE + ["discordjs.mjs"], "needs": "discord.js", **DISCORDJS},
    "discordjs-ws-zlib": {"run": NODE + ["discordjs_ws.mjs"], "needs": "discordjs-ws-2", **DISCORDJS},
    "discordeno-zlib": {"run": NODE + ["discordeno.mjs"], "needs": "@discordeno/gateway", "mode": "zlib-stream",
                        "rate": 5, **DISCORDENO, "repeats": True, "dies_of": "DiscordenoShard.decompressPacket"},
    "discordeno-zstd": {"run": NODE + ["discordeno.mjs"], "needs": "@discordeno/gateway", "mode": "zstd-stream",
                        **DISCORDENO, "heartbeat_ms": 300000, "sim": ["--guild-class", "small"], "never_beats": True, "skip": ("zombie",)},
    "discord.py": {"run": PYTHON + ["discordpy.py"], "needs": "discord", **DISCORDPY},
}


class Scenario(Life):
    def __init__(self, name, judge, sim, client):
        self.name, self.judge, self.sim, self.client = name, judge, sim, client
        self.tolerated = {}  # counters that steps raise on purpose

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
            if counters[count] != self.tolerated.get(count, 0):
                raise Failed(f"{counters[count]} {count}")
        if (counters["heartbeats"] == 0) != self.judge.get("never_beats", False):
            raise Failed(f"{counters['heartbeats']} heartbeats: the exception of this library (never_beats) is to be looked at again")
        say(f"counters: {counters['identifies']} IDENTIFYs, {counters['resumed']} of {counters['resumes']} RESUMEs, "
            f"{counters['heartbeats']} heartbeats, {counters['rest_requests']} requests, closed with {counters['closed_with']}")

    def play(self, life_only):
        client = self.client
        until("the client comes up with all shards", self.up, 60)
        self.sees_all_guilds()
        say(f"up: {SHARDS} shards, {GUILDS} guilds")
        client.ask("register")
        self.answers_command()
        say("command registered and answered on every shard")
        if not life_only:
            self.play_troubles()
        self.play_life()
        self.account()

    def play_troubles(self):
        sim = self.sim
        self.disturb("cut", lambda: sim.control("cut", all=True, how="rst"), True)
        self.disturb("op 7", lambda: sim.control("op7", all=True), True)
        self.disturb("op 9 true", lambda: sim.control("op9", all=True, resumable=True), True)
        self.disturb("op 9 false", lambda: sim.control("op9", all=True, resumable=False), False)
        self.disturb("zombie", lambda: sim.control("fault", fault="F11", all=True), True)
        self.disturb("close 4000", lambda: sim.control("fault", fault="F4", all=True, code=4000), True)


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
    parser.add_argument("--life", action="store_true", help="leave the gateway's troubles out")
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
        Scenario(arguments.judge, judge, sim, client).play(arguments.life)
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
