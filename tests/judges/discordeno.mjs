// The judge Discordeno: its gateway manager and its REST manager. Mode: the transport compression.
import { createGatewayManager } from '@discordeno/gateway';
import { createRestManager } from '@discordeno/rest';
import { answer, env, GuildCount, heard } from './lines.mjs';

// The library writes all that it notices to stdout, where the runner reads.
const logger = Object.fromEntries(['debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, (...words) => console.error(level, ...words)]));
const rest = createRestManager({
  token: env.token,
  applicationId: env.application,
  version: 10,
  logger,
});
// The option `proxy` would switch off its own rate limits, which are to be judged too.
rest.baseUrl = env.api;
const guilds = new GuildCount();

const connection = await rest.getSessionInfo();
const gateway = createGatewayManager({
  token: env.token,
  intents: 0x331ffff & ~(1 << 8),
  connection,
  totalShards: env.shards,
  transportCompression: env.mode,
  preferSnakeCase: true,
  logger,
  events: {
    message(shard, packet) {
      if (packet.op !== 0) return;
      heard(shard.id, packet.s, packet.t, packet.d?.session_id);
      guilds.take(shard.id, packet.t, packet.d);
      if (packet.t === 'INTERACTION_CREATE') {
        rest.sendInteractionResponse(packet.d.id, packet.d.token, { type: 4, data: { content: 'heard' } })
          .catch((error) => console.error('reply', error));
      }
    },
  },
});
answer({
  guilds: () => guilds.size,
  register: async () => (await rest.createGlobalApplicationCommand({ name: 'judge', description: 'Answers the runner.' })).name,
  rest: async () => Array.isArray(await rest.get('/users/@me/guilds')) && 200,
});
await gateway.spawnShards();
