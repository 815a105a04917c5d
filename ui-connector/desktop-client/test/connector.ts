import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as listen } from 'node:net';
import { Server, type Socket } from 'socket.io';

type Acknowledge = (ok: boolean, text: string) => void;

/** A connector's side of the protocol on a port of its own, as far as the clients under test need it. */
export class Connector {
  /** The tokens of the handshakes, the oldest first. */
  readonly tokens: string[] = [];
  /** Each `join-conversation` and `leave-conversation`, the oldest first. */
  readonly requests: string[] = [];
  /** Refuses every other token; empty for any. */
  accepted = '';
  /** Refuses joins of these conversations. */
  readonly forbidden = new Set<string>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly io: Server,
    readonly port: number,
  ) {
    io.use((socket, next) => {
      const { token } = socket.handshake.auth;
      this.tokens.push(token);
      next(this.accepted && token !== this.accepted ? new Error('authentication failed') : undefined);
    });
    io.on('connection', (socket) => this.serve(socket));
  }

  static async start(
    respond?: (request: IncomingMessage, response: ServerResponse) => void,
    port = 0,
  ): Promise<Connector> {
    const http = createServer(respond);
    const io = new Server(http, { serveClient: false });
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    return new Connector(io, (http.address() as AddressInfo).port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  emit(event: string, ...values: unknown[]): void {
    this.io.emit(event, ...values);
  }

  /** Breaks every connection without a Socket.IO disconnect, as a network does: clients come back by themselves. */
  breakConnections(): void {
    for (const socket of this.sockets) socket.conn.close();
  }

  async close(): Promise<void> {
    await this.io.close();
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('disconnect', () => this.sockets.delete(socket));
    socket.on('join-conversation', (name: string, acknowledge?: Acknowledge) => {
      this.requests.push(`join ${name}`);
      if (this.forbidden.has(name)) acknowledge?.(false, 'no such conversation');
      else acknowledge?.(true, name.replace('/locations/global', ''));
    });
    socket.on('leave-conversation', (name: string, acknowledge?: Acknowledge) => {
      this.requests.push(`leave ${name}`);
      acknowledge?.(true, name);
    });
  }
}

/** Waits for a connection to `port`, on which nothing listens, and breaks it before a word was said. */
export async function breakNextConnection(port: number): Promise<void> {
  const server = listen().listen(port, '127.0.0.1');
  const [socket] = await once(server, 'connection');
  socket.destroy();
  server.close();
  await once(server, 'close');
}
