import { computed, signal } from '@preact/signals';

/** What the page has to tell: an error, in words. */
export const problem = signal('');

/** The connector's token; empty before the login. */
export const token = signal('');

/** The project that it is for. */
export const project = computed(() => claims(token.value).gcp_agent_assist_project ?? '');

/** What a token says; nothing if it is none. Only the connector can tell whether it is true. */
export function claims(jwt: string): { gcp_agent_assist_project?: string } {
  try {
    const part = (jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    return JSON.parse(atob(part));
  } catch {
    return {};
  }
}
