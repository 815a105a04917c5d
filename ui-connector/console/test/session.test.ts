import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { jwt, Page } from './page';

const NAME = 'projects/p/conversations/c';

let page: Page;
let session: typeof import('../src/model/session');
let tokens: typeof import('../src/model/token');

beforeEach(async () => {
  page = await Page.open();
  // A page that was just loaded.
  vi.resetModules();
  session = await import('../src/model/session');
  tokens = await import('../src/model/token');
});

afterEach(async () => {
  session.signOut();
  await page.close();
});

const message = (text: string) => ({
  conversation_name: NAME,
  data_type: 'new-message-event',
  data: JSON.stringify({ newMessagePayload: { name: text, content: text } }),
});

const names = () => session.conversations.value.map(({ name }) => name);

const joins = (...conversations: string[]) => conversations.map((name) => `join ${name}`);

async function signIn(): Promise<void> {
  page.answers.set('POST /register', [200, { token: jwt('p') }]);
  await session.register();
  await expect.poll(() => session.status.value).toBe('connected');
}

test('where everybody may register it connects and joins what the demo plays', async () => {
  await signIn();
  expect(names()).toEqual(['projects/p/conversations/demo-conversation']);
  expect(session.transport.value).toBe('websocket');
  expect(page.connector.tokens).toEqual([jwt('p')]);
});

test('a tab that is loaded again joins what it had joined, in its own project only', async () => {
  page.stored.set('joined', JSON.stringify([NAME, 'projects/other/conversations/x', 7]));
  await signIn();
  await expect.poll(() => page.connector.requests).toEqual(joins(NAME));
});

test('without credentials a refusal asks for them, and with them it is told', async () => {
  page.answers.set('POST /register', [401, {}]);
  await session.register();
  expect(session.status.value).toBe('signed out');
  expect(tokens.problem.value).toBe('');
  await session.register('Bearer wrong');
  expect(page.requests.at(-1)?.authorization).toBe('Bearer wrong');
  expect(tokens.problem.value).toBe('The token was refused (401).');
});

test('what is no token of a connector is refused at once', () => {
  session.start('no.token.atall');
  expect(tokens.problem.value).toBe('That is no token of this connector.');
  expect(page.connector.tokens).toEqual([]);
});

test('a token that the connector refuses signs out and says why', async () => {
  page.connector.accepted = 'another';
  session.start(jwt('p'));
  await expect.poll(() => tokens.problem.value).toBe('The connector refuses the token: authentication failed.');
  expect(session.status.value).toBe('signed out');
});

test('after the connection breaks it comes back with the renewed token and joins everything again', async () => {
  page.stored.set('joined', JSON.stringify([NAME, `${NAME}2`]));
  await signIn();
  await expect.poll(() => page.connector.requests).toEqual(joins(NAME, `${NAME}2`));
  page.connector.emit('token-renewed', { token: jwt('p', 'renewed') });
  await expect.poll(() => tokens.token.value).toBe(jwt('p', 'renewed'));
  page.connector.requests.length = 0;
  page.connector.breakConnections();
  await expect.poll(() => session.status.value).toBe('lost');
  await expect.poll(() => session.reconnects.value, { timeout: 10_000 }).toBe(1);
  await expect.poll(() => page.connector.requests).toEqual(joins(NAME, `${NAME}2`));
  expect(page.connector.tokens).toEqual([jwt('p'), jwt('p', 'renewed')]);
});

test('while the connector cannot be reached it stays signed in and tries again', async () => {
  page.stored.set('joined', JSON.stringify([NAME]));
  await signIn();
  await page.restart();
  await expect.poll(() => session.reconnects.value, { timeout: 15_000 }).toBe(1);
  await expect.poll(() => page.connector.requests).toEqual(joins(NAME));
  expect(page.connector.tokens).toEqual([jwt('p')]);
  expect(tokens.problem.value).toBe('');
}, 30_000);

test('events reach their conversation in either spelling, unread unless it is in front', async () => {
  page.stored.set('joined', JSON.stringify(['projects/p/locations/global/conversations/c', `${NAME}2`]));
  await signIn();
  const [first, second] = session.conversations.value;
  page.connector.emit('new-message-event', message('Hello'), 'aa.1000-0');
  page.connector.emit('new-message-event', { ...message('Bye'), conversation_name: `${NAME}2` });
  await expect.poll(() => second?.lines.value.map(({ text }) => text)).toEqual(['Bye']);
  expect(first?.lines.value.map(({ text }) => text)).toEqual(['Hello']);
  expect(session.current.value).toBe(second);
  expect([first?.unread.value, second?.unread.value]).toEqual([1, 0]);
  expect(session.replayed.value).toBe(1);
});

test('events that may be missing are noted in their conversation', async () => {
  page.stored.set('joined', JSON.stringify([NAME]));
  await signIn();
  page.connector.emit('events-missed', { conversation_name: NAME });
  const lines = () => session.conversations.value[0]?.lines.value.map(({ text }) => text);
  await expect.poll(lines).toEqual(['Events may be missing here: they are no longer kept.']);
});

test('a join that is refused leaves nothing behind and is told', async () => {
  page.connector.forbidden.add(`${NAME}2`);
  page.stored.set('joined', JSON.stringify([NAME]));
  await signIn();
  await session.join(`${NAME}2`);
  expect(names()).toEqual([NAME]);
  expect(session.current.value?.name).toBe(NAME);
  expect(tokens.problem.value).toBe('The conversation cannot be joined: no such conversation.');
});

test('what is left is forgotten, also by the tab', async () => {
  page.stored.set('joined', JSON.stringify([NAME]));
  await signIn();
  await session.join(`${NAME}2`);
  const [first] = session.conversations.value;
  if (first) await session.leave(first);
  expect(page.connector.requests.at(-1)).toBe(`leave ${NAME}`);
  expect(names()).toEqual([`${NAME}2`]);
  expect(page.stored.get('joined')).toBe(JSON.stringify([`${NAME}2`]));
});
