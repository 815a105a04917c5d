import { signal } from '@preact/signals';
import type { Conversation } from '../model/conversation';
import { attempt, complete, type Role, say, search, summarize } from '../model/dialogflow';

const role = signal<Role>('END_USER');
const busy = signal(false);

async function once(what: string, work: () => Promise<unknown>): Promise<void> {
  if (busy.value) return;
  busy.value = true;
  await attempt(what, work);
  busy.value = false;
}

/** Sends what an agent has chosen. */
export const reply = (conversation: Conversation, text: string): Promise<void> =>
  once('It cannot be sent', () => say(conversation, 'HUMAN_AGENT', text));

export function Composer({ conversation }: { conversation: Conversation }) {
  const send = async (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const text = String(new FormData(form).get('text')).trim();
    await once('It cannot be sent', async () => {
      await say(conversation, role.value, text);
      form.reset();
    });
  };
  const find = async (event: Event) => {
    event.preventDefault();
    const query = String(new FormData(event.currentTarget as HTMLFormElement).get('query')).trim();
    await once('The search failed', () => search(conversation, query));
  };
  return (
    <div class="composer">
      <form id="say" onSubmit={send}>
        <select
          aria-label="Who speaks"
          value={role.value}
          onChange={(event) => (role.value = event.currentTarget.value as Role)}
        >
          <option value="END_USER">Customer</option>
          <option value="HUMAN_AGENT">Agent</option>
        </select>
        <input name="text" aria-label="What is said" placeholder="Say something…" autocomplete="off" required />
        <button type="submit">Send</button>
      </form>
      <form id="search" onSubmit={find}>
        <input name="query" aria-label="Question to the knowledge base" placeholder="Search knowledge…" required />
        <button type="submit">Search</button>
        <button type="button" id="summarize" onClick={() => once('There is no summary', () => summarize(conversation))}>
          Summarize
        </button>
        <button
          type="button"
          id="complete"
          onClick={() => once('It cannot be completed', () => complete(conversation))}
        >
          Complete
        </button>
      </form>
    </div>
  );
}
