import type { IncomingMessage, ServerResponse } from 'node:http';
import { vi } from 'vitest';
import { breakNextConnection, Connector } from '../../desktop-client/test/connector';

export interface Request {
  /** `POST /v2/…` */
  line: string;
  authorization: string | undefined;
  body: unknown;
}

/** What a request is answered with: a status and JSON. */
export type Answer = [status: number, body: unknown];

/** The connector that has served the page; the globals of the page lead to it, over HTTP. */
export class Page {
  readonly requests: Request[] = [];
  /** By `METHOD /path`, without the query. Everything else is answered 404. */
  readonly answers = new Map<string, Answer>();
  readonly stored = new Map<string, string>();

  private constructor(public connector: Connector) {}

  static async open(): Promise<Page> {
    let page: Page | undefined;
    const connector = await Connector.start((request, response) => void page?.respond(request, response));
    page = new Page(connector);
    const http = globalThis.fetch;
    vi.stubGlobal('fetch', (path: string, init?: RequestInit) => http(connector.url + path, init));
    const port = String(connector.port);
    vi.stubGlobal('location', { protocol: 'http:', hostname: '127.0.0.1', host: `127.0.0.1:${port}`, port });
    const { stored } = page;
    vi.stubGlobal('sessionStorage', {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => stored.set(key, value),
    });
    return page;
  }

  /** Stops the connector, breaks the next connection to it, and starts it again. */
  async restart(): Promise<void> {
    const { port } = this.connector;
    await this.connector.close();
    await breakNextConnection(port);
    this.connector = await Connector.start((request, response) => void this.respond(request, response), port);
  }

  async close(): Promise<void> {
    vi.unstubAllGlobals();
    await this.connector.close();
  }

  /** The requests but for those that measure the latency. */
  get lines(): string[] {
    return this.requests.map(({ line }) => line).filter((line) => line !== 'GET /live');
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const line = `${request.method} ${request.url}`;
    const { authorization } = request.headers;
    this.requests.push({ line, authorization, body: text ? JSON.parse(text) : undefined });
    const [status, body] = this.answers.get(line.split('?')[0] ?? '') ?? [404, {}];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}

export const jwt = (project: string, id = ''): string =>
  `e30.${Buffer.from(JSON.stringify({ gcp_agent_assist_project: project, id })).toString('base64url')}.signature`;
