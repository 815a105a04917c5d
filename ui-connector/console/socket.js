// A small Socket.IO client: one WebSocket, the main namespace, reconnects by itself.
// Protocol: https://socket.io/docs/v4/socket-io-protocol/

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

export class DesktopSocket extends EventTarget {
  #token;
  #socket;
  #acks = new Map();
  #nextAck = 0;
  #pause = FIRST_PAUSE_MS;
  #isConnected = false;
  #offset;

  constructor(token) {
    super();
    this.#token = token;
    this.#open();
  }

  /** Sends an event; resolves with the arguments of the server's answer. Not connected: never. */
  request(name, ...args) {
    if (!this.#isConnected) return new Promise(() => {});
    const id = this.#nextAck++;
    this.#socket.send(`42${id}${JSON.stringify([name, ...args])}`);
    return new Promise((resolve) => this.#acks.set(id, resolve));
  }

  #open() {
    const url = new URL('/socket.io/?EIO=4&transport=websocket', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = () => this.#reopen();
  }

  /** Ends the connection for good. */
  close() {
    this.#socket.onclose = null;
    this.#socket.close();
  }

  #reopen() {
    this.#isConnected = false;
    this.#acks.clear();
    this.#tell('disconnect');
    setTimeout(() => this.#open(), this.#pause * (0.5 + Math.random()));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }

  #receive(packet) {
    const [, type, body] = /^(4?\d)([^]*)$/.exec(packet) ?? [];
    switch (type) {
      case '0': return this.#socket.send(`40${JSON.stringify(this.#auth())}`);
      case '2': return this.#socket.send('3');
      case '40': return this.#connected();
      case '42': return this.#event(JSON.parse(body));
      case '43': return this.#answer(body);
      case '44': return this.#tell('refused', JSON.parse(body).message);
    }
  }

  /** The offset tells the server what we have got already. */
  #auth() {
    return { token: this.#token, offset: this.#offset };
  }

  #connected() {
    this.#isConnected = true;
    this.#pause = FIRST_PAUSE_MS;
    this.#tell('connect');
  }

  #event([name, payload, offset]) {
    this.#offset = offset ?? this.#offset;
    this.#tell('event', { name, payload });
  }

  #answer(body) {
    const [, id, args] = /^(\d+)([^]*)$/.exec(body);
    this.#acks.get(Number(id))?.(JSON.parse(args));
    this.#acks.delete(Number(id));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
