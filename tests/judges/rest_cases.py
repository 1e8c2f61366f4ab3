#!/usr/bin/env python3
"""What libraries hide of REST: headers, bodies, connections, and refusals that no library would wait out. Judged by requests written by hand.

Usage: rest_cases.py --sim <path of shoal-sim>. Not here: what a library makes of it (life.py).
"""
import argparse
import contextlib
import http.client
import json
import math
import shutil
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from play import Failed, Sim, covers, say, until
from raw_socket import Ended, Gateway, Wrong, check

APPLICATION = "1000000000000000001"
AGENT = {"User-Agent": "DiscordBot (https://example.org, 1)"}
TOKEN = {**AGENT, "Authorization": "Bot sim.token"}


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.text = response.status, response.headers, body.decode()

    @property
    def body(self):
        return json.loads(self.text)

    def limit(self, name):
        return self.headers.get(f"X-RateLimit-{name}")


class Line:
    """One connection; what happens to it is seen."""

    def __init__(self, sim, seconds=20):
        self.base = urlsplit(sim.addresses["api_base"])
        self.connection = http.client.HTTPSConnection(self.base.hostname, self.base.port, timeout=seconds, context=sim.trust)

    def ask(self, method, path, body=None, headers=TOKEN, raw=None, api="/api/v10"):
        headers = dict(headers)
        if body is not None:
            raw = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        self.connection.request(method, api + path, raw, headers)
        response = self.connection.getresponse()
        return Answer(response, response.read())


class Cases:
    def __init__(self, sim):
        self.sim = sim
        self.line = Line(sim)
        self.invalid = 0  # requests of ours that count for a ban
        guilds = self.ask("GET", "/users/@me/guilds").body
        self.guild = next(one["id"] for one in guilds if int(one["permissions"]) & 8)
        self.channels = [one["id"] for one in self.ask("GET", f"/guilds/{self.guild}/channels").body if one["type"] == 0]

    def ask(self, method, path, body=None, **how):
        answer = self.line.ask(method, path, body, **how)
        self.invalid += answer.status in (401, 403, 429) and answer.limit("Scope") != "shared"
        return answer

    def done(self, method, path, body=None, status=200, **how):
        """The same, past the route's own limit."""
        answer = self.ask(method, path, body, **how)
        if answer.status == 429:
            time.sleep(answer.body["retry_after"])
            answer = self.ask(method, path, body, **how)
        check(answer.status == status, f"{method} {path} was answered by {answer.status}: {answer.text[:300]}")
        return answer

    def fresh_channel(self):
        """Nobody has used its buckets yet."""
        return self.done("POST", f"/guilds/{self.guild}/channels", {"name": "case"}, 201).body["id"]

    def fault(self, number, **parameters):
        self.sim.control("fault", fault=number, **parameters)

    # ---- cases: each name says what holds

    @covers("B35")
    def a_bucket_tells_one_window_and_both_forms_of_the_wait(self):
        def window():
            channel = self.fresh_channel()
            told = [self.ask("POST", f"/channels/{channel}/messages", {"content": "x"}) for _ in range(6)]
            if told[5].status != 429:  # so slow a machine that the window of 5 s was over
                return None
            return channel, told
        channel, told = until("six messages within 5 s", window, 60)
        check([one.limit("Remaining") for one in told] == ["4", "3", "2", "1", "0", "0"], f"Remaining: {[one.limit('Remaining') for one in told]}")
        check({one.limit("Limit") for one in told} == {"5"}, "Limit is not 5 all along")
        after = [float(one.limit("Reset-After")) for one in told]
        check(after == sorted(after, reverse=True) and 0 < after[0] <= 5, f"Reset-After: {after}")
        resets = [float(one.limit("Reset")) for one in told]
        check(max(resets) - min(resets) < 0.01, f"Reset moves: {resets}")
        last = told[5]
        wait = last.body["retry_after"]
        check(last.headers["Retry-After"] == str(math.ceil(wait)), f"Retry-After {last.headers['Retry-After']} for {wait} s")
        check(last.limit("Scope") == "user" and last.body["global"] is False, f"scope {last.limit('Scope')}, body {last.text}")
        other = self.ask("POST", f"/channels/{self.channels[0]}/messages", {"content": "x"})
        check(other.status == 200 and other.limit("Bucket") == last.limit("Bucket"), "another channel has another hash, or no room of its own")

    @covers("B36")
    def the_global_limit_spares_interactions(self):
        self.sim.control("set", rest_global_per_second=1)

        def refused():
            answer = self.ask("GET", "/gateway")
            return answer if answer.status == 429 else None
        answer = until("two requests in a second", refused)
        spared = self.ask("POST", "/interactions/1/x/callback", {"type": 4}, headers=AGENT)
        self.sim.control("set", rest_global_per_second=50)
        check(answer.body["global"] is True and answer.limit("Global") == "true" and answer.limit("Scope") == "global", answer.text)
        check(answer.limit("Bucket") is None and answer.limit("Remaining") is None, "a global 429 tells of a bucket")
        check(spared.status == 404 and spared.body["code"] == 10062, f"an interaction's answer met {spared.status}")

    @covers("B37", "F43")
    def invalid_requests_end_in_a_ban_and_shared_ones_do_not_count(self):
        self.sim.control("set", invalid_request_limit=self.invalid + 5, edge_ban=1500)
        self.fault("F39", scope="shared", route="GET /gateway", times=8, retry_after=0.01)
        for _ in range(8):
            check(self.ask("GET", "/gateway").limit("Scope") == "shared", "no 429 of scope shared")
        check(self.ask("GET", "/gateway").status == 200, "429s of scope shared counted")
        for _ in range(5):
            check(self.ask("GET", "/users/@me", headers={**AGENT, "Authorization": "Bot nobody"}).status == 401, "a wrong token was taken")
        banned = self.ask("GET", "/gateway")
        check(banned.status == 429 and any(words in banned.text for words in ("1015", "being blocked")), f"{banned.status}: {banned.text}")
        check(banned.limit("Scope") is None and banned.headers.get("Via") is None, "the edge's page has the API's headers")
        until("the ban is over", lambda: self.ask("GET", "/gateway").status == 200)
        self.sim.control("set", invalid_request_limit=10000, edge_ban=3600000)
        for body, begins in (("text", "error code: 1015"), ("json", "{"), ("html", "<")):
            self.fault("F43", ms=600, body=body, retry_after=7)
            answer = self.ask("GET", "/gateway")
            check(answer.status == 429 and answer.text.lstrip().startswith(begins), f"a ban in {body} says {answer.text[:80]}")
            check(answer.headers["Retry-After"] == "7", f"a ban in {body} tells Retry-After {answer.headers['Retry-After']}")
            self.sim.control("clear")

    @covers("B38")
    def limits_that_no_header_tells(self):
        channel = self.fresh_channel()
        told = [self.done("PATCH", f"/channels/{channel}", {"name": f"n{i}"}) for i in range(2)]
        third = self.ask("PATCH", f"/channels/{channel}", {"name": "n3"})
        check(third.status == 429 and third.body["retry_after"] > 500, f"the third name in ten minutes: {third.status} {third.text}")
        check(int(told[-1].limit("Remaining")) > 0, "the headers told of it")
        check(self.ask("PATCH", f"/channels/{channel}", {"nsfw": True}).status == 200, "other fields are not free")
        # Deleting a message of now has a limit of its own.
        fresh = self.done("POST", f"/channels/{channel}/messages", {"content": "x"})
        young = self.done("DELETE", f"/channels/{channel}/messages/{fresh.body['id']}", status=204)
        check(young.limit("Limit") == "5" and young.limit("Bucket") != fresh.limit("Bucket"), f"limit {young.limit('Limit')}")
        # Emoji routes tell of more than there is.
        emojis = [self.ask("GET", f"/guilds/{self.guild}/emojis") for _ in range(16)]
        check(emojis[15].status == 429 and int(emojis[14].limit("Remaining")) > 10, f"{emojis[15].status}, {emojis[14].limit('Remaining')}")

    @covers("B39")
    def hashes_are_shared_and_change(self):
        channel = self.fresh_channel()
        first = self.done("POST", f"/channels/{channel}/messages", {"content": "x"})
        edited = self.done("PATCH", f"/channels/{channel}/messages/{first.body['id']}", {"content": "y"})
        check(first.limit("Bucket") != edited.limit("Bucket"), "routes with limits of their own tell one hash")
        self.sim.control("set", shared_hashes=True)
        second = self.done("POST", f"/channels/{channel}/messages", {"content": "x"})
        edited = self.done("PATCH", f"/channels/{channel}/messages/{first.body['id']}", {"content": "z"})
        self.sim.control("set", shared_hashes=False)
        check(second.limit("Bucket") == edited.limit("Bucket"), "with the switch on the hashes differ")
        self.sim.control("change_hashes")

        def twice():
            before = self.done("POST", f"/channels/{channel}/messages", {"content": "x"})
            self.sim.control("change_hashes")
            after = self.done("POST", f"/channels/{channel}/messages", {"content": "x"})
            check(before.limit("Bucket") != after.limit("Bucket"), "the hash did not change")
            return int(after.limit("Remaining")) == int(before.limit("Remaining")) - 1
        until("what is used stays used when the hash changes", twice)

    @covers("B40")
    def requests_are_looked_at_before_they_are_served(self):
        check(self.ask("GET", "/gateway", headers={"Accept": "*/*"}).body["code"] == 40333, "no User-Agent is no matter")
        page = self.ask("GET", "/users/@me", headers={**TOKEN, "User-Agent": "curl/8"})
        check(page.status == 403 and page.headers["Content-Type"].startswith("text/html"), f"a strange User-Agent: {page.status}")
        wrong = self.ask("POST", "/users/@me/channels", raw="{}", headers={**TOKEN, "Content-Type": "text/plain"})
        check(wrong.status == 400 and wrong.body["code"] == 50035, f"a strange Content-Type: {wrong.text}")
        nothing = self.ask("GET", "/nothing")
        check((nothing.status, nothing.body) == (404, {"message": "404: Not Found", "code": 0}), f"an unknown route: {nothing.text}")
        flat = self.ask("POST", "/users/@me/channels", {}, api="/api")
        nested = self.ask("POST", "/users/@me/channels", {})
        check("errors" in nested.body and "recipient_id" in flat.body, f"unversioned {flat.text}, versioned {nested.text}")

    @covers("B41", "F40", "F41")
    def a_lost_answer_and_the_same_nonce_give_one_message(self):
        path = f"/channels/{self.fresh_channel()}/messages"
        body = {"content": "x", "nonce": "n1", "enforce_nonce": True}
        first = self.done("POST", path, body).body["id"]
        check(self.done("POST", path, body).body["id"] == first, "the same nonce made a second message")
        check(self.done("POST", path, {**body, "enforce_nonce": False}).body["id"] != first, "a nonce that is not enforced was")
        for number, how in (("F40", {"status": 502, "applied": True}), ("F41", {"how": "silence"}), ("F41", {"how": "reset"})):
            body["nonce"] = f"{number}{how}"[:25]
            self.fault(number, route="POST /channels/{id}/messages", times=1, **how)
            with contextlib.suppress(TimeoutError, OSError, http.client.HTTPException):
                lost = Line(self.sim, 2).ask("POST", path, body)
                check(lost.status == 502, f"{number} {how}: answered by {lost.status}")
            self.sim.control("clear")
            again = self.done("POST", path, body).body["id"]
            there = [one["id"] for one in self.done("GET", path).body]
            check(there[0] == again and len(there) == len(set(there)), f"{number} {how}: {there} after {again}")
        check(len(there) == 5, f"{len(there)} messages of five that were meant")

    @covers("B42")
    def commands_are_upserted_and_checked_by_place(self):
        path = f"/applications/{APPLICATION}/guilds/{self.guild}/commands"
        named = {"name": "one", "description": "d"}
        made, kept = self.done("POST", path, named, 201), self.done("POST", path, {**named, "description": "e"})
        check(made.body["id"] == kept.body["id"] and kept.body["description"] == "e", "an upsert of the same name made another command")
        whole = self.done("PUT", path, [named, {"name": "two", "description": "d"}])
        check([one["id"] for one in whole.body if one["name"] == "one"] == [made.body["id"]], "a bulk overwrite changed a kept name's id")
        wrong = self.done("PUT", path, [named, {"name": "UPPER", "description": "d"}], 400)
        check(wrong.body["code"] == 50035 and "name" in wrong.body["errors"]["1"], f"a wrong name: {wrong.text}")
        self.done("PUT", path, [])

    @covers("B43", "B45")
    def an_interaction_is_answered_once_and_its_answer_told(self):
        gateway = Gateway(self.sim.addresses["gateway"], self.sim.trust, None)
        shard = (int(self.guild) >> 22) % 4
        gateway.identify(shard, 4)
        self.done("PUT", f"/applications/{APPLICATION}/guilds/{self.guild}/commands", [{"name": "one", "description": "d"}])
        self.sim.control("slash", command="one", guild=self.guild)
        heard = gateway.until("INTERACTION_CREATE")["d"]
        path = f"/interactions/{heard['id']}/{heard['token']}/callback"
        wrong = self.ask("POST", path, {"type": 8, "data": {"choices": []}}, headers=AGENT)
        check(wrong.body["code"] == 50035, f"choices for a command: {wrong.text}")
        early = self.ask("PATCH", f"/webhooks/{APPLICATION}/{heard['token']}/messages/@original", {"content": "x"}, headers=AGENT)
        check(early.body["code"] == 10015, f"an edit before the answer: {early.text}")
        shown = self.ask("POST", path + "?with_response=true", {"type": 5, "data": {"flags": 64}}, headers=AGENT)
        check(shown.status == 200 and shown.body["resource"]["message"]["flags"] == 64 | 128, f"a deferral: {shown.text}")
        again = self.ask("POST", path, {"type": 4, "data": {"content": "x"}}, headers=AGENT)
        check((again.status, again.body["code"]) == (400, 40060), f"a second answer: {again.text}")
        edited = self.ask("PATCH", f"/webhooks/{APPLICATION}/{heard['token']}/messages/@original", {"content": "x"}, headers=AGENT)
        check(edited.status == 200 and edited.body["flags"] == 64, f"the edit: {edited.text}")
        owner = self.done("GET", f"/guilds/{self.guild}").body["owner_id"]
        first, second = (self.done("POST", "/users/@me/channels", {"recipient_id": owner}).body["id"] for _ in range(2))
        check(first == second, f"the direct channel is {first}, then {second}")
        gateway.tls.close()

    @covers("F40")
    def server_errors_come_in_every_body(self):
        for status in (500, 502, 503, 504):
            for body, begins in (("json", "{"), ("html", "<html>"), ("empty", "")):
                self.fault("F40", status=status, body=body, times=1)
                answer = self.ask("GET", "/gateway")
                check(answer.status == status and answer.text[:6].startswith(begins), f"{status} {body}: {answer.status} {answer.text[:40]}")
                check(body != "empty" or answer.text == "", f"an empty body says {answer.text}")

    @covers("F41", "F45")
    def answers_break_in_every_way(self):
        right = self.ask("GET", "/gateway").text
        self.fault("F41", how="slow", ms=600, times=1)
        started = time.monotonic()
        check(Line(self.sim).ask("GET", "/gateway").text == right and time.monotonic() - started > 0.4, "a slow answer is not whole, or not slow")
        self.fault("F41", how="too_short", times=1)
        check(Line(self.sim).ask("GET", "/gateway").text == right[:len(right) // 2], "too short a length cuts elsewhere")
        for how, error in (("truncated", http.client.IncompleteRead), ("too_long", TimeoutError), ("reset", ConnectionResetError),
                           ("silence", TimeoutError)):
            self.fault("F41", how=how, times=1)
            try:
                text = Line(self.sim, 1.5).ask("GET", "/gateway").text
                raise Wrong(f"{how}: an answer came, {text}")
            except error:
                pass
        self.sim.control("clear")
        line = Line(self.sim)
        self.fault("F45", times=1)
        kept = line.ask("GET", "/gateway")
        check(kept.status == 200 and kept.headers["Connection"] == "keep-alive", f"{kept.status}, Connection: {kept.headers['Connection']}")
        try:
            line.ask("GET", "/gateway")
            raise Wrong("the connection was kept")
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            pass

    @covers("F42")
    def reset_is_told_by_a_wrong_clock(self):
        for skew in (3600, -3600):
            self.fault("F42", ms=skew * 1000)
            answer = self.ask("GET", "/users/@me")
            self.sim.control("clear")
            ahead = float(answer.limit("Reset")) - time.time() - float(answer.limit("Reset-After"))
            check(abs(ahead - skew) < 30, f"Reset is wrong by {ahead:.1f} s, not by {skew}")
            check(0 <= float(answer.limit("Reset-After")) <= 1, f"Reset-After is {answer.limit('Reset-After')}")

    @covers("F44")
    def a_webhooks_token_is_refused_alone(self):
        self.fault("F44", times=1)
        refused = self.ask("POST", f"/webhooks/{APPLICATION}/x", {"content": "x"}, headers=AGENT)
        check((refused.status, refused.body["code"]) == (401, 50027), f"{refused.status}: {refused.text}")
        check(self.ask("GET", "/users/@me").status == 200, "the bot's own token was refused")

    def play(self):
        for name, case in vars(Cases).items():
            if not callable(case) or name.startswith("_") or name in ("ask", "done", "fresh_channel", "fault", "play"):
                continue
            try:
                case(self)
            except (Wrong, Ended, OSError, KeyError, ValueError, http.client.HTTPException) as wrong:
                raise Failed(f"{name.replace('_', ' ')}: {wrong!r}") from wrong
            say(name.replace("_", " "))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sim", required=True)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="shoal-judge-"))
    sim = None
    try:
        sim = Sim(arguments.sim, folder, {"heartbeat_ms": 41250})
        sim.control("traffic", rate=0)
        sim.control("set", rest_latency=1, identify_key_window=0, ready_delay_least=10, ready_delay_most=50)
        Cases(sim).play()
        return 0
    except Failed as failed:
        say(f"failed: {failed}")
        return 1
    finally:
        if sim is not None:
            sim.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
