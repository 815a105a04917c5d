import { current, status } from '../model/session';
import { problem } from '../model/token';
import { Composer } from './Composer';
import { Connection } from './Connection';
import { Conversations } from './Conversations';
import { Inspector } from './Inspector';
import { SignIn } from './SignIn';
import { Suggestions } from './Suggestions';
import { Transcript } from './Transcript';

export function App() {
  const signedIn = !['starting', 'signed out'].includes(status.value);
  return (
    <>
      <header>
        <h1>Agent desktop console</h1>
        <Connection />
      </header>
      <p id="problem" role="alert" hidden={!problem.value}>
        {problem.value}
      </p>
      {status.value === 'signed out' && <SignIn />}
      {signedIn && (
        <main>
          <Conversations />
          <section class="talk" aria-labelledby="transcript-title">
            <h2 id="transcript-title">Transcript</h2>
            {current.value ? (
              <Transcript conversation={current.value} />
            ) : (
              <p class="hint">Join or create a conversation.</p>
            )}
            {current.value && <Composer conversation={current.value} />}
          </section>
          <Suggestions />
          <Inspector />
        </main>
      )}
    </>
  );
}
