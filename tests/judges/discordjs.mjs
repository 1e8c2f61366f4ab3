// The judge discord.js 14, whole: client, caches, REST. Without the native addon zlib-sync its gateway is not compressed.
import { ActionRowBuilder, ChannelType, Client, Events, GatewayIntentBits, ModalBuilder, Partials, TextInputBuilder } from 'discord.js';
import { commands, panel, wait } from './bare.mjs';
import { answer, answerTo, env, heard } from './lines.mjs';

const client = new Client({
  intents: Object.values(GatewayIntentBits).filter((bit) => typeof bit === 'number' && bit !== GatewayIntentBits.GuildPresences),
  partials: [Partials.Channel],
  shardCount: env.shards,
  shards: 'auto',
  rest: { api: env.api, version: '10' },
});
client.on(Events.Raw, (packet, shard) => heard(shard, packet.s, packet.t, packet.d));
client.on(Events.Error, (error) => console.error('error', error));
client.on(Events.ShardError, (error, shard) => console.error('shard error', shard, error));
client.on(Events.Debug, (text) => console.error(text));
client.on(Events.MessageCreate, (message) => {
  if (message.channel.isDMBased() && message.content === 'ping') message.reply('pong').catch((error) => console.error('reply', error));
});

const told = (name) => [() => answerTo(name, 'taken'), (error) => answerTo(name, error.code)];
const deeds = {
  judge: (it) => it.reply('heard').catch((error) => answerTo('refused', error.code)),
  late: (it) => wait(3500).then(() => it.reply('late')).then(...told('late')),
  twice: async (it) => {
    await it.reply('first');
    it.replied = false; // or the library itself would refuse
    await it.reply('second').then(...told('twice'));
  },
  deferred: async (it) => {
    await it.deferReply();
    await wait(500);
    await it.editReply('edited');
    await it.followUp('more');
  },
  expired: async (it) => {
    await it.deferReply();
    await wait(2500);
    await it.editReply('expired').then(...told('expired'));
  },
  form: (it) => it.showModal(new ModalBuilder().setCustomId('form').setTitle('Form').addComponents(
    new ActionRowBuilder().addComponents(new TextInputBuilder().setCustomId('words').setLabel('Words').setStyle(1)))).then(() => answerTo('form', 'shown')),
  panel: (it) => it.reply({ content: 'panel', components: panel }).then(() => it.fetchReply()).then((message) => answerTo('panel', message.id)),
  pick: (it) => it.reply(it.options.getString('q')),
};
client.on(Events.InteractionCreate, async (it) => {
  try {
    if (it.isAutocomplete()) await it.respond([{ name: `${it.options.getFocused()}-1`, value: `${it.options.getFocused()}-1` }]);
    else if (it.isModalSubmit()) await it.reply(`got ${it.fields.getTextInputValue('words')}`);
    else if (it.isButton()) await it.update('pressed');
    else if (it.isStringSelectMenu()) await it.reply(`chose ${it.values[0]}`);
    else await deeds[it.commandName](it);
  } catch (error) {
    console.error('interaction', error);
  }
});

// Through the library's own objects and caches.
answer({
  guilds: () => client.guilds.cache.filter((guild) => guild.available).size,
  register: async () => (await client.application.commands.set(commands)).map((one) => `${one.name}:${one.id}`).join(' '),
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
  threads: async (channelId) => {
    const { threads } = client.channels.cache.get(channelId);
    const make = (name) => threads.create({ name, type: ChannelType.PublicThread, autoArchiveDuration: 60 });
    const open = await make('open');
    const shut = await make('shut');
    await open.leave();
    await open.join();
    await shut.setArchived(true);
    const active = (await threads.fetchActive(false)).threads;
    const archived = (await threads.fetchArchived({}, false)).threads;
    return [open.id, shut.id, active.has(open.id) && !active.has(shut.id), archived.has(shut.id) && !archived.has(open.id)].join(' ');
  },
  knows: (id) => client.channels.cache.has(id),
  forget: (id) => client.channels._remove(id),
  say: async (channelId, text) => (await client.channels.cache.get(channelId).send(text)).id,
  category: async (guildId) => {
    const { channels } = client.guilds.cache.get(guildId);
    const category = await channels.create({ name: 'judge', type: ChannelType.GuildCategory });
    const child = await channels.create({ name: 'child', parent: category });
    await category.delete();
    return `${category.id} ${child.id}`;
  },
  parent: (id) => client.channels.cache.get(id).parentId ?? 'none',
  direct: async (userId) => {
    const user = await client.users.fetch(userId);
    return `${(await user.createDM(true)).id} ${(await user.createDM(true)).id}`;
  },
  once: async (channelId, nonce) => (await client.channels.cache.get(channelId).send({ content: nonce, nonce, enforceNonce: true })).id,
  burst: async (...ids) => (await Promise.all(ids.map((id) => client.users.fetch(id, { force: true, cache: false })))).length,
  rest: async () => Array.isArray(await client.rest.get('/users/@me/guilds')) && 200,
});
client.login(env.token);
