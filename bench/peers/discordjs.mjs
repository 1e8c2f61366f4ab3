// discord.js as a bot that reads each message's content, measured between two messages. FROM and TO are its arguments.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The judges' packages, so that there is one list of them.
const found = createRequire(new URL('../../tests/judges/package.json', import.meta.url)).resolve('discord.js');
const { default: discord } = await import(pathToFileURL(found));
const { Client, Events, GatewayIntentBits } = discord;

const [from, to] = process.argv.slice(2).map(Number);
const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages, GatewayIntentBits.MessageContent],
  shardCount: 1,
  rest: { api: process.env.PEER_API, version: '10' },
});
let events = 0;
let messages = 0;
let bytes = 0;
let begin;
client.on(Events.Raw, () => (events += 1));
client.on(Events.MessageCreate, (message) => {
  bytes += message.content.length;
  messages += 1;
  if (messages === from) begin = { cpu: process.cpuUsage(), events };
  if (messages !== to) return;
  const { user, system } = process.cpuUsage(begin.cpu);
  console.log(JSON.stringify({ events: events - begin.events, cpu_us: (user + system) / (events - begin.events), content: bytes }));
  process.exit(0);
});
client.login(process.env.PEER_TOKEN);
