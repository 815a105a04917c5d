import { useState } from 'preact/hooks';
import type { Conversation, Suggestion } from '../model/conversation';
import { attempt, judge } from '../model/dialogflow';
import { current } from '../model/session';
import { reply } from './Composer';
import { Mood } from './Mood';

export function Suggestions() {
  const conversation = current.value;
  return (
    <section class="help" aria-labelledby="suggestions-title">
      <h2 id="suggestions-title">Suggestions</h2>
      {conversation && <Mood moods={conversation.moods.value} />}
      <div id="suggestions" tabIndex={0} role="group" aria-label="Suggestions, the newest first">
        {conversation?.suggestions.value.toReversed().map((it) => (
          <CardView key={it.id} suggestion={it} conversation={conversation} />
        ))}
      </div>
    </section>
  );
}

function CardView({ suggestion, conversation }: { suggestion: Suggestion; conversation: Conversation }) {
  const { title, heading, paragraphs, replies, links, record } = suggestion;
  return (
    <article data-kind={title}>
      <h3>{title}</h3>
      {heading && <p class="heading">{heading}</p>}
      {paragraphs.map((text) => (
        <p key={text}>{text}</p>
      ))}
      {replies.map((text) => (
        <button
          type="button"
          class="reply"
          key={text}
          title="Send as the agent"
          onClick={() => reply(conversation, text)}
        >
          {text}
        </button>
      ))}
      <footer>
        {links.map(({ uri, title: label }) => (
          <a key={uri} href={uri} target="_blank" rel="noreferrer noopener">
            {label}
          </a>
        ))}
        {record && <Feedback record={record} />}
      </footer>
    </article>
  );
}

function Feedback({ record }: { record: string }) {
  const [given, give] = useState('');
  const send = (verdict: 'good' | 'bad') =>
    attempt('The feedback was not taken', async () => {
      await judge(record, verdict === 'good');
      give(verdict);
    });
  return (
    <span class="feedback">
      {given ? 'thank you' : 'helpful?'}
      <button
        type="button"
        class="quiet"
        aria-label="yes, helpful"
        aria-pressed={given === 'good'}
        onClick={() => send('good')}
      >
        yes
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="no, not helpful"
        aria-pressed={given === 'bad'}
        onClick={() => send('bad')}
      >
        no
      </button>
    </span>
  );
}
