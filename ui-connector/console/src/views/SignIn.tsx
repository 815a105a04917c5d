import { register, start } from '../model/session';

const field = (form: HTMLFormElement, name: string): string => String(new FormData(form).get(name) ?? '').trim();

export function SignIn() {
  const submit = (act: (value: string) => unknown) => (event: Event) => {
    event.preventDefault();
    act(field(event.currentTarget as HTMLFormElement, 'secret'));
  };
  return (
    <main class="sign-in">
      <form id="sign-in" onSubmit={submit(register)}>
        <h2>Sign in</h2>
        <label>
          Token of your identity provider
          <input name="secret" type="password" autocomplete="off" required />
        </label>
        <button type="submit">Sign in</button>
      </form>
      <form id="use-jwt" onSubmit={submit(start)}>
        <h2>Or use a token of the connector</h2>
        <label>
          JWT, as POST /register answers
          <input name="secret" type="password" autocomplete="off" required />
        </label>
        <button type="submit">Connect</button>
      </form>
      <p class="hint">
        If every login is refused, set <code>AUTH_OPTION</code>: it is empty by default, which refuses all agents.
      </p>
    </main>
  );
}
