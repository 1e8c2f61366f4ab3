// The judge discord.js 14, whole: client, caches, REST. Without the native addon zlib-sync its gateway is not compressed.
import { Client, Events, GatewayIntentBits } from 'discord.js';
import { answer, env, heard } from './lines.mjs';

const client = new Client({
  intents: Object.values(GatewayIntentBits).filter((bit) => typeof bit === 'number' && bit !== GatewayIntentBits.GuildPresences),
  shardCount: env.shards,
  shards: 'auto',
  rest: { api: env.api, version: '10' },
});
client.on(Events.Raw, (packet, shard) => heard(shard, packet.s, packet.t, packet.d));
client.on(Events.Error, (error) => console.error('error', error));
client.on(Events.ShardError, (error, shard) => console.error('shard error', shard, error));
client.on(Events.Debug, (text) => console.error(text));
client.on(Events.InteractionCreate, (interaction) => interaction.reply('heard').catch((error) => console.error('reply', error)));

answer({
  guilds: () => client.guilds.cache.filter((guild) => guild.available).size,
  register: async () => (await client.application.commands.create({ name: 'judge', description: 'Answers the runner.' })).name,
  // Through the library's own objects and caches.
  writes: async (guildId, userId) => {
    const guild = client.guilds.cache.get(guildId);
    const role = await guild.roles.create({ name: 'judge', reason: 'to be judged' });
    await role.edit({ name: 'judged' });
    const channel = await guild.channels.create({ name: 'judge' });
    await channel.edit({ topic: 'judged' });
    const message = await channel.send({ content: 'one', files: [{ attachment: Buffer.from('bytes'), name: 'a.txt' }] });
    await message.edit('two');
    await message.pin();
    const reaction = await message.react('👍');
    await reaction.users.remove(client.user);
    const thread = await message.startThread({ name: 'judge' });
    const inside = await thread.send('inside');
    await thread.setArchived(true);
    await thread.delete();
    await message.delete();
    await channel.delete();
    await role.delete();
    const direct = await (await client.users.fetch(userId)).send('psst');
    return [role, channel, message, inside, direct].map((one) => one.id).join(' ');
  },
  rest: async () => Array.isArray(await client.rest.get('/users/@me/guilds')) && 200,
});
client.login(env.token);
