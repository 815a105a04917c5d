import { computed, signal } from '@preact/signals';
import type { Kind, Payload } from './events';

const MOST_RECORDS = 2000;

/** One event as it came. */
export interface Recorded {
  id: number;
  at: number;
  kind: Kind;
  position: string;
  /** Milliseconds since Pub/Sub got it, and since Redis recorded it. */
  sincePublish?: number;
  sinceRecord?: number;
  replayed: boolean;
  payload: Payload;
}

let last = 0;

export const records = signal<Recorded[]>([]);
export const paused = signal(false);
export const kindFilter = signal('');
export const textFilter = signal('');

/** What the filters leave, the newest first. */
export const shown = computed(() => {
  const wanted = textFilter.value.toLowerCase();
  const fits = ({ kind, payload }: Recorded) =>
    (!kindFilter.value || kind === kindFilter.value) && (!wanted || payload.data.toLowerCase().includes(wanted));
  return records.value.filter(fits).toReversed();
});

/** The position of the newest event of one conversation: the last part of an offset, `hash.millis-sequence~…`. */
function positionIn(offset: unknown): string {
  return typeof offset === 'string' ? (offset.split('~').at(-1)?.split('.').at(1) ?? '') : '';
}

/** Takes note of an event; whether it was older than the connection. */
export function record(payload: Payload, offset: unknown, connectedAt: number): boolean {
  const at = Date.now();
  const position = positionIn(offset);
  const recorded = Number(position.split('-')[0]) || undefined;
  const published = payload.publish_time ? Date.parse(payload.publish_time) : Number.NaN;
  const replayed = recorded !== undefined && recorded < connectedAt;
  const entry: Recorded = { id: ++last, at, kind: payload.data_type, position, replayed, payload };
  if (!Number.isNaN(published)) entry.sincePublish = Math.max(0, at - published);
  if (recorded !== undefined) entry.sinceRecord = Math.max(0, at - recorded);
  if (!paused.value) records.value = [...records.value.slice(-(MOST_RECORDS - 1)), entry];
  return replayed;
}

/** All that is shown, a JSON object a line. */
export function exportLines(): void {
  const lines = shown.value.toReversed().map((entry) => JSON.stringify(entry));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([`${lines.join('\n')}\n`], { type: 'application/x-ndjson' }));
  link.download = `events-${new Date().toISOString().replaceAll(':', '-')}.jsonl`;
  link.click();
  URL.revokeObjectURL(link.href);
}
