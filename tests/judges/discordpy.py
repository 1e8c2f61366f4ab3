#!/usr/bin/python3
"""The judge discord.py, Debian's, as an AutoShardedClient with zlib-stream. It speaks the runner's lines (README.md)."""
import asyncio
import io
import logging
import os
import sys

import discord
from discord import app_commands, gateway, http

http.Route.BASE = os.environ["JUDGE_API"] + "/v10"
# This version has no option for it and never asks /gateway for it: the address that it starts at is a constant.
gateway.DiscordWebSocket.DEFAULT_GATEWAY = __import__("yarl").URL(os.environ["JUDGE_GATEWAY"])
logging.basicConfig(level=logging.INFO, stream=sys.stderr)


def line(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def heard(socket, text):
    """The library's own hook for raw messages, which knows the connection and so the shard."""
    message = discord.utils._from_json(text)
    if message["op"] == 0:
        data = message["d"] if isinstance(message["d"], dict) else {}
        about = next((data[key] for key in ("session_id", "message_id", "role_id") if data.get(key)), None)
        about = about or (data.get("role") or {}).get("id") or data.get("id") or "-"
        line(f"E {socket.shard_id} {message['s']} {message['t']} {about}")


gateway.DiscordWebSocket.debug_log_receive = heard

intents = discord.Intents.all()
intents.members = intents.presences = False


class Judge(discord.AutoShardedClient):
    def __init__(self):
        super().__init__(intents=intents, shard_count=int(os.environ["JUDGE_SHARDS"]), enable_debug_events=True, heartbeat_timeout=5.0,
                         guild_ready_timeout=2.0)
        self.tree = app_commands.CommandTree(self)

        @self.tree.command(name="judge", description="Answers the runner.")
        async def judge(interaction: discord.Interaction):
            await interaction.response.send_message("heard")

    async def setup_hook(self):
        self.questions = asyncio.create_task(self.answer())

    async def answer(self):
        lines = asyncio.StreamReader()
        await self.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while text := (await lines.readline()).decode().strip():
            name, *words = text.split()
            try:
                line(f"A {name} {await getattr(self, 'on_question_' + name)(*words)}")
            except Exception as error:
                line(f"A {name} failed {error!r}")
        os._exit(0)

    async def on_question_guilds(self):
        return sum(not guild.unavailable for guild in self.guilds)

    async def on_question_register(self):
        return (await self.tree.sync())[0].name

    async def on_question_writes(self, guild_id, user_id):
        """Through the library's own objects and caches."""
        guild = self.get_guild(int(guild_id))
        role = await guild.create_role(name="judge", reason="to be judged")
        await role.edit(name="judged")
        channel = await guild.create_text_channel("judge")
        await channel.edit(topic="judged")
        message = await channel.send("one", file=discord.File(io.BytesIO(b"bytes"), "a.txt"))
        await message.edit(content="two")
        await message.pin()
        await message.add_reaction("👍")
        await message.remove_reaction("👍", self.user)
        thread = await message.create_thread(name="judge")
        inside = await thread.send("inside")
        await thread.edit(archived=True)
        await thread.delete()
        await message.delete()
        await channel.delete()
        await role.delete()
        direct = await (await self.fetch_user(int(user_id))).send("psst")
        return " ".join(str(one.id) for one in (role, channel, message, inside, direct))

    async def on_question_rest(self):
        return 200 if isinstance(await self.http.request(http.Route("GET", "/users/@me/guilds")), list) else 0


Judge().run(os.environ["JUDGE_TOKEN"], log_handler=None)
