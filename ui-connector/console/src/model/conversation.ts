import { signal } from '@preact/signals';
import { type Card, cards } from './cards';
import type { ConversationEvent, HumanAgentAssistantEvent, Message, Payload } from './events';

/** What is kept of a conversation, so that a long one does not fill the memory. */
const MOST_LINES = 1000;
const MOST_CARDS = 100;
const MOST_MOODS = 200;

export interface Line {
  id: number;
  role: string;
  text: string;
  interim: boolean;
}

export interface Suggestion extends Card {
  id: number;
}

let last = 0;
const next = (): number => ++last;
const bounded = <T>(items: T[], most: number): T[] => (items.length > most ? items.slice(-most) : items);

/** One conversation as it is shown. */
export class Conversation {
  readonly lines = signal<Line[]>([]);
  readonly suggestions = signal<Suggestion[]>([]);
  readonly moods = signal<number[]>([]);
  readonly state = signal('');
  readonly unread = signal(0);

  /** Names of the messages that are shown. */
  private readonly known = new Set<string>();

  constructor(readonly name: string) {}

  /** What was said before, the newest first; it goes before everything that is shown. */
  remember(messages: Message[]): void {
    const unknown = messages.filter(({ name }) => name && !this.known.has(name)).toReversed();
    for (const { name = '' } of unknown) this.known.add(name);
    const lines = unknown.map(({ participantRole: role = '', content: text = '' }) => ({
      id: next(),
      role,
      text,
      interim: false,
    }));
    this.lines.value = bounded([...lines, ...this.lines.value], MOST_LINES);
    const moods = unknown.flatMap(({ sentimentAnalysis: it }) => it?.queryTextSentiment?.score ?? []);
    this.moods.value = bounded([...moods, ...this.moods.value], MOST_MOODS);
  }

  take(payload: Payload): void {
    const event: ConversationEvent & HumanAgentAssistantEvent = JSON.parse(payload.data);
    switch (payload.data_type) {
      case 'conversation-lifecycle-event':
        this.change(event);
        break;
      case 'new-message-event':
        this.message(event);
        break;
      case 'new-recognition-result-notification-event':
        this.heard(payload.participant_role ?? 'END_USER', event.newRecognitionResultPayload?.transcript ?? '');
        break;
      case 'human-agent-assistant-event':
        this.suggest(cards(event.suggestionResults));
        break;
    }
  }

  /** Adds a line that is not part of the conversation. */
  note(text: string): void {
    this.add({ id: next(), role: 'notice', text, interim: false });
  }

  suggest(found: Card[]): void {
    const added = found.map((card) => ({ ...card, id: next() }));
    this.suggestions.value = bounded([...this.suggestions.value, ...added], MOST_CARDS);
  }

  private change({ type, errorStatus }: ConversationEvent): void {
    this.state.value = type ?? '';
    this.note([this.state.value.replaceAll('_', ' ').toLowerCase(), errorStatus?.message].filter(Boolean).join(': '));
  }

  private message({ newMessagePayload: message }: ConversationEvent): void {
    const role = message?.participantRole ?? '';
    if (message?.name) {
      if (this.known.has(message.name)) return;
      if (this.known.size > 2 * MOST_LINES) this.known.clear();
      this.known.add(message.name);
    }
    this.replaceInterim({ id: next(), role, text: message?.content ?? '', interim: false });
    const score = message?.sentimentAnalysis?.queryTextSentiment?.score;
    if (score !== undefined) this.moods.value = bounded([...this.moods.value, score], MOST_MOODS);
  }

  /** What is heard stays interim until the message of the same speaker replaces it. */
  private heard(role: string, text: string): void {
    this.replaceInterim({ id: next(), role, text, interim: true });
  }

  private replaceInterim(line: Line): void {
    const lines = this.lines.value;
    const at = lines.findLastIndex((it) => it.interim && it.role === line.role);
    if (at < 0) this.add(line);
    else this.lines.value = lines.with(at, { ...line, id: lines[at]?.id ?? line.id });
  }

  private add(line: Line): void {
    this.lines.value = bounded([...this.lines.value, line], MOST_LINES);
    this.unread.value += 1;
  }
}
