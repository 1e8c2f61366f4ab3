#!/usr/bin/env python3
"""Holds our calculation of permissions against those of discord.js and discord.py, over random guilds, roles and overwrites.

Usage: permission_cases.py <path of shoal-permissions> [CASES]. discord.js says what roles and overwrites give; discord.py adds what is of no
use without something else, and time-outs. Bits that a library does not know yet are left out of its verdict.
"""
import json
import random
import subprocess
import sys
from pathlib import Path

import discord

HERE = Path(__file__).resolve().parent
TEXT, VOICE, STAGE, ANNOUNCEMENT = 0, 2, 13, 5
ADMINISTRATOR, VIEW, CONNECT, SEND = 1 << 3, 1 << 10, 1 << 20, 1 << 11
# What discord.py 2.2 takes away from who may not connect, of what it knows; ours takes newer permissions of voice too.
NEW_IN_VOICE = 1 << 32 | 1 << 42 | 1 << 45 | 1 << 48
OUR_ALL = (1 << 53) - 1 - (1 << 47)


def bits(rng, density):
    return sum(1 << bit for bit in range(53) if bit != 47 and rng.random() < density)


def make_case(rng, number):
    guild = 10_000_000_000_000_000 + number * 1000
    role_ids = [guild] + [guild + 1 + i for i in range(rng.randrange(6))]
    owner, who = guild + 100, guild + (100 if rng.random() < 0.05 else 101)
    roles = []
    for index, role in enumerate(role_ids):
        allowed = bits(rng, rng.choice([0.1, 0.5, 0.9]))
        if rng.random() > 0.08:
            allowed &= ~ADMINISTRATOR
        if rng.random() < 0.6:
            allowed |= VIEW
        roles.append({"id": str(role), "name": f"role {index}", "permissions": str(allowed), "position": index, "color": 0, "hoist": False,
                      "managed": False, "mentionable": False, "flags": 0,
                      "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}})
    overwrites = []
    for target, kind in [(each, 0) for each in role_ids] + [(who, 1), (guild + 102, 1)]:
        if rng.random() < 0.6:
            # Nobody can be made an administrator by a channel: Discord lets no overwrite say so.
            allow = bits(rng, rng.choice([0, 0.2, 0.5])) & ~ADMINISTRATOR
            overwrites.append({"id": str(target), "type": kind, "allow": str(allow), "deny": str(bits(rng, rng.choice([0, 0.2, 0.5])) & ~allow)})
    if rng.random() < 0.5:
        rng.shuffle(overwrites)
    mine = [role for role in role_ids[1:] if rng.random() < 0.5]
    rng.shuffle(mine)
    member = {"user": {"id": str(who), "username": "ann", "discriminator": "0", "avatar": None}, "roles": [str(each) for each in mine],
              "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0,
              "communication_disabled_until": "2999-01-01T00:00:00+00:00" if rng.random() < 0.15 else None}
    channel = {"id": str(guild + 200), "guild_id": str(guild), "type": rng.choice([TEXT, TEXT, ANNOUNCEMENT, VOICE, STAGE]), "name": "general",
               "position": 0, "permission_overwrites": overwrites, "parent_id": None, "nsfw": False, "topic": None, "bitrate": 64000,
               "user_limit": 0, "rate_limit_per_user": 0}
    return {"guild": {"id": str(guild), "name": "Home", "owner_id": str(owner), "roles": roles, "premium_tier": 0, "preferred_locale": "en-US"},
            "channel": channel, "member": member}


def ask(command, lines, cwd=None):
    ran = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=120, cwd=cwd, check=False)
    if ran.returncode != 0:
        sys.exit(f"permissions: {command[0]} failed:\n{ran.stderr[-2000:]}")
    return ran.stdout.splitlines()


def discord_py(case, state):
    data = {**case["guild"], "channels": [case["channel"]], "members": [case["member"]], "emojis": [], "stickers": [], "features": [],
            "threads": [], "voice_states": [], "presences": [], "verification_level": 0, "default_message_notifications": 0,
            "explicit_content_filter": 0, "mfa_level": 0, "nsfw_level": 0, "system_channel_flags": 0, "member_count": 1,
            "afk_timeout": 300, "premium_subscription_count": 0}
    guild = discord.Guild(data=data, state=state)
    member = discord.Member(data=case["member"], guild=guild, state=state)
    return guild.get_channel(int(case["channel"]["id"])).permissions_for(member).value


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    rng = random.Random(20261125)
    cases = [make_case(rng, number) for number in range(int(sys.argv[2]) if len(sys.argv) == 3 else 3000)]
    lines = [json.dumps(case) for case in cases]
    ours = ask([sys.argv[1]], lines)
    theirs = ask(["node", "--no-deprecation", "discordjs_permissions.mjs"], lines, cwd=HERE)
    if len(ours) != len(cases) or len(theirs) != len(cases) + 1:
        sys.exit(f"permissions: {len(cases)} cases, {len(ours)} answers of ours, {len(theirs) - 1} of discord.js")
    js_knows, py_knows = int(theirs.pop(0)) & OUR_ALL, discord.Permissions.all().value & OUR_ALL
    state = discord.Client(intents=discord.Intents.default())._connection
    in_channel_only = discord.Permissions.all_channel().value
    wrong, seen = 0, {"administrator": 0, "timed out": 0, "blind": 0, "mute": 0, "unconnected": 0}
    for case, own, js in zip(cases, ours, theirs):
        in_guild, in_channel, effective = map(int, own.split())
        js_guild, js_channel = map(int, js.split())
        if js_guild & ADMINISTRATOR:
            js_guild = js_knows  # discord.js answers so when it is asked for any one of them.
        kind, timed_out = case["channel"]["type"], bool(case["member"]["communication_disabled_until"])
        judged = py_knows
        if kind in (VOICE, STAGE) and not in_channel & CONNECT:
            judged &= ~NEW_IN_VOICE
        if kind in (TEXT, ANNOUNCEMENT):
            judged &= ~discord.Permissions.voice().value  # discord.py takes away what has no meaning in a text channel.
        if not in_channel & VIEW and not in_channel & ADMINISTRATOR:
            judged &= in_channel_only  # discord.py leaves what has no meaning in a channel.
        py = discord_py(case, state)
        verdicts = [("discord.js, in the guild", in_guild & js_knows, js_guild & js_knows),
                    ("discord.js, in the channel", in_channel & js_knows, js_channel & js_knows),
                    ("discord.py, effective", effective & judged, py & judged)]
        for who, mine, other in verdicts:
            if mine != other:
                wrong += 1
                if wrong <= 5:
                    print(f"permissions: {who}: ours {mine:#x}, theirs {other:#x}, differing {mine ^ other:#x}\n  {json.dumps(case)}")
        admin = bool(in_channel & ADMINISTRATOR)
        seen["administrator"] += admin
        seen["timed out"] += timed_out and not admin
        seen["blind"] += not in_channel & VIEW
        seen["mute"] += bool(in_channel & VIEW) and not in_channel & SEND
        seen["unconnected"] += kind in (VOICE, STAGE) and not in_channel & CONNECT
    print(f"permissions: {len(cases)} cases, {wrong} differ; {seen}")
    # Cases that do not try the rules prove nothing.
    sys.exit(0 if wrong == 0 and all(count > len(cases) // 100 for count in seen.values()) else 1)


if __name__ == "__main__":
    main()
