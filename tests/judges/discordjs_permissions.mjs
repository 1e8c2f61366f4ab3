// What discord.js makes of the cases of permission_cases.py: a line of JSON each, answered by a line of two bit sets (in the guild, in
// the channel). The library is unmodified and never connects.
import { createInterface } from 'node:readline';
import { Client, PermissionsBitField } from 'discord.js';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Guild } = require('discord.js');

const client = new Client({ intents: [] });
console.log(PermissionsBitField.All.toString());
for await (const line of createInterface({ input: process.stdin })) {
  const { guild: data, channel, member } = JSON.parse(line);
  const guild = new Guild(client, { ...data, channels: [channel], members: [member], emojis: [], stickers: [], features: [] });
  client.guilds.cache.set(guild.id, guild);
  const who = guild.members.cache.get(member.user.id);
  const where = guild.channels.cache.get(channel.id);
  console.log(`${who.permissions.bitfield} ${where.permissionsFor(who).bitfield}`);
}
