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
        about = about or (data.get("role") or {}).get("id") or data.get("id") or data.get("guild_id") or "-"
        line(f"E {socket.shard_id} {message['s']} {message['t']} {about}")


gateway.DiscordWebSocket.debug_log_receive = heard

intents = discord.Intents.all()
intents.members = intents.presences = False


def told(name, outcome):
    line(f"I {name} {outcome}")


async def ends(name, doing):
    """Says how a call ended: "taken", or Discord's code."""
    try:
        await doing
        told(name, "taken")
    except discord.HTTPException as error:
        told(name, error.code)


class Form(discord.ui.Modal, title="Form"):
    words = discord.ui.TextInput(label="Words", custom_id="words")

    def __init__(self):
        super().__init__(custom_id="form")

    async def on_submit(self, interaction):
        await interaction.response.send_message(f"got {self.words.value}")


class Panel(discord.ui.View):
    @discord.ui.button(label="Press", custom_id="press")
    async def press(self, interaction, button):
        await interaction.response.edit_message(content="pressed")

    @discord.ui.select(custom_id="choose", options=[discord.SelectOption(label="a"), discord.SelectOption(label="b")])
    async def choose(self, interaction, select):
        await interaction.response.send_message(f"chose {select.values[0]}")


def add_commands(tree):
    """One command a behaviour."""
    def command(deed):
        return tree.command(name=deed.__name__, description="Played by the runner.")(deed)

    @command
    async def judge(interaction: discord.Interaction):
        try:
            await interaction.response.send_message("heard")
        except discord.HTTPException as error:
            told("refused", error.code)

    @command
    async def late(interaction: discord.Interaction):
        await asyncio.sleep(3.5)
        await ends("late", interaction.response.send_message("late"))

    @command
    async def twice(interaction: discord.Interaction):
        await interaction.response.send_message("first")
        interaction.response._response_type = None  # or the library itself would refuse
        await ends("twice", interaction.response.send_message("second"))

    @command
    async def deferred(interaction: discord.Interaction):
        await interaction.response.defer(thinking=True)
        await asyncio.sleep(0.5)
        await interaction.edit_original_response(content="edited")
        await interaction.followup.send("more")

    @command
    async def expired(interaction: discord.Interaction):
        await interaction.response.defer(thinking=True)
        await asyncio.sleep(2.5)
        await ends("expired", interaction.edit_original_response(content="expired"))

    @command
    async def form(interaction: discord.Interaction):
        await interaction.response.send_modal(Form())
        told("form", "shown")  # From here on the library listens for it.

    @command
    async def panel(interaction: discord.Interaction):
        await interaction.response.send_message("panel", view=Panel())
        told("panel", (await interaction.original_response()).id)

    @command
    async def pick(interaction: discord.Interaction, q: str):
        await interaction.response.send_message(q)

    @pick.autocomplete("q")
    async def looks_for(interaction: discord.Interaction, typed: str):
        return [app_commands.Choice(name=f"{typed}-1", value=f"{typed}-1")]


class Judge(discord.AutoShardedClient):
    def __init__(self):
        super().__init__(intents=intents, shard_count=int(os.environ["JUDGE_SHARDS"]), enable_debug_events=True, heartbeat_timeout=5.0,
                         guild_ready_timeout=2.0)
        self.tree = app_commands.CommandTree(self)
        add_commands(self.tree)

    async def on_message(self, message):
        if message.guild is None and message.content == "ping":
            await message.channel.send("pong")

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
        return " ".join(f"{one.name}:{one.id}" for one in await self.tree.sync())

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

    async def on_question_threads(self, channel_id):
        channel = self.get_channel(int(channel_id))
        kind = discord.ChannelType.public_thread
        opened = await channel.create_thread(name="open", type=kind, auto_archive_duration=60)
        shut = await channel.create_thread(name="shut", type=kind, auto_archive_duration=60)
        await opened.leave()
        await opened.join()
        await shut.edit(archived=True)
        active = {one.id for one in await channel.guild.active_threads()}
        archived = {one.id async for one in channel.archived_threads()}
        listed = (opened.id in active and shut.id not in active, shut.id in archived and opened.id not in archived)
        return " ".join(str(one).lower() for one in (opened.id, shut.id, *listed))

    async def on_question_knows(self, channel):
        return str(self.get_channel(int(channel)) is not None).lower()

    async def on_question_forget(self, thread):
        known = self.get_channel(int(thread))
        return known and known.guild._remove_thread(known)

    async def on_question_say(self, channel, text):
        return (await self.get_channel(int(channel)).send(text)).id

    async def on_question_category(self, guild_id):
        guild = self.get_guild(int(guild_id))
        category = await guild.create_category("judge")
        child = await guild.create_text_channel("child", category=category)
        await category.delete()
        return f"{category.id} {child.id}"

    async def on_question_parent(self, channel):
        return self.get_channel(int(channel)).category_id or "none"

    async def on_question_direct(self, user_id):
        user = await self.fetch_user(int(user_id))
        # What it has opened once it does not ask for again, so the second time is its HTTP client's.
        return f"{(await user.create_dm()).id} {(await self.http.start_private_message(user.id))['id']}"

    async def on_question_once(self, channel, nonce):
        return (await self.get_channel(int(channel)).send(nonce, nonce=nonce)).id  # it does not know enforce_nonce

    async def on_question_burst(self, *ids):
        return len(await asyncio.gather(*(self.fetch_user(int(one)) for one in ids)))

    async def on_question_rest(self):
        return 200 if isinstance(await self.http.request(http.Route("GET", "/users/@me/guilds")), list) else 0


Judge().run(os.environ["JUDGE_TOKEN"], log_handler=None)
