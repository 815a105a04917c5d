import { records } from '../model/inspector';

const MOST = 120;
const WIDTH = 480;
const HEIGHT = 60;

/** Milliseconds since the record of the last live events. */
export function LatencyChart() {
  const live = records.value.filter((it) => !it.replayed && it.sinceRecord !== undefined).slice(-MOST);
  const values = live.map((it) => it.sinceRecord ?? 0);
  if (values.length === 0) return null;
  const top = Math.max(10, ...values);
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const width = WIDTH / MOST;
  const caption = `from record to arrival: median ${at(0.5)} ms, 99 % ${at(0.99)} ms, of the last ${values.length}`;
  return (
    <figure class="chart">
      <svg id="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={caption}>
        {values.map((value, index) => {
          const height = Math.max(1, (value / top) * HEIGHT);
          return <rect key={index} x={index * width} y={HEIGHT - height} width={width * 0.8} height={height} />;
        })}
      </svg>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
