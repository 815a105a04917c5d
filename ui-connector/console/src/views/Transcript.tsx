import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Conversation } from '../model/conversation';

const SPEAKERS: Record<string, string> = {
  HUMAN_AGENT: 'Agent',
  END_USER: 'Customer',
  AUTOMATED_AGENT: 'Virtual agent',
};
/** So near to the end it is followed. */
const NEAR_PX = 120;

export function Transcript({ conversation }: { conversation: Conversation }) {
  const list = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const lines = conversation.lines.value;
  useLayoutEffect(() => {
    if (list.current && follows.current) list.current.scrollTop = list.current.scrollHeight;
  }, [lines]);
  const watch = () => {
    const it = list.current;
    if (it) follows.current = it.scrollHeight - it.scrollTop - it.clientHeight < NEAR_PX;
  };
  return (
    <div id="transcript" ref={list} onScroll={watch} tabIndex={0} role="log" aria-label="What was said">
      <ol>
        {lines.map(({ id, role, text, interim }) => (
          <li key={id} class={`${role}${interim ? ' interim' : ''}`}>
            {SPEAKERS[role] && <span class="speaker">{SPEAKERS[role]}</span>}
            <span class="text">{text}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
