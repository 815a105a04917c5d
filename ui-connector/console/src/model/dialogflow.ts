// Dialogflow through the connector's proxy.

import { card, link, text } from './cards';
import type { Conversation } from './conversation';
import type { Message } from './events';
import { problem, token } from './token';

export type Role = 'END_USER' | 'HUMAN_AGENT';

interface Participant {
  name: string;
  role: string;
}

/** The connector gives Dialogflow less than that. */
const PATIENCE_MS = 70_000;

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { authorization: token.value };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(`/v2/${path}`, {
    method,
    headers,
    signal,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(value?.error?.message ?? value?.error ?? `Dialogflow answers ${answer.status}`);
  return value;
}

/** Does something, and tells if it fails. */
export async function attempt(what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    problem.value = '';
    await work();
  } catch (error) {
    problem.value = `${what}: ${error instanceof Error ? error.message : error}`;
  }
}

/** The name with a location, as the proxy wants it. */
export const full = (name: string): string =>
  name.includes('/locations/') ? name : name.replace('/conversations/', '/locations/global/conversations/');

const location = (name: string): string => full(name).split('/conversations/')[0] ?? '';

export const create = (project: string, id: string): Promise<{ name: string }> => {
  const place = `projects/${project}/locations/global`;
  return call('POST', `${place}/conversations?conversationId=${encodeURIComponent(id)}`, {
    conversationProfile: `${place}/conversationProfiles/default`,
  });
};

async function participant(conversation: string, role: Role): Promise<string> {
  const { participants = [] } = await call<{ participants?: Participant[] }>('GET', `${conversation}/participants`);
  const known = participants.find((it) => it.role === role);
  return (known ?? (await call<Participant>('POST', `${conversation}/participants`, { role }))).name;
}

export async function say({ name }: Conversation, role: Role, content: string): Promise<void> {
  const speaker = await participant(full(name), role);
  await call('POST', `${speaker}:analyzeContent`, {
    textInput: { text: content, languageCode: 'en-GB' },
    requestId: crypto.randomUUID(),
  });
}

/** The last messages, the newest first; none if Dialogflow does not know the conversation. */
export const history = ({ name }: Conversation): Promise<Message[]> =>
  call<{ messages?: Message[] }>('GET', `${full(name)}/messages?pageSize=200`).then(
    ({ messages = [] }) => messages,
    () => [],
  );

export const complete = ({ name }: Conversation): Promise<unknown> => call('POST', `${full(name)}:complete`, {});

export async function summarize(conversation: Conversation): Promise<void> {
  const { summary } = await call<{ summary?: { text?: string; answerRecord?: string } }>(
    'POST',
    `${full(conversation.name)}/suggestions:suggestConversationSummary`,
    {},
  );
  const paragraphs = (summary?.text ?? '').split('\n').filter(Boolean);
  conversation.suggest([card('Summary', { answerRecord: summary?.answerRecord, paragraphs })]);
}

interface Found {
  answers?: { answer?: string; answerRecord?: string; answerSources?: { title?: string; uri?: string }[] }[];
}

export async function search(conversation: Conversation, query: string): Promise<void> {
  const place = location(conversation.name);
  const { answers = [] } = await call<Found>('POST', `${place}/suggestions:searchKnowledge`, {
    parent: place,
    query: { text: query, languageCode: 'en-GB' },
    conversation: full(conversation.name),
    querySource: 'AGENT_QUERY',
  });
  if (answers.length === 0) throw new Error('nothing was found');
  const found = answers.map(({ answer, answerRecord, answerSources = [] }) =>
    card('Knowledge', {
      answerRecord,
      heading: query,
      paragraphs: text(answer),
      links: answerSources.flatMap(({ uri, title }) => link(uri, title)),
    }),
  );
  conversation.suggest(found);
}

export const judge = (record: string, isGood: boolean): Promise<unknown> =>
  call('PATCH', `${record}?updateMask=answerFeedback`, {
    answerFeedback: {
      correctnessLevel: isGood ? 'FULLY_CORRECT' : 'NOT_CORRECT',
      clicked: true,
      clickTime: new Date().toISOString(),
    },
  });
