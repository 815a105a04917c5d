import type { Conversation } from '../model/conversation';
import { attempt, create } from '../model/dialogflow';
import { conversations, current, join, leave, select } from '../model/session';
import { project } from '../model/token';

/** What is played in the project of `make demo`. */
const DEMO = 'demo-project';
const PLAYED = ['demo-conversation', 'demo-chat', 'demo-escalation', 'demo-long'];

/** An id alone is one of this project. */
const named = (text: string): string => (text.includes('/') ? text : `projects/${project.value}/conversations/${text}`);

async function enter(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const text = String(new FormData(form).get('conversation')).trim();
  const isNew = (event.submitter as HTMLButtonElement | null)?.value === 'create';
  form.reset();
  if (!isNew) return join(named(text));
  await attempt('The conversation cannot be created', async () => {
    // Joined first, so that nothing is missed.
    await join(named(text));
    await create(project.value, text);
  });
}

export function Conversations() {
  return (
    <nav aria-label="Conversations">
      <form id="join" onSubmit={enter}>
        <label>
          Conversation
          <input name="conversation" placeholder="id or projects/…/conversations/…" list="played" required />
        </label>
        <datalist id="played">{project.value === DEMO && PLAYED.map((id) => <option key={id} value={id} />)}</datalist>
        <div class="buttons">
          <button type="submit" value="join">
            Join
          </button>
          <button type="submit" value="create">
            Create
          </button>
        </div>
      </form>
      <ul id="conversations">
        {conversations.value.map((conversation) => (
          <Entry key={conversation.name} conversation={conversation} />
        ))}
      </ul>
    </nav>
  );
}

function Entry({ conversation }: { conversation: Conversation }) {
  const id = conversation.name.split('/').at(-1);
  const isCurrent = current.value === conversation;
  return (
    <li>
      <button
        type="button"
        class="entry"
        aria-current={isCurrent}
        title={conversation.name}
        onClick={() => select(conversation)}
      >
        {id}
        {!isCurrent && conversation.unread.value > 0 && <span class="unread">{conversation.unread}</span>}
      </button>
      <button type="button" class="quiet" aria-label={`Leave ${id}`} onClick={() => leave(conversation)}>
        ×
      </button>
    </li>
  );
}
