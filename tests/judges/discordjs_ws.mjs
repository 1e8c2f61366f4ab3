// The judge @discordjs/ws 2, the gateway of discord.js by itself, with zlib-stream through node's own zlib. REST is @discordjs/rest.
import { REST } from '@discordjs/rest';
import { CompressionMethod, WebSocketManager, WebSocketShardEvents } from 'discordjs-ws-2';
import { answer, env, GuildCount, heard } from './lines.mjs';

const rest = new REST({ api: env.api, version: '10' }).setToken(env.token);
const guilds = new GuildCount();
const manager = new WebSocketManager({
  token: env.token,
  intents: 0x331ffff & ~(1 << 8),
  rest,
  fetchGatewayInformation: () => rest.get('/gateway/bot'),
  shardCount: env.shards,
  compression: CompressionMethod.ZlibNative,
});
manager.on(WebSocketShardEvents.Debug, (...words) => console.error(...words));
manager.on(WebSocketShardEvents.Error, (...words) => console.error('error', ...words));
manager.on(WebSocketShardEvents.Dispatch, (packet, shard) => {
  heard(shard, packet.s, packet.t, packet.d);
  guilds.take(shard, packet.t, packet.d);
  if (packet.t === 'INTERACTION_CREATE') {
    rest.post(`/interactions/${packet.d.id}/${packet.d.token}/callback`, { auth: false, body: { type: 4, data: { content: 'heard' } } })
      .catch((error) => console.error('reply', error));
  }
});
answer({
  guilds: () => guilds.size,
  register: async () => (await rest.post(`/applications/${env.application}/commands`,
    { body: { name: 'judge', description: 'Answers the runner.', type: 1 } })).name,
  writes: async (guild, user) => {
    const reaction = encodeURIComponent('👍');
    const role = await rest.post(`/guilds/${guild}/roles`, { body: { name: 'judge' }, reason: 'to be judged' });
    await rest.patch(`/guilds/${guild}/roles/${role.id}`, { body: { name: 'judged' } });
    const channel = await rest.post(`/guilds/${guild}/channels`, { body: { name: 'judge' } });
    await rest.patch(`/channels/${channel.id}`, { body: { topic: 'judged' } });
    const messages = `/channels/${channel.id}/messages`;
    const message = await rest.post(messages, { body: { content: 'one' }, files: [{ data: Buffer.from('bytes'), name: 'a.txt' }] });
    await rest.patch(`${messages}/${message.id}`, { body: { content: 'two' } });
    await rest.put(`/channels/${channel.id}/pins/${message.id}`);
    await rest.put(`${messages}/${message.id}/reactions/${reaction}/@me`);
    await rest.delete(`${messages}/${message.id}/reactions/${reaction}/@me`);
    const thread = await rest.post(`${messages}/${message.id}/threads`, { body: { name: 'judge' } });
    const inside = await rest.post(`/channels/${thread.id}/messages`, { body: { content: 'inside' } });
    await rest.patch(`/channels/${thread.id}`, { body: { archived: true } });
    await rest.delete(`/channels/${thread.id}`);
    await rest.delete(`${messages}/${message.id}`);
    await rest.delete(`/channels/${channel.id}`);
    await rest.delete(`/guilds/${guild}/roles/${role.id}`);
    const dm = await rest.post('/users/@me/channels', { body: { recipient_id: user } });
    const direct = await rest.post(`/channels/${dm.id}/messages`, { body: { content: 'psst' } });
    return [role, channel, message, inside, direct].map((one) => one.id).join(' ');
  },
  rest: async () => Array.isArray(await rest.get('/users/@me/guilds')) && 200,
});
await manager.connect();
