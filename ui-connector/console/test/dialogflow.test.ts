import { afterEach, beforeEach, expect, test } from 'vitest';
import { Conversation } from '../src/model/conversation';
import { attempt, complete, create, full, history, judge, say, search, summarize } from '../src/model/dialogflow';
import { problem, token } from '../src/model/token';
import { Page } from './page';

const FULL = 'projects/p/locations/global/conversations/c';

let page: Page;
let conversation: Conversation;

beforeEach(async () => {
  page = await Page.open();
  conversation = new Conversation('projects/p/conversations/c');
  token.value = 'the token';
  problem.value = '';
});

afterEach(() => page.close());

test('names get a location, unless they have one', () => {
  expect(full('projects/p/conversations/c')).toBe(FULL);
  expect(full('projects/p/locations/europe-west1/conversations/c')).toBe(
    'projects/p/locations/europe-west1/conversations/c',
  );
});

test('a conversation is created with the default profile, and its id is escaped', async () => {
  page.answers.set('POST /v2/projects/p/locations/global/conversations', [200, { name: FULL }]);
  await expect(create('p', 'a&b')).resolves.toEqual({ name: FULL });
  expect(page.requests).toEqual([
    {
      line: 'POST /v2/projects/p/locations/global/conversations?conversationId=a%26b',
      authorization: 'the token',
      body: { conversationProfile: 'projects/p/locations/global/conversationProfiles/default' },
    },
  ]);
});

test('a participant of the role speaks', async () => {
  const participants = [
    { name: `${FULL}/participants/1`, role: 'END_USER' },
    { name: `${FULL}/participants/2`, role: 'HUMAN_AGENT' },
  ];
  page.answers.set(`GET /v2/${FULL}/participants`, [200, { participants }]);
  page.answers.set(`POST /v2/${FULL}/participants/2:analyzeContent`, [200, {}]);
  await say(conversation, 'HUMAN_AGENT', 'Hello');
  expect(page.requests.at(-1)?.body).toMatchObject({ textInput: { text: 'Hello', languageCode: 'en-GB' } });
});

test('a participant who is missing is made', async () => {
  page.answers.set(`GET /v2/${FULL}/participants`, [200, {}]);
  page.answers.set(`POST /v2/${FULL}/participants`, [200, { name: `${FULL}/participants/3`, role: 'END_USER' }]);
  page.answers.set(`POST /v2/${FULL}/participants/3:analyzeContent`, [200, {}]);
  await say(conversation, 'END_USER', 'Hello');
  expect(page.requests[1]?.body).toEqual({ role: 'END_USER' });
  expect(page.lines.at(-1)).toBe(`POST /v2/${FULL}/participants/3:analyzeContent`);
});

test('history is empty if Dialogflow does not know the conversation', async () => {
  await expect(history(conversation)).resolves.toEqual([]);
  page.answers.set(`GET /v2/${FULL}/messages`, [200, { messages: [{ name: 'm/1' }] }]);
  await expect(history(conversation)).resolves.toEqual([{ name: 'm/1' }]);
});

test('a summary has a paragraph for each line', async () => {
  const summary = { text: 'Situation: double charge\n\nResolution: refund', answerRecord: 'r/1' };
  page.answers.set(`POST /v2/${FULL}/suggestions:suggestConversationSummary`, [200, { summary }]);
  await summarize(conversation);
  expect(conversation.suggestions.value).toMatchObject([
    { title: 'Summary', paragraphs: ['Situation: double charge', 'Resolution: refund'], record: 'r/1' },
  ]);
});

test('a search shows its answers with their sources', async () => {
  const answerSources = [{ title: 'Policy', uri: 'https://a.example' }, { uri: 'javascript:alert(1)' }];
  const answers = [{ answer: '30 days', answerRecord: 'r/1', answerSources }];
  page.answers.set('POST /v2/projects/p/locations/global/suggestions:searchKnowledge', [200, { answers }]);
  await search(conversation, 'How long?');
  expect(page.requests[0]?.body).toMatchObject({
    parent: 'projects/p/locations/global',
    conversation: FULL,
    query: { text: 'How long?' },
  });
  const links = [{ title: 'Policy', uri: 'https://a.example' }];
  expect(conversation.suggestions.value).toMatchObject([
    { title: 'Knowledge', heading: 'How long?', paragraphs: ['30 days'], links, record: 'r/1' },
  ]);
});

test('a search without answers is an error', async () => {
  page.answers.set('POST /v2/projects/p/locations/global/suggestions:searchKnowledge', [200, {}]);
  await expect(search(conversation, 'How long?')).rejects.toThrow('nothing was found');
});

test('feedback goes to the answer record', async () => {
  page.answers.set('PATCH /v2/projects/p/answerRecords/1', [200, {}]);
  await judge('projects/p/answerRecords/1', false);
  expect(page.lines).toEqual(['PATCH /v2/projects/p/answerRecords/1?updateMask=answerFeedback']);
  expect(page.requests[0]?.body).toMatchObject({ answerFeedback: { correctnessLevel: 'NOT_CORRECT', clicked: true } });
});

test('what fails is told with the words of Dialogflow, of the connector, or the status', async () => {
  const url = `POST /v2/${FULL}:complete`;
  const fails = async (status: number, body: unknown) => {
    page.answers.set(url, [status, body]);
    await attempt('It failed', () => complete(conversation));
    return problem.value;
  };
  expect(await fails(403, { error: { message: 'permission denied' } })).toBe('It failed: permission denied');
  expect(await fails(401, { error: 'no token' })).toBe('It failed: no token');
  expect(await fails(502, 'none')).toBe('It failed: Dialogflow answers 502');
  expect(await fails(200, {})).toBe('');
});
