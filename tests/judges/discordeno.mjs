// The judge Discordeno: its gateway manager and its REST manager. Mode: the transport compression.
import { createGatewayManager } from '@discordeno/gateway';
import { createRestManager } from '@discordeno/rest';
import { commands, interact, ThreadBook } from './bare.mjs';
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
const threads = new ThreadBook();
// A request that fails on the wire is rejected, and thrown a second time where nobody can catch it.
process.on('unhandledRejection', (error) => console.error('unhandled', error));

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
      threads.take(packet.t, packet.d);
      if (packet.t === 'MESSAGE_CREATE' && !packet.d.guild_id && packet.d.content === 'ping') {
        rest.sendMessage(packet.d.channel_id, { content: 'pong' }).catch((error) => console.error('reply', error));
      }
      if (packet.t === 'INTERACTION_CREATE') {
        const { id, token } = packet.d;
        interact(packet.d, {
          callback: (body) => rest.sendInteractionResponse(id, token, body),
          edit: (body) => rest.editOriginalInteractionResponse(token, body),
          followup: (body) => rest.sendFollowupMessage(token, body),
          original: () => rest.getOriginalInteractionResponse(token),
          code: (error) => JSON.parse(error.cause.body).code,
        }).catch((error) => console.error('interaction', error));
      }
    },
  },
});
answer({
  guilds: () => guilds.size,
  register: async () => (await rest.upsertGlobalApplicationCommands(commands)).map((one) => `${one.name}:${one.id}`).join(' '),
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
  threads: async (channel) => {
    const make = (name) => rest.startThreadWithoutMessage(channel, { name, type: 11, autoArchiveDuration: 60 });
    const open = await make('open');
    const shut = await make('shut');
    await rest.leaveThread(open.id);
    await rest.joinThread(open.id);
    await rest.editChannel(shut.id, { archived: true });
    const active = (await rest.getActiveThreads(open.guildId ?? open.guild_id)).threads.map((one) => one.id);
    const archived = (await rest.getPublicArchivedThreads(channel)).threads.map((one) => one.id);
    return [open.id, shut.id, active.includes(open.id) && !active.includes(shut.id), archived.includes(shut.id) && !archived.includes(open.id)].join(' ');
  },
  knows: threads.knows,
  forget: threads.forget,
  say: async (channel, content) => (await rest.sendMessage(channel, { content })).id,
  category: async (guild) => {
    const category = await rest.createChannel(guild, { name: 'judge', type: 4 });
    const child = await rest.createChannel(guild, { name: 'child', parentId: category.id });
    await rest.deleteChannel(category.id);
    return `${category.id} ${child.id}`;
  },
  parent: async (id) => (await rest.getChannel(id)).parentId ?? 'none',
  direct: async (user) => `${(await rest.getDmChannel(user)).id} ${(await rest.getDmChannel(user)).id}`,
  once: async (channel, nonce) => (await rest.sendMessage(channel, { content: nonce, nonce, enforceNonce: true })).id,
  burst: async (...ids) => (await Promise.all(ids.map((id) => rest.getUser(id)))).length,
  rest: async () => Array.isArray(await rest.get('/users/@me/guilds')) && 200,
});
await gateway.spawnShards();
