import { beforeEach, expect, test } from 'vitest';
import { Conversation } from '../src/model/conversation';
import type { Kind, Message } from '../src/model/events';

const NAME = 'projects/p/conversations/c';

let conversation: Conversation;

beforeEach(() => {
  conversation = new Conversation(NAME);
});

function take(kind: Kind, event: object, role?: 'HUMAN_AGENT'): void {
  const payload = { conversation_name: NAME, data_type: kind, data: JSON.stringify(event) };
  conversation.take({ ...payload, ...(role ? { participant_role: role } : {}) });
}

const say = (message: Message) => take('new-message-event', { newMessagePayload: message });

const hear = (transcript: string, role?: 'HUMAN_AGENT') =>
  take('new-recognition-result-notification-event', { newRecognitionResultPayload: { transcript } }, role);

const shown = () => conversation.lines.value.map(({ role, text, interim }) => `${role}: ${text}${interim ? ' …' : ''}`);

test('a message is shown once, however often it comes', () => {
  say({ name: 'm/1', participantRole: 'END_USER', content: 'Hello' });
  say({ name: 'm/1', participantRole: 'END_USER', content: 'Hello' });
  expect(shown()).toEqual(['END_USER: Hello']);
  expect(conversation.unread.value).toBe(1);
});

test('what is heard stays until the message of the same speaker takes its place', () => {
  hear('I pa');
  hear('How', 'HUMAN_AGENT');
  hear('I paid');
  expect(shown()).toEqual(['END_USER: I paid …', 'HUMAN_AGENT: How …']);
  const [first] = conversation.lines.value;
  say({ name: 'm/1', participantRole: 'END_USER', content: 'I paid twice.' });
  expect(shown()).toEqual(['END_USER: I paid twice.', 'HUMAN_AGENT: How …']);
  // The same line for the page, so that it does not jump.
  expect(conversation.lines.value[0]?.id).toBe(first?.id);
  hear('Really');
  expect(shown()).toEqual(['END_USER: I paid twice.', 'HUMAN_AGENT: How …', 'END_USER: Really …']);
});

test('history goes before what is shown, the oldest first, without what is there already', () => {
  say({ name: 'm/3', participantRole: 'END_USER', content: 'third' });
  conversation.remember([
    { name: 'm/3', content: 'third' },
    { name: 'm/2', content: 'second', participantRole: 'HUMAN_AGENT' },
    { name: 'm/1', content: 'first', participantRole: 'END_USER' },
  ]);
  expect(shown()).toEqual(['END_USER: first', 'HUMAN_AGENT: second', 'END_USER: third']);
  say({ name: 'm/1', participantRole: 'END_USER', content: 'first' });
  expect(conversation.lines.value).toHaveLength(3);
});

test('moods are those of messages and of history, in order; a neutral one counts', () => {
  const mood = (score: number) => ({ sentimentAnalysis: { queryTextSentiment: { score } } });
  say({ name: 'm/3', ...mood(0) });
  say({ name: 'm/4' });
  conversation.remember([
    { name: 'm/2', ...mood(-0.5) },
    { name: 'm/1', ...mood(0.5) },
  ]);
  expect(conversation.moods.value).toEqual([0.5, -0.5, 0]);
});

test('the state is the last one, and each change is a notice', () => {
  take('conversation-lifecycle-event', { type: 'CONVERSATION_STARTED' });
  take('conversation-lifecycle-event', { type: 'UNRECOVERABLE_ERROR', errorStatus: { message: 'the line was lost' } });
  expect(conversation.state.value).toBe('UNRECOVERABLE_ERROR');
  expect(shown()).toEqual(['notice: conversation started', 'notice: unrecoverable error: the line was lost']);
});

test('suggestions become cards with identities of their own', () => {
  const smartReplyAnswers = [{ reply: 'Hello' }];
  const event = { suggestionResults: [{ suggestSmartRepliesResponse: { smartReplyAnswers } }] };
  take('human-agent-assistant-event', event);
  take('human-agent-assistant-event', event);
  const [first, second] = conversation.suggestions.value;
  expect(first).toMatchObject({ title: 'Replies', replies: ['Hello'] });
  expect(second?.id).not.toBe(first?.id);
});

test('a long conversation keeps its last lines, moods and cards', () => {
  for (let i = 1; i <= 1100; i++) {
    say({ name: `m/${i}`, content: String(i), sentimentAnalysis: { queryTextSentiment: { score: i } } });
    conversation.suggest([{ title: String(i), paragraphs: [], replies: [], links: [] }]);
  }
  expect(conversation.lines.value).toHaveLength(1000);
  expect(conversation.lines.value.at(-1)?.text).toBe('1100');
  expect(conversation.moods.value).toHaveLength(200);
  expect(conversation.moods.value.at(-1)).toBe(1100);
  expect(conversation.suggestions.value).toHaveLength(100);
  expect(conversation.suggestions.value.at(-1)?.title).toBe('1100');
});
