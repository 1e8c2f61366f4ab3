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
  heard(shard, packet.s, packet.t, packet.d?.session_id);
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
  rest: async () => Array.isArray(await rest.get('/users/@me/guilds')) && 200,
});
await manager.connect();
