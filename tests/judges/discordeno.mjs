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
      heard(shard.id, packet.s, packet.t, packet.d);
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
  writes: async (guild, user) => {
    const role = await rest.createRole(guild, { name: 'judge' }, 'to be judged');
    await rest.editRole(guild, role.id, { name: 'judged' });
    const channel = await rest.createChannel(guild, { name: 'judge' });
    await rest.editChannel(channel.id, { topic: 'judged' });
    const message = await rest.sendMessage(channel.id, { content: 'one', files: [{ blob: new Blob(['bytes']), name: 'a.txt' }] });
    await rest.editMessage(channel.id, message.id, { content: 'two' });
    await rest.pinMessage(channel.id, message.id);
    await rest.addReaction(channel.id, message.id, '👍');
    await rest.deleteOwnReaction(channel.id, message.id, '👍');
    const thread = await rest.startThreadWithMessage(channel.id, message.id, { name: 'judge', autoArchiveDuration: 60 });
    const inside = await rest.sendMessage(thread.id, { content: 'inside' });
    await rest.editChannel(thread.id, { archived: true });
    await rest.deleteChannel(thread.id);
    await rest.deleteMessage(channel.id, message.id);
    await rest.deleteChannel(channel.id);
    await rest.deleteRole(guild, role.id);
    const direct = await rest.sendMessage((await rest.getDmChannel(user)).id, { content: 'psst' });
    return [role, channel, message, inside, direct].map((one) => one.id).join(' ');
  },
  rest: async () => Array.isArray(await rest.get('/users/@me/guilds')) && 200,
});
await gateway.spawnShards();
