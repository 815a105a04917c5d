import { expect, test } from 'vitest';
import { claims, project, token } from '../src/model/token';

const jwt = (payload: object) => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.signature`;

test('claims are read from the URL-safe alphabet', () => {
  // Bytes whose base64 has `-` and `_` in it.
  const value = { gcp_agent_assist_project: 'p', note: '>>>???' };
  expect(jwt(value)).toMatch(/[-_]/);
  expect(claims(jwt(value))).toEqual(value);
});

test('what is no token has no claims', () => {
  for (const text of ['', 'a', 'a.b.c', '..', 'e30.%%%.x']) expect(claims(text)).toEqual({});
});

test('the project follows the token', () => {
  token.value = jwt({ gcp_agent_assist_project: 'one' });
  expect(project.value).toBe('one');
  token.value = '';
  expect(project.value).toBe('');
});
