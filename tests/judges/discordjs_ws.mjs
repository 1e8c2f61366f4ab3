// The judge @discordjs/ws 2, the gateway of discord.js by itself, with zlib-stream through node's own zlib. REST is @discordjs/rest.
import { REST } from '@discordjs/rest';
import { CompressionMethod, WebSocketManager, WebSocketShardEvents } from 'discordjs-ws-2';
import { commands, interact, ThreadBook } from './bare.mjs';
import { answer, env, GuildCount, heard } from './lines.mjs';

const rest = new REST({ api: env.api, version: '10' }).setToken(env.token);
const guilds = new GuildCount();
const threads = new ThreadBook();

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
  threads.take(packet.t, packet.d);
  if (packet.t === 'MESSAGE_CREATE' && !packet.d.guild_id && packet.d.content === 'ping') {
    rest.post(`/channels/${packet.d.channel_id}/messages`, { body: { content: 'pong' } }).catch((error) => console.error('reply', error));
  }
  if (packet.t === 'INTERACTION_CREATE') {
    const { id, token } = packet.d;
    const hook = `/webhooks/${env.application}/${token}`;
    interact(packet.d, {
      callback: (body) => rest.post(`/interactions/${id}/${token}/callback`, { auth: false, body }),
      edit: (body) => rest.patch(`${hook}/messages/@original`, { auth: false, body }),
      followup: (body) => rest.post(hook, { auth: false, body }),
      original: () => rest.get(`${hook}/messages/@original`, { auth: false }),
      code: (error) => error.code,
    }).catch((error) => console.error('interaction', error));
  }
});
answer({
  guilds: () => guilds.size,
  register: async () => (await rest.put(`/applications/${env.application}/commands`, { body: commands })).map((one) => `${one.name}:${one.id}`).join(' '),
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
  threads: async (channel) => {
    const make = (name) => rest.post(`/channels/${channel}/threads`, { body: { name, type: 11, auto_archive_duration: 60 } });
    const open = await make('open');
    const shut = await make('shut');
    await rest.delete(`/channels/${open.id}/thread-members/@me`);
    await rest.put(`/channels/${open.id}/thread-members/@me`);
    await rest.patch(`/channels/${shut.id}`, { body: { archived: true } });
    const ids = async (path) => (await rest.get(path)).threads.map((one) => one.id);
    const active = await ids(`/guilds/${open.guild_id}/threads/active`);
    const archived = await ids(`/channels/${channel}/threads/archived/public`);
    return [open.id, shut.id, active.includes(open.id) && !active.includes(shut.id), archived.includes(shut.id) && !archived.includes(open.id)].join(' ');
  },
  knows: threads.knows,
  forget: threads.forget,
  say: async (channel, content) => (await rest.post(`/channels/${channel}/messages`, { body: { content } })).id,
  category: async (guild) => {
    const category = await rest.post(`/guilds/${guild}/channels`, { body: { name: 'judge', type: 4 } });
    const child = await rest.post(`/guilds/${guild}/channels`, { body: { name: 'child', parent_id: category.id } });
    await rest.delete(`/channels/${category.id}`);
    return `${category.id} ${child.id}`;
  },
  parent: async (id) => (await rest.get(`/channels/${id}`)).parent_id ?? 'none',
  direct: async (user) => {
    const open = () => rest.post('/users/@me/channels', { body: { recipient_id: user } });
    return `${(await open()).id} ${(await open()).id}`;
  },
  once: async (channel, nonce) => (await rest.post(`/channels/${channel}/messages`, { body: { content: nonce, nonce, enforce_nonce: true } })).id,
  burst: async (...ids) => (await Promise.all(ids.map((id) => rest.get(`/users/${id}`)))).length,
  rest: async () => Array.isArray(await rest.get('/users/@me/guilds')) && 200,
});
await manager.connect();
