import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DesktopClient, type Handlers, type TokenSource } from '../src/index.js';
import { breakNextConnection, Connector } from './connector.js';

const NAME = 'projects/p/conversations/c';

let connector: Connector;
let client: DesktopClient | undefined;

beforeEach(async () => {
  connector = await Connector.start();
});

afterEach(async () => {
  client?.close();
  client = undefined;
  await connector.close();
});

function open(handlers: Handlers = {}, source: TokenSource = async () => 'first'): DesktopClient {
  client = new DesktopClient(connector.url, source, handlers);
  return client;
}

test('a join resolves with the name as the connector spells it', async () => {
  const joined = await open().join('projects/p/locations/global/conversations/c');
  expect(joined).toBe(NAME);
  expect(connector.tokens).toEqual(['first']);
});

test('a refused join rejects with the reason', async () => {
  connector.forbidden.add(NAME);
  await expect(open().join(NAME)).rejects.toThrow('no such conversation');
});

test('events arrive decoded, beside their payload', async () => {
  const event = vi.fn();
  await open({ event }).join(NAME);
  const payload = { conversation_name: NAME, data_type: 'new-message-event', data: '{"type":"NEW_MESSAGE"}' };
  connector.emit('new-message-event', payload, 'offset');
  await expect.poll(() => event.mock.calls).toEqual([['new-message-event', { type: 'NEW_MESSAGE' }, payload]]);
});

test('events that may be missing are reported with their conversation', async () => {
  const missed = vi.fn();
  await open({ missed }).join(NAME);
  connector.emit('events-missed', { conversation_name: NAME });
  await expect.poll(() => missed.mock.calls).toEqual([[NAME]]);
});

test('after the connection breaks it joins again what is still joined, and nothing else', async () => {
  const connected = vi.fn();
  const desktop = open({ connected });
  connector.forbidden.add('refused');
  await desktop.join('kept');
  await desktop.join('left');
  await desktop.leave('left');
  await expect(desktop.join('refused')).rejects.toThrow();
  connector.requests.length = 0;
  connector.breakConnections();
  await expect.poll(() => connected.mock.calls.flat(), { timeout: 10_000 }).toEqual([true, false, true]);
  await desktop.join('after');
  expect(connector.requests).toEqual(['join kept', 'join after']);
});

test('while the connector cannot be reached it tries again, without asking for a token', async () => {
  const source = vi.fn(async () => 'first');
  const refused = vi.fn();
  await open({ refused }, source).join(NAME);
  await connector.close();
  await breakNextConnection(connector.port);
  connector = await Connector.start(undefined, connector.port);
  await expect.poll(() => connector.requests, { timeout: 15_000 }).toEqual([`join ${NAME}`]);
  expect(source).toHaveBeenCalledOnce();
  expect(refused).not.toHaveBeenCalled();
}, 30_000);

test('a reconnect presents the token that was renewed, without asking for another', async () => {
  const source = vi.fn(async () => 'first');
  await open({}, source).join(NAME);
  connector.emit('token-renewed', { token: 'renewed' });
  // Behind the renewal on the same connection.
  await client?.join('other');
  connector.breakConnections();
  await expect.poll(() => connector.tokens, { timeout: 10_000 }).toEqual(['first', 'renewed']);
  expect(source).toHaveBeenCalledOnce();
});

test('a refused token is asked for anew', async () => {
  connector.accepted = 'second';
  const source = vi.fn<TokenSource>().mockResolvedValueOnce('first').mockResolvedValueOnce('second');
  const refused = vi.fn();
  await open({ refused }, source).join(NAME);
  expect(connector.tokens).toEqual(['first', 'second']);
  expect(refused).not.toHaveBeenCalled();
});

test('a token that is refused twice is reported, and asked for no more', async () => {
  connector.accepted = 'another';
  const source = vi.fn(async () => 'first');
  const refused = vi.fn();
  open({ refused }, source);
  await expect.poll(() => refused.mock.calls).toEqual([['authentication failed']]);
  expect(source).toHaveBeenCalledTimes(2);
  expect(connector.tokens).toEqual(['first', 'first']);
});

test('without a token it does not connect', async () => {
  const refused = vi.fn();
  open({ refused }, async () => {
    throw new Error('the identity provider is down');
  });
  await expect.poll(() => refused.mock.calls).toEqual([['the identity provider is down']]);
  expect(connector.tokens).toEqual([]);
});
