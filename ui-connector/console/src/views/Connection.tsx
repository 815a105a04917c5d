import { instance, latency, reconnects, replayed, signOut, socketId, status, transport } from '../model/session';
import { token } from '../model/token';

export function Connection() {
  return (
    <div class="connection">
      <output id="state" data-state={status.value} aria-live="polite">
        {status.value === 'lost' ? 'connection lost, trying again' : status.value}
      </output>
      {status.value === 'connected' && (
        <dl>
          <dt>transport</dt>
          <dd>{transport}</dd>
          <dt>socket</dt>
          <dd title={socketId.value}>{socketId.value.slice(0, 8)}</dd>
          <dt>instance</dt>
          <dd id="instance" title={instance.value}>
            {instance.value.slice(0, 8)}
          </dd>
          <dt>latency</dt>
          <dd id="latency">{latency.value === undefined ? '–' : `${latency.value.toFixed(0)} ms`}</dd>
          <dt>reconnects</dt>
          <dd id="reconnects">{reconnects}</dd>
          <dt>replayed</dt>
          <dd id="replayed">{replayed}</dd>
        </dl>
      )}
      {token.value && (
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      )}
    </div>
  );
}
