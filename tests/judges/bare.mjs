// How a judge without objects of its own answers interactions, and what it remembers of threads. Not a client: `via` sends.
import { answerTo } from './lines.mjs';

/** What each judge registers: one command a behaviour. */
export const commands = [
  ...['judge', 'late', 'twice', 'deferred', 'expired', 'form', 'panel'].map((name) => ({ name, type: 1, description: 'Played by the runner.' })),
  { name: 'pick', type: 1, description: 'Played by the runner.', options: [{ name: 'q', type: 3, description: 'What is looked for.', required: true, autocomplete: true }] },
];

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const row = (...components) => ({ type: 1, components });
export const panel = [
  row({ type: 2, style: 1, label: 'Press', custom_id: 'press' }),
  row({ type: 3, custom_id: 'choose', options: ['a', 'b'].map((value) => ({ label: value, value })) }),
];

/** `via`: callback(body), edit(body), followup(body), original() and code(error). */
export async function interact(d, via) {
  const say = (content, more = {}) => via.callback({ type: 4, data: { content, ...more } });
  if (d.type === 4) {
    const typed = d.data.options.find((option) => option.focused).value;
    return via.callback({ type: 8, data: { choices: [{ name: `${typed}-1`, value: `${typed}-1` }] } });
  }
  if (d.type === 5) return say(`got ${d.data.components[0].components[0].value}`);
  if (d.type === 3) {
    if (d.data.custom_id === 'choose') return say(`chose ${d.data.values[0]}`);
    return via.callback({ type: 7, data: { content: 'pressed' } });
  }
  const deeds = {
    judge: () => say('heard').catch((error) => answerTo('refused', via.code(error))),
    late: () => wait(3500).then(() => say('late')).then(() => answerTo('late', 'taken'), (error) => answerTo('late', via.code(error))),
    twice: () => say('first').then(() => say('second')).then(() => answerTo('twice', 'taken'), (error) => answerTo('twice', via.code(error))),
    deferred: async () => {
      await via.callback({ type: 5 });
      await wait(500);
      await via.edit({ content: 'edited' });
      await via.followup({ content: 'more' });
    },
    expired: async () => {
      await via.callback({ type: 5 });
      await wait(2500);
      await via.edit({ content: 'expired' }).then(() => answerTo('expired', 'taken'), (error) => answerTo('expired', via.code(error)));
    },
    form: () => via.callback({ type: 9, data: { custom_id: 'form', title: 'Form', components: [row({ type: 4, style: 1, label: 'Words', custom_id: 'words' })] } }).then(() => answerTo('form', 'shown')),
    panel: () => say('panel', { components: panel }).then(() => via.original()).then((message) => answerTo('panel', message.id)),
    pick: () => say(d.data.options[0].value),
  };
  return deeds[d.data.name]();
}

/** The threads that the gateway told of last. */
export class ThreadBook {
  #known = new Set();
  take(type, data) {
    if (type === 'THREAD_CREATE') this.#known.add(data.id);
    if (type === 'THREAD_DELETE') this.#known.delete(data.id);
    if (type === 'GUILD_CREATE' || type === 'THREAD_LIST_SYNC') for (const one of data.threads ?? []) this.#known.add(one.id);
  }
  forget = (id) => this.#known.delete(id);
  knows = (id) => this.#known.has(id);
}
