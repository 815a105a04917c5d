import { signal } from '@preact/signals';
import { io, type Socket } from 'socket.io-client';
import { Conversation } from './conversation';
import { history } from './dialogflow';
import { KINDS, type Payload } from './events';
import { record } from './inspector';
import { claims, problem, project, token } from './token';

export type Status = 'starting' | 'signed out' | 'connecting' | 'connected' | 'lost';

const LATENCY_EVERY_MS = 10_000;
/** How long the connector may take to answer. */
const PATIENCE_MS = 30_000;
/** Where this tab keeps the names of its conversations. */
const JOINED = 'joined';

export const status = signal<Status>('starting');
export const reconnects = signal(0);
export const replayed = signal(0);
export const socketId = signal('');
/** The connector that has the session, as its logs name it without the first part. */
export const instance = signal('');
export const transport = signal('');
export const latency = signal<number>();
export const conversations = signal<Conversation[]>([]);
export const current = signal<Conversation>();

let socket: Socket | undefined;
let connectedAt = 0;

/** Asks for a token with the credentials of the identity provider, which may be none. */
export async function register(authorization = ''): Promise<void> {
  problem.value = '';
  const answer = await fetch('/register', {
    method: 'POST',
    headers: authorization ? { authorization } : {},
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => undefined);
  if (answer?.ok) return start((await answer.json()).token);
  status.value = 'signed out';
  if (authorization)
    problem.value = answer ? `The token was refused (${answer.status}).` : 'The connector cannot be reached.';
}

/** Connects with a token of the connector's. */
export function start(jwt: string): void {
  if (!claims(jwt).gcp_agent_assist_project) {
    problem.value = 'That is no token of this connector.';
    return;
  }
  token.value = jwt;
  status.value = 'connecting';
  problem.value = '';
  socket?.close();
  socket = io({ transports: ['websocket'], auth: (give) => give({ token: token.value }) });
  listen(socket);
}

export function signOut(): void {
  socket?.close();
  socket = undefined;
  token.value = '';
  conversations.value = [];
  current.value = undefined;
  status.value = 'signed out';
}

function listen(it: Socket): void {
  it.on('connect', connected);
  it.on('disconnect', () => {
    status.value = 'lost';
  });
  it.on('connect_error', (error) => {
    if (it.active) return;
    signOut();
    problem.value = `The connector refuses the token: ${error.message}.`;
  });
  it.on('token-renewed', ({ token: renewed }: { token: string }) => {
    token.value = renewed;
  });
  it.on('events-missed', ({ conversation_name: name }: { conversation_name: string }) => {
    find(name)?.note('Events may be missing here: they are no longer kept.');
  });
  for (const kind of KINDS) it.on(kind, receive);
}

function connected(): void {
  if (!socket) return;
  if (connectedAt) reconnects.value += 1;
  connectedAt = Date.now();
  replayed.value = 0;
  status.value = 'connected';
  socketId.value = socket.id ?? '';
  instance.value = socket.io.engine.id.split('.')[1] ?? '';
  transport.value = socket.io.engine.transport.name;
  void measure();
  if (conversations.value.length > 0) {
    for (const { name } of conversations.value) void ask('join-conversation', name);
  } else {
    for (const name of remembered()) void join(name);
  }
}

function receive(payload: Payload, offset?: unknown): void {
  if (record(payload, offset, connectedAt)) replayed.value += 1;
  const conversation = find(payload.conversation_name);
  conversation?.take(payload);
  if (conversation && conversation === current.value) conversation.unread.value = 0;
}

/** Both spellings of a name are one: with and without location. */
const short = (name: string): string => name.replace(/\/locations\/[^/]+/, '');

function find(name: string): Conversation | undefined {
  return conversations.value.find((it) => short(it.name) === short(name));
}

/** Gets no answer if the connection breaks meanwhile; the next connect joins the conversation again. */
async function ask(request: string, name: string): Promise<[boolean, string]> {
  return new Promise((resolve) =>
    socket
      ?.timeout(PATIENCE_MS)
      .emit(request, name, (error: Error | null, ok: boolean, text: string) =>
        resolve(error ? [true, name] : [ok, text]),
      ),
  );
}

export async function join(name: string): Promise<void> {
  const known = find(name);
  if (known) return select(known);
  const conversation = new Conversation(name);
  conversations.value = [...conversations.value, conversation];
  select(conversation);
  const [joined, text] = await ask('join-conversation', name);
  keepNames();
  if (joined) return conversation.remember(await history(conversation));
  conversations.value = conversations.value.filter((it) => it !== conversation);
  current.value = conversations.value.at(-1);
  problem.value = `The conversation cannot be joined: ${text}.`;
}

export async function leave(conversation: Conversation): Promise<void> {
  conversations.value = conversations.value.filter((it) => it !== conversation);
  if (current.value === conversation) current.value = conversations.value.at(-1);
  keepNames();
  await ask('leave-conversation', conversation.name);
}

/** What this tab had joined before it was loaded again; else what the demo plays. */
function remembered(): string[] {
  const names: unknown = JSON.parse(sessionStorage.getItem(JOINED) ?? '[]');
  const mine = Array.isArray(names)
    ? names.filter((it) => typeof it === 'string' && it.startsWith(`projects/${project.value}/`))
    : [];
  return mine.length > 0 ? mine : [`projects/${project.value}/conversations/demo-conversation`];
}

function keepNames(): void {
  sessionStorage.setItem(JOINED, JSON.stringify(conversations.value.map(({ name }) => name)));
}

export function select(conversation: Conversation): void {
  conversation.unread.value = 0;
  current.value = conversation;
}

/** How long a request takes there and back. */
async function measure(): Promise<void> {
  const begin = performance.now();
  const answer = await fetch('/live', { cache: 'no-store', signal: AbortSignal.timeout(LATENCY_EVERY_MS) }).catch(
    () => undefined,
  );
  latency.value = answer?.ok ? performance.now() - begin : undefined;
}

setInterval(() => status.value === 'connected' && void measure(), LATENCY_EVERY_MS);
