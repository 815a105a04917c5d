import { io, type Socket } from 'socket.io-client';
import { type Events, KINDS, type Kind, type Payload } from './events.js';

export * from './events.js';

/** How long the connector may take to answer a join, waiting for a connection included. */
const PATIENCE_MS = 30_000;

/** Gives the connector's token, as `POST /register` answers it. It is asked again when the token is refused. */
export type TokenSource = () => Promise<string>;

export interface Handlers {
  /** An event of a conversation that was joined; its data, and what is around it. */
  event?<K extends Kind>(kind: K, data: Events[K], payload: Payload): void;
  /** Events may be missing: load the conversation anew, from Dialogflow. */
  missed?(conversation: string): void;
  /** Whether events can arrive. */
  connected?(isConnected: boolean): void;
  /** The token was refused, also after it was asked for anew. */
  refused?(reason: string): void;
}

/** A desktop: one connection, which comes back by itself, and the conversations that it has joined. */
export class DesktopClient {
  private readonly socket: Socket;
  private readonly joined = new Set<string>();
  private token = '';
  private asksAgain = true;

  /** Connects to the connector at `url`. */
  constructor(
    url: string,
    private readonly source: TokenSource,
    private readonly handlers: Handlers = {},
  ) {
    // A function, so that each reconnect presents the newest token.
    this.socket = io(url, {
      transports: ['websocket'],
      autoConnect: false,
      auth: (give) => give({ token: this.token }),
    });
    this.socket.on('connect', () => this.onConnect());
    this.socket.on('disconnect', () => this.handlers.connected?.(false));
    this.socket.on('connect_error', (error) => void this.onRefusal(error.message));
    this.socket.on('token-renewed', (renewed: { token: string }) => {
      this.token = renewed.token;
    });
    this.socket.on('events-missed', (missed: { conversation_name: string }) =>
      this.handlers.missed?.(missed.conversation_name),
    );
    for (const kind of KINDS)
      this.socket.on(kind, (payload: Payload) => this.handlers.event?.(kind, JSON.parse(payload.data), payload));
    void this.start();
  }

  /** Joins a conversation; resolves with its name as the connector spells it. */
  async join(conversation: string): Promise<string> {
    this.joined.add(conversation);
    const [ok, text] = await this.ask('join-conversation', conversation);
    if (ok) return text;
    this.joined.delete(conversation);
    throw new Error(text);
  }

  async leave(conversation: string): Promise<void> {
    this.joined.delete(conversation);
    await this.ask('leave-conversation', conversation);
  }

  close(): void {
    this.socket.close();
  }

  private async start(): Promise<void> {
    try {
      this.token = await this.source();
      this.socket.connect();
    } catch (error) {
      this.handlers.refused?.(error instanceof Error ? error.message : String(error));
    }
  }

  private onConnect(): void {
    this.asksAgain = true;
    this.handlers.connected?.(true);
    // A connection begins without conversations. What was missed comes with the joins.
    for (const conversation of this.joined) this.socket.emit('join-conversation', conversation);
  }

  /** The library tries again by itself when the network is to blame; not when the connector has refused the token. */
  private async onRefusal(reason: string): Promise<void> {
    if (this.socket.active) return;
    if (!this.asksAgain) return this.handlers.refused?.(reason);
    this.asksAgain = false;
    await this.start();
  }

  /** Waits for a connection if there is none. A conversation whose join is not answered is joined at the next connect. */
  private ask(request: string, conversation: string): Promise<[boolean, string]> {
    return new Promise((resolve, reject) =>
      this.socket.timeout(PATIENCE_MS).emit(request, conversation, (error: Error | null, ok: boolean, text: string) => {
        if (error) reject(new Error('the connector does not answer'));
        else resolve([ok, text]);
      }),
    );
  }
}
