"""What a bot lives on, played with a foreign library: commands, interactions, threads, direct messages, and REST's limits and faults.

Not here: the gateway's life (run.py), what only bytes can show (rest_cases.py). Each step says the simulator's behaviours (B) and faults (F) that
it plays; docs/judges.md has the table.
"""
import json
import time

from play import SHARDS, Failed, covers, say, until

ADMINISTRATOR, VIEW, SEND_IN_THREADS, CREATE_THREADS = 1 << 3, 1 << 10, 1 << 38, 1 << 35
GUILDS_ROUTE = "GET /users/@me/guilds"  # what the question `rest` asks for


def expect(condition, text):
    if not condition:
        raise Failed(text)


class Life:
    """Steps of the scenario (run.py has the rest of it)."""

    def play_life(self):
        self.sim.control("traffic", rate=0)  # so that nobody else deletes what the library has just made
        permissions = {int(one["id"]): int(one["permissions"]) for one in self.body("/users/@me/guilds")}
        self.guild = next(g for g in permissions if permissions[g] & ADMINISTRATOR)
        # Where the bot is no administrator a channel can be hidden from it.
        self.limited = next(g for g, may in permissions.items() if not may & ADMINISTRATOR and may & CREATE_THREADS and may & SEND_IN_THREADS)
        self.find_sessions()
        for step in (self.writes, self.commands_keep_their_ids, self.first_answers_have_three_seconds, self.a_token_lives_its_time,
                     self.users_complete_press_and_fill_in, self.a_direct_channel_is_opened_once, self.threads_are_listed_and_synced,
                     self.a_category_goes_and_its_channels_stay, self.a_nonce_is_enforced, self.the_global_limit_is_obeyed,
                     self.rate_limit, self.buckets_are_paced, self.server_errors_are_survived, self.broken_answers_are_survived,
                     self.a_ban_ends, self.a_webhooks_token_is_not_the_bots):
            step()
        self.sim.control("traffic", rate=self.judge.get("rate", 20))

    # ---- what steps share

    def body(self, path, status=200, **how):
        got, _, text = self.sim.rest(path, **how)
        if got == 429:
            time.sleep(json.loads(text)["retry_after"])
            got, _, text = self.sim.rest(path, **how)
        expect(got == status, f"the runner's own request of {path} was answered by {got}: {text[:300]}")
        return json.loads(text) if text else None

    def find_sessions(self):
        self.session = {s["shard"][0]: s["id"] for s in self.live()}

    def session_of(self, guild):
        return self.session[(guild >> 22) % SHARDS]

    def hears_once(self, *due):
        """Each (session, event, whose id) is heard of exactly once."""
        def told():
            self.client.alive()
            counts = {one: self.client.count(*one) for one in due}
            wrong = {f"{kind} {count} times" for (_, kind, _), count in counts.items() if count != 1}
            return not wrong, f"{sorted(wrong)}"
        until("each of these is heard of once", told, 10)

    def asked(self, question):
        """The words of the client's answer; "failed" if it threw."""
        return self.client.ask(question)[1][1:]

    def interaction(self, number):
        return next(one for one in self.sim.oracle()["interactions"] if one["id"] == number)

    def slash(self, command, **more):
        return self.sim.control("slash", command=command, guild=str(self.guild), **more)["interaction"]

    def answers(self, number, text, texts=()):
        """The oracle saw this interaction answered in these words."""
        def answered():
            self.client.alive()
            one = self.interaction(number)
            return one["state"] == "answered" and one["text"] == text and one["texts"] == list(texts), f"{one}"
        until(f"interaction {number} is answered with '{text}'", answered, 15)

    def refused(self, name, code):
        ended = self.client.told(name)
        expect(ended == str(code), f"'{name}' ended with {ended}, not with {code}")

    # ---- steps

    @covers("B34")
    def writes(self):
        """The library writes over REST through its own objects; the guild's shard hears of each write once, of the DM shard 0 does."""
        user = self.body(f"/guilds/{self.guild}")["owner_id"]
        before = len(self.sim.oracle()["audit_log"])
        words = self.asked(f"writes {self.guild} {user}")
        expect(len(words) == 5 and words[0] != "failed", f"writing over REST ended as {' '.join(words)}")
        role, channel, message, inside, direct = words
        here = self.session_of(self.guild)
        due = [(here, kind, about) for kind, about in (
            ("GUILD_ROLE_CREATE", role), ("GUILD_ROLE_UPDATE", role), ("GUILD_ROLE_DELETE", role), ("CHANNEL_CREATE", channel),
            ("CHANNEL_UPDATE", channel), ("CHANNEL_DELETE", channel), ("MESSAGE_CREATE", message), ("MESSAGE_REACTION_ADD", message),
            ("MESSAGE_REACTION_REMOVE", message), ("THREAD_CREATE", message), ("MESSAGE_CREATE", inside), ("THREAD_UPDATE", message),
            ("THREAD_DELETE", message), ("MESSAGE_DELETE", message))] + [(self.session[0], "MESSAGE_CREATE", direct)]
        self.hears_once(*due)
        updates = self.client.count(here, "MESSAGE_UPDATE", message)
        with self.client.lock:
            elsewhere = {kind for one, kind, about in self.client.about if one != here and about in (role, channel, message, inside)}
        # The edit, the pin and the thread that grew from it.
        expect(updates == 3 and not elsewhere, f"{updates} MESSAGE_UPDATEs in place of 3; other shards heard {elsewhere}")
        reasons = [one for one in self.sim.oracle()["audit_log"][before:] if one.get("reason") == "to be judged"]
        expect([one["target_id"] for one in reasons] == [role], f"the audit log has {reasons} for the role {role}")
        say(f"writes: {len(due) + updates} events of them heard once each, the reason of one is in the audit log")

    @covers("B42")
    def commands_keep_their_ids(self):
        first, second = self.asked("register"), self.asked("register")
        kept = sorted(f"{one['name']}:{one['id']}" for one in self.body("/applications/1000000000000000001/commands"))
        expect(len(first) == 8 and sorted(first) == sorted(second) == kept, f"registered {first}, then {second}; Discord has {kept}")
        say("commands: overwritten in bulk twice, each keeps its id")

    @covers("B43")
    def first_answers_have_three_seconds(self):
        late = self.slash("late")
        self.refused("late", 10062)
        expect(self.interaction(late)["state"] == "missed", f"{self.interaction(late)}")
        twice = self.slash("twice")
        self.refused("twice", 40060)
        self.answers(twice, "first")
        self.tolerated = {"interactions_missed": 1, "interactions_double_acks": 1}
        say("interactions: 10062 after 3 s, 40060 for a second answer")

    @covers("B43")
    def a_token_lives_its_time(self):
        self.answers(self.slash("deferred"), "edited", ["more"])
        self.sim.control("set", interaction_lifetime=2000)
        self.slash("expired")
        self.refused("expired", 50027)
        self.sim.control("set", interaction_lifetime=900000)
        say("interactions: deferred, edited and followed up; 50027 when the token's time is over")

    @covers("B43")
    def users_complete_press_and_fill_in(self):
        option = {"name": "q", "type": 3, "value": "he"}
        typed = self.sim.control("autocomplete", command="pick", guild=str(self.guild), options=[{**option, "focused": True}])["interaction"]
        until("choices come", lambda: (self.interaction(typed)["state"] == "answered", self.interaction(typed)), 10)
        choices = json.loads(self.interaction(typed)["text"])
        expect([one["value"] for one in choices] == ["he-1"], f"the choices are {choices}")
        self.answers(self.slash("pick", options=[option]), "he")
        self.answers(self.slash("panel"), "panel")
        message = self.client.told("panel")
        pressed = self.sim.control("press", message=message, custom_id="press")["interaction"]
        self.answers(pressed, "pressed")
        chosen = self.sim.control("press", message=message, custom_id="choose", values=["b"])["interaction"]
        self.answers(chosen, "chose b")
        shown = self.slash("form")
        self.answers(shown, "Form")
        expect(self.client.told("form") == "shown", "the client shows its form")
        filled = self.sim.control("submit_modal", interaction=shown, texts={"words": "hi"})["interaction"]
        self.answers(filled, "got hi")
        say("interactions: choices, a button, a select and a modal made the round")

    @covers("B45")
    def a_direct_channel_is_opened_once(self):
        user = self.body(f"/guilds/{self.guild}")["owner_id"]
        first, second = self.asked(f"direct {user}")
        expect(first == second, f"the direct channel of {user} is {first}, then {second}")
        sent = self.sim.control("direct", user=user, text="ping")
        expect(sent["channel"] == first, f"{user} writes in {sent['channel']}, not in {first}")
        self.hears_once((self.session[0], "MESSAGE_CREATE", sent["message"]))

        def answered():
            self.client.alive()
            seen = [one["content"] for one in self.body(f"/channels/{first}/messages")]
            return seen[:2] == ["pong", "ping"], f"{seen[:4]}"
        until("the message is answered in the same channel", answered, 20)
        with self.client.lock:
            elsewhere = [one for one in self.client.about if one[2] == sent["message"] and one[0] != self.session[0]]
        expect(not elsewhere, f"other shards than 0 heard of a direct message: {elsewhere}")
        say("direct messages: opened once, heard on shard 0 alone, answered")

    @covers("B46")
    def threads_are_listed_and_synced(self):
        me = self.body("/users/@me")["id"]
        here = self.session_of(self.limited)
        channel = next(one["id"] for one in self.body(f"/guilds/{self.limited}/channels") if one["type"] == 0)
        words = self.asked(f"threads {channel}")
        expect(words[2:] == ["true", "true"], f"making, joining and listing threads ended as {words}")
        opened, shut = words[:2]
        self.hears_once((here, "THREAD_CREATE", opened), (here, "THREAD_CREATE", shut), (here, "THREAD_UPDATE", shut))
        until("its own leaving and joining is heard of", lambda: self.client.count(here, "THREAD_MEMBERS_UPDATE", opened) == 2, 10)

        # Hidden and shown again: the active threads come, and the library takes them in.
        syncs = self.client.count(here, "THREAD_LIST_SYNC", str(self.limited))
        self.sim.control("overwrite", channel=channel, whom=str(self.limited), deny=str(VIEW))
        self.asked(f"forget {opened}")
        self.asked(f"forget {shut}")
        expect(self.asked(f"knows {opened}") == ["false"], "the library cannot forget a thread")
        self.sim.control("overwrite", channel=channel, whom=me, allow=str(VIEW))
        until("THREAD_LIST_SYNC is heard of once", lambda: self.client.count(here, "THREAD_LIST_SYNC", str(self.limited)) == syncs + 1, 10)
        self.knows(opened, shut, "THREAD_LIST_SYNC")

        # A new session's GUILD_CREATE lists active threads, and no others.
        self.asked(f"forget {opened}")
        self.sim.control("op9", session=here, resumable=False)
        until("a new session is up", lambda: self.up()[0] and here not in {s["id"] for s in self.live()}, 60)
        self.find_sessions()
        here = self.session_of(self.limited)
        self.sees_all_guilds()
        self.knows(opened, shut, "GUILD_CREATE")

        # Silence archives it: here an hour of it takes 0.6 s.
        self.sim.control("set", auto_archive_minute=10)
        expect(self.asked(f"say {opened} more")[0] != "failed", "nothing could be said in a thread")
        until("silence archives a thread", lambda: self.client.count(here, "THREAD_UPDATE", opened) == 1, 10)
        expect(self.body(f"/channels/{opened}")["thread_metadata"]["archived"], "it is not archived")
        self.sim.control("set", auto_archive_minute=60000)

        # With their channel threads go silently.
        parent = self.body(f"/guilds/{self.guild}/channels", 201, method="POST", body={"name": "parent"})["id"]
        here = self.session_of(self.guild)
        self.hears_once((here, "CHANNEL_CREATE", parent))
        orphan = self.asked(f"threads {parent}")[0]
        self.body(f"/channels/{parent}", method="DELETE")
        self.hears_once((here, "CHANNEL_DELETE", parent), (here, "THREAD_CREATE", orphan))
        expect(self.client.count(here, "THREAD_DELETE", orphan) == 0, "a thread that went with its channel was told of")
        say("threads: made, joined, listed, synced, in GUILD_CREATE while active, archived by silence, gone with their channel")

    def knows(self, active, archived, after):
        until(f"the library has the thread that is active after {after}", lambda: self.asked(f"knows {active}") == ["true"], 10)
        expect(self.asked(f"knows {archived}") == ["false"], f"the library has the archived thread after {after}")

    @covers("B47")
    def a_category_goes_and_its_channels_stay(self):
        words = self.asked(f"category {self.guild}")
        expect(len(words) == 2, f"a category with a channel ended as {words}")
        category, child = words
        here = self.session_of(self.guild)
        self.hears_once((here, "CHANNEL_DELETE", category), (here, "CHANNEL_UPDATE", child))
        parent = self.asked(f"parent {child}")
        expect(parent == ["none"], f"the parent of the orphaned channel is {parent}")
        say("category: deleted, its channel is told of and has no parent")

    @covers("B41", "F40")
    def a_nonce_is_enforced(self):
        """The write takes effect and its answer is lost in a 502: who sends again is given the first message, if it enforces its nonce."""
        channel = next(one["id"] for one in self.body(f"/guilds/{self.guild}/channels") if one["type"] == 0)
        self.sim.control("fault", fault="F40", route="POST /channels/{id}/messages", status=502, applied=True, times=1)
        ended = self.asked(f"once {channel} lonely")
        there = [one["id"] for one in self.body(f"/channels/{channel}/messages") if one["content"] == "lonely"]
        came = "failed" if ended[0] == "failed" else "answered"
        wanted = self.judge.get("nonce", ("answered", 1))
        expect((came, len(there)) == wanted, f"a message whose first answer was lost: {came}, {len(there)} times there; known of this library: {wanted}")
        expect(came == "failed" or ended[0] in there, f"the library was told of message {ended[0]}, there is {there}")
        say(f"nonce: {came}, the message is there {len(there)} times")

    @covers("B36")
    def the_global_limit_is_obeyed(self):
        users = [one["user"]["id"] for one in self.body(f"/guilds/{self.guild}/members?limit=20")]
        self.sim.control("set", rest_global_per_second=5)
        before = self.sim.counters()
        number = self.slash("judge")
        count = self.asked(f"burst {' '.join(users)}")
        self.answers(number, "heard")
        after = self.sim.counters()
        self.sim.control("set", rest_global_per_second=50)
        expect(count == [str(len(users))], f"{len(users)} requests at once ended as {count}")
        say(f"global limit of 5 a second: {len(users)} requests answered, {after['rest_429'] - before['rest_429']} of them first by 429")

    @covers("B35", "F39")
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
            self.sim.control("fault", fault="F39", route=GUILDS_ROUTE, scope=scope, retry_after=1.5, times=1)
            self.obeys(f"429 of scope {scope}", time.monotonic() + 1.5)

    def obeys(self, what, free_at):
        """The next request meets exactly one 429 and is answered no sooner than it may be."""
        before = self.sim.counters()["rest_429"]
        when, words = self.client.ask("rest")
        limited = self.sim.counters()["rest_429"] - before
        expect(words[1:] == ["200"], f"{what}: the request that met it ended as {words[1:]}")
        expect(limited > 0, f"{what}: the request was not answered by it")
        expect(limited == 1 and when >= free_at - 0.1, f"{what}: {limited} answers of 429, and an answer {free_at - when:.2f} s before it might come")
        say(f"{what}: obeyed, answered {when - free_at:.2f} s after it might")

    @covers("B35", "B39", "F42")
    def buckets_are_paced(self):
        """Six requests where five are allowed in 5 s: the library reads what the headers say, whatever the hash and the clock."""
        for what, prepare in (("with new hashes", lambda: self.sim.control("change_hashes")),
                              ("with Reset an hour ahead", lambda: self.sim.control("fault", fault="F42", ms=3600000)),
                              ("with Reset an hour behind", lambda: self.sim.control("fault", fault="F42", ms=-3600000))):
            prepare()
            before = self.sim.counters()["rest_429"]
            started = time.monotonic()
            for _ in range(6):
                expect(self.asked("rest") == ["200"], f"pacing {what}: a request failed")
            took, limited = time.monotonic() - started, self.sim.counters()["rest_429"] - before
            self.sim.control("clear")
            expect(limited <= 1 and took < 20, f"pacing {what}: {took:.1f} s for six requests, {limited} answers of 429")
            say(f"pacing {what}: six requests in {took:.1f} s, {limited} answers of 429")

    def meet(self, faults):
        """One request meets each fault; it ends as this library is known to end it, and the next one is well."""
        ended = {}
        for what, parameters in faults.items():
            self.sim.control("fault", fault=what.split()[0], route=GUILDS_ROUTE, times=1, **parameters)
            if what == "F45":  # The first request is answered and its connection kept; the next finds it closed.
                expect(self.asked("rest") == ["200"], "F45: the answer itself failed")
            ended[what] = self.ending()
            self.sim.control("clear")
            expect(self.asked("rest") == ["200"], f"{what}: the request after it failed")
        wrong = {what: how for what, how in ended.items() if how != self.judge.get("ends", {}).get(what, "survived")}
        expect(not wrong, f"other than what is known of this library: {wrong}")
        say(", ".join(f"{what}: {how}" for what, how in ended.items()))

    def ending(self):
        """How one request ended; "never" if it did not."""
        try:
            return "survived" if self.client.ask("rest", 12)[1][1:] == ["200"] else "failed"
        except Failed:
            self.client.alive()
            return "never"

    @covers("F40")
    def server_errors_are_survived(self):
        self.meet({"F40 500": {"status": 500, "body": "json"}, "F40 502": {"status": 502, "body": "html"},
                   "F40 503": {"status": 503, "body": "empty"}, "F40 504": {"status": 504, "body": "html"}})

    @covers("F41", "F45")
    def broken_answers_are_survived(self):
        self.meet({"F41 slow": {"how": "slow", "ms": 1500}, "F41 truncated": {"how": "truncated"}, "F41 too short": {"how": "too_short"}, "F41 reset": {"how": "reset"}, "F45": {}})

    @covers("F43", "B37")
    def a_ban_ends(self):
        """A ban of 2 s at the edge that says how long it is, and no more than a page: the library may fail, but not for ever."""
        self.sim.control("fault", fault="F43", ms=2000, body="html", retry_after=2)
        ended = self.asked("rest")
        until("the ban is over for the library", lambda: self.asked("rest") == ["200"], 30)
        say(f"a ban at the edge: ended as {ended[:6]}, and well afterwards")

    @covers("F44")
    def a_webhooks_token_is_not_the_bots(self):
        self.sim.control("fault", fault="F44", route="POST /interactions/{id}/{token}/callback", times=1)
        refused = self.slash("judge")
        self.refused("refused", 50027)
        self.sim.control("clear")
        expect(self.asked("rest") == ["200"], "a 401 of an interaction's token cost the bot its own")
        self.answers(self.slash("judge"), "heard")
        until("the refused one is missed", lambda: (self.interaction(refused)["state"] == "missed", self.interaction(refused)), 10)
        self.tolerated["interactions_missed"] += 1
        say("a 401 of an interaction's token: told, and nothing else lost")
