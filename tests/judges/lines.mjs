// What a JavaScript judge and the runner say to each other: lines on stdin and stdout (README.md). Not a client.
import { createInterface } from 'node:readline';

export const env = {
  api: process.env.JUDGE_API,
  token: process.env.JUDGE_TOKEN,
  application: process.env.JUDGE_APPLICATION,
  shards: Number(process.env.JUDGE_SHARDS),
  mode: process.env.JUDGE_MODE,
};

/** Says that a dispatch was handed out by the library: of READY its session, of others whose id they are about. */
export function heard(shard, seq, type, data) {
  const about = data?.session_id ?? data?.message_id ?? data?.role_id ?? data?.role?.id ?? data?.id ?? data?.guild_id;
  process.stdout.write(`E ${shard} ${seq} ${type} ${about ?? '-'}\n`);
}

/** Says how something ended that nobody asked for by a question: an interaction, a message of somebody's. */
export function answerTo(name, outcome) {
  process.stdout.write(`I ${name} ${outcome}\n`);
}

/** Answers questions by name; an answer that throws is told in words. The end of stdin is the end of the judge. */
export function answer(questions) {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const [name, ...words] = line.trim().split(' ');
    try {
      process.stdout.write(`A ${name} ${await questions[name](...words)}\n`);
    } catch (error) {
      process.stdout.write(`A ${name} failed ${String(error).replaceAll('\n', ' ')}\n`);
    }
  });
  lines.on('close', () => process.exit(0));
}

/** Counts guilds as a bot without a cache of its own would: told of by READY, there after GUILD_CREATE. */
export class GuildCount {
  #here = new Map();
  take(shard, type, data) {
    if (type === 'READY') this.#here.set(shard, new Set());
    if (type === 'GUILD_CREATE' && !data.unavailable) this.#here.get(shard)?.add(data.id);
    if (type === 'GUILD_DELETE') this.#here.get(shard)?.delete(data.id);
  }
  get size() {
    return [...this.#here.values()].reduce((sum, guilds) => sum + guilds.size, 0);
  }
}
