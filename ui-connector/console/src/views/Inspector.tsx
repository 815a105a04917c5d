import { useState } from 'preact/hooks';
import { KINDS } from '../model/events';
import { exportLines, kindFilter, paused, type Recorded, records, shown, textFilter } from '../model/inspector';
import { LatencyChart } from './LatencyChart';

/** Rows that are drawn. */
const MOST_ROWS = 200;

export function Inspector() {
  const [open, setOpen] = useState(false);
  return (
    <section class="inspector" aria-labelledby="inspector-title">
      <h2 id="inspector-title">
        <button type="button" id="inspect" aria-expanded={open} onClick={() => setOpen(!open)}>
          Inspector <span id="count">{records.value.length}</span>
        </button>
      </h2>
      {open && <Opened />}
    </section>
  );
}

function Opened() {
  return (
    <>
      <div class="tools">
        <select
          aria-label="Kind of event"
          value={kindFilter.value}
          onChange={(event) => (kindFilter.value = event.currentTarget.value)}
        >
          <option value="">all kinds</option>
          {KINDS.map((kind) => (
            <option key={kind}>{kind}</option>
          ))}
        </select>
        <input
          id="filter"
          aria-label="Text in the event"
          placeholder="Filter…"
          value={textFilter.value}
          onInput={(event) => (textFilter.value = event.currentTarget.value)}
        />
        <button type="button" id="pause" aria-pressed={paused.value} onClick={() => (paused.value = !paused.value)}>
          {paused.value ? 'Go on' : 'Pause'}
        </button>
        <button type="button" id="export" onClick={exportLines}>
          Export
        </button>
      </div>
      <LatencyChart />
      <div class="table" tabIndex={0} role="group" aria-label="Events, the newest first">
        <table id="events">
          <thead>
            <tr>
              <th scope="col">time</th>
              <th scope="col">kind</th>
              <th scope="col">position</th>
              <th scope="col">since publish</th>
              <th scope="col">since record</th>
              <th scope="col">content</th>
            </tr>
          </thead>
          <tbody>
            {shown.value.slice(0, MOST_ROWS).map((entry) => (
              <Row key={entry.id} entry={entry} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const ms = (value?: number): string => (value === undefined ? '' : `${value} ms`);

function Row({ entry }: { entry: Recorded }) {
  const { at, kind, position, sincePublish, sinceRecord, replayed, payload } = entry;
  return (
    <tr class={replayed ? 'replayed' : ''}>
      <td>{new Date(at).toISOString().slice(11, 23)}</td>
      <td>{kind.replace('-event', '')}</td>
      <td>{position}</td>
      <td>{ms(sincePublish)}</td>
      <td>{replayed ? 'replayed' : ms(sinceRecord)}</td>
      <td>
        <details>
          <summary>{payload.data.slice(0, 80)}</summary>
          <pre>{JSON.stringify({ ...payload, data: JSON.parse(payload.data) }, undefined, 2)}</pre>
        </details>
      </td>
    </tr>
  );
}
