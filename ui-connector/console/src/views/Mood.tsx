const WIDTH = 240;
const HEIGHT = 40;

/** The customer's mood over time, from -1 to 1. */
export function Mood({ moods }: { moods: number[] }) {
  if (moods.length === 0) return null;
  const x = (index: number): number => (moods.length < 2 ? WIDTH / 2 : 4 + (index * (WIDTH - 8)) / (moods.length - 1));
  const y = (score: number): number => HEIGHT / 2 - (score * (HEIGHT - 8)) / 2;
  const points = moods.map((score, index) => `${x(index).toFixed(1)},${y(score).toFixed(1)}`);
  const last = moods.at(-1) ?? 0;
  return (
    <figure class="mood">
      <svg
        id="mood"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`The customer's mood, now ${last.toFixed(1)} of -1 to 1`}
      >
        <line x1="0" y1={HEIGHT / 2} x2={WIDTH} y2={HEIGHT / 2} class="axis" />
        <polyline points={points.join(' ')} />
        <circle cx={x(moods.length - 1)} cy={y(last)} r="3" />
      </svg>
      <figcaption>
        mood {last > 0 ? '+' : ''}
        {last.toFixed(1)}
      </figcaption>
    </figure>
  );
}
