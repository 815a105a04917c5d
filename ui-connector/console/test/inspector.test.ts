import { beforeEach, expect, test } from 'vitest';
import type { Payload } from '../src/model/events';
import { kindFilter, paused, record, records, shown, textFilter } from '../src/model/inspector';

beforeEach(() => {
  records.value = [];
  paused.value = false;
  kindFilter.value = '';
  textFilter.value = '';
});

const payload = (data = '{}', extra: Partial<Payload> = {}): Payload => ({
  conversation_name: 'projects/p/conversations/c',
  data_type: 'new-message-event',
  data,
  ...extra,
});

test('the position is that of the last conversation in the offset', () => {
  record(payload(), 'aa.1700000000000-0~bb.1700000000001-7', 0);
  expect(records.value[0]?.position).toBe('1700000000001-7');
});

test('an event is a replay if it was recorded before the connection', () => {
  expect(record(payload(), 'aa.1000-0', 1001)).toBe(true);
  expect(record(payload(), 'aa.1001-0', 1001)).toBe(false);
  expect(records.value.map(({ replayed }) => replayed)).toEqual([true, false]);
});

test('without an offset, or with a strange one, nothing is known of its position', () => {
  for (const offset of [undefined, 7, '', 'aa', null]) {
    expect(record(payload(), offset, 1001)).toBe(false);
    expect(records.value.at(-1)).not.toHaveProperty('sinceRecord');
    expect(records.value.at(-1)?.position).toBe('');
  }
});

test('latencies are counted from publishing and recording, and are never negative', () => {
  const now = Date.now();
  record(payload('{}', { publish_time: new Date(now - 60_000).toISOString() }), `aa.${now - 30_000}-0`, 0);
  record(payload('{}', { publish_time: new Date(now + 60_000).toISOString() }), `aa.${now + 30_000}-0`, 0);
  record(payload('{}', { publish_time: 'yesterday' }), undefined, 0);
  const [first, second, third] = records.value;
  expect(first?.sincePublish).toBeGreaterThanOrEqual(60_000);
  expect(first?.sinceRecord).toBeGreaterThanOrEqual(30_000);
  expect(second).toMatchObject({ sincePublish: 0, sinceRecord: 0 });
  expect(third).not.toHaveProperty('sincePublish');
});

test('the newest is first, and filters go by kind and by text, whatever its case', () => {
  record(payload('{"content":"Hello"}'), undefined, 0);
  record(payload('{"content":"Bye"}'), undefined, 0);
  record(payload('{"hello":1}', { data_type: 'human-agent-assistant-event' }), undefined, 0);
  expect(shown.value.map(({ payload }) => payload.data)).toEqual([
    '{"hello":1}',
    '{"content":"Bye"}',
    '{"content":"Hello"}',
  ]);
  textFilter.value = 'HELLO';
  expect(shown.value).toHaveLength(2);
  kindFilter.value = 'new-message-event';
  expect(shown.value.map(({ payload }) => payload.data)).toEqual(['{"content":"Hello"}']);
});

test('while it is paused nothing is noted, but replays are still recognized', () => {
  paused.value = true;
  expect(record(payload(), 'aa.1000-0', 1001)).toBe(true);
  expect(records.value).toEqual([]);
});

test('the last 2,000 events are kept', () => {
  for (let i = 1; i <= 2001; i++) record(payload(String(i)), undefined, 0);
  expect(records.value).toHaveLength(2000);
  expect(records.value[0]?.payload.data).toBe('2');
  expect(records.value.at(-1)?.payload.data).toBe('2001');
});
