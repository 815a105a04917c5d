// An agent desktop: a socket.io-client of the version named by the first argument.
//
// Reads commands from stdin and prints what happens to stdout, one JSON object per line. It ends when stdin ends.
//   {"do": "connect", "url": ..., "options": {...}}       what `io(url, options)` takes
//   {"do": "emit", "name": ..., "args": [...]}            answered by {"is": "ack", "args": [...]}
//   {"do": "close"}
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { io } = createRequire(import.meta.url)(`socket.io-client-${process.argv[2]}`);

let socket;

function tell(happening) {
  process.stdout.write(`${JSON.stringify(happening)}\n`);
}

function connect({ url, options }) {
  socket = io(url, { forceNew: true, reconnection: false, ...options });
  socket.on("connect", () => {
    const { engine } = socket.io;
    tell({ is: "connect", id: socket.id, recovered: socket.recovered ?? false });
    // The upgrade may have been completed before the connect.
    if (engine.transport.name === "websocket") tell({ is: "websocket" });
    else engine.once("upgrade", () => tell({ is: "websocket" }));
  });
  socket.on("connect_error", (error) => tell({ is: "connect_error", message: error.message }));
  socket.on("disconnect", (reason) => tell({ is: "disconnect", reason }));
  socket.onAny((name, ...args) => tell({ is: "event", name, args }));
}

const commands = {
  connect,
  emit: ({ name, args }) => socket.emit(name, ...args, (...answer) => tell({ is: "ack", args: answer })),
  close: () => socket.close(),
};

const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  const command = JSON.parse(line);
  commands[command.do](command);
});
input.on("close", () => process.exit());
