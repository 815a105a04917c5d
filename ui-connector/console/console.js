import { DesktopSocket } from './socket.js';
import { cards } from './suggestions.js';

const MOST_LINES = 500;
const AGAIN_MS = 3000;
const byId = (id) => document.getElementById(id);
const [state, signIn, join, transcript, suggestions] =
  ['state', 'sign-in', 'join', 'transcript', 'suggestions'].map(byId);

let socket;
let conversation;
let interim = {};

async function register(authorization) {
  const headers = authorization ? { authorization } : {};
  const response = await fetch('/register', { method: 'POST', headers });
  return response.ok ? (await response.json()).token : undefined;
}

async function start(authorization) {
  const token = await register(authorization);
  signIn.hidden = Boolean(token);
  if (!token) {
    state.value = authorization ? 'not signed in: the token was refused' : 'not signed in';
    return;
  }
  const { gcp_agent_assist_project: project } = JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  join.conversation.value ||= `projects/${project}/conversations/demo-conversation`;
  socket = new DesktopSocket(token);
  socket.addEventListener('connect', () => { state.value = 'connected'; enter(); });
  socket.addEventListener('disconnect', () => { state.value = 'connection lost, trying again'; });
  socket.addEventListener('refused', () => {
    socket.close();
    state.value = 'the session has ended, signing in again';
    setTimeout(() => start(authorization), AGAIN_MS);
  });
  socket.addEventListener('event', ({ detail }) => show(detail));
}

/** Joins what the field names, and leaves what was joined before. */
async function enter() {
  const wanted = join.conversation.value;
  if (conversation && conversation !== wanted) socket.request('leave-conversation', conversation);
  conversation = wanted;
  const [joined, name] = await socket.request('join-conversation', wanted);
  state.value = joined ? `connected to ${name}` : `cannot join: ${name}`;
}

function show({ name, payload }) {
  const event = JSON.parse(payload.data);
  switch (name) {
    case 'conversation-lifecycle-event': return line('notice', event.type.replaceAll('_', ' ').toLowerCase());
    case 'new-message-event': return message(event.newMessagePayload);
    case 'new-recognition-result-notification-event': return heard(payload, event.newRecognitionResultPayload);
    case 'human-agent-assistant-event': return cards(event).forEach(card);
  }
}

/** What is heard stays interim until the message of the same speaker replaces it. */
function heard({ participant_role: role }, { transcript: text }) {
  interim[role] ??= line(`${role} interim`, text);
  interim[role].textContent = text;
}

function message({ participantRole: role, content }) {
  const spoken = interim[role] ?? line(role, content);
  delete interim[role];
  spoken.className = role;
  spoken.textContent = content;
}

function line(kind, text) {
  const item = document.createElement('li');
  item.className = kind;
  item.textContent = text;
  transcript.append(item);
  while (transcript.childElementCount > MOST_LINES) transcript.firstElementChild.remove();
  item.scrollIntoView({ block: 'nearest' });
  return item;
}

function card([title, ...paragraphs]) {
  const article = document.createElement('article');
  const heading = document.createElement('h3');
  heading.textContent = title;
  article.append(heading, ...paragraphs.filter(Boolean).map((text) => {
    const paragraph = document.createElement('p');
    paragraph.textContent = text;
    return paragraph;
  }));
  suggestions.prepend(article);
  while (suggestions.childElementCount > MOST_LINES) suggestions.lastElementChild.remove();
}

signIn.addEventListener('submit', (submit) => {
  submit.preventDefault();
  start(signIn.token.value);
});
join.addEventListener('submit', (submit) => {
  submit.preventDefault();
  transcript.replaceChildren();
  suggestions.replaceChildren();
  interim = {};
  if (socket) enter();
});
start();
