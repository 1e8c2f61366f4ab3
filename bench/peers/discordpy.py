#!/usr/bin/python3
"""discord.py as a bot that reads each message's content, measured between two messages. FROM and TO are its arguments."""
import json
import os
import sys
import time

import discord
from discord import gateway, http

http.Route.BASE = os.environ["PEER_API"] + "/v10"
# This version has no option for it: the address that it starts at is a constant.
gateway.DiscordWebSocket.DEFAULT_GATEWAY = __import__("yarl").URL(os.environ["PEER_GATEWAY"])
FROM, TO = map(int, sys.argv[1:3])
intents = discord.Intents.none()
intents.guilds = intents.messages = intents.message_content = True


class Peer(discord.AutoShardedClient):
    messages = events = content = 0
    begin = (0.0, 0)

    async def on_socket_event_type(self, _):
        self.events += 1

    async def on_message(self, message):
        self.content += len(message.content)
        self.messages += 1
        if self.messages == FROM:
            self.begin = (time.process_time(), self.events)
        if self.messages == TO:
            events = self.events - self.begin[1]
            print(json.dumps({"events": events, "cpu_us": (time.process_time() - self.begin[0]) * 1e6 / events, "content": self.content}), flush=True)
            os._exit(0)


Peer(intents=intents, shard_count=1).run(os.environ["PEER_TOKEN"], log_handler=None)
