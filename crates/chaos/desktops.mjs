// Agent desktops of socket.io-client as a page would write them: connect, join on `connect`, and handlers. Nothing
// here knows of offsets, resuming or lost events.
//
// Reads {"url": ..., "desktops": [[conversation, ...], ...]} from stdin until it ends, and prints what happens to
// stdout, one JSON object per line.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const require = createRequire(new URL("../testkit/clients/package.json", import.meta.url));
const { io } = require("socket.io-client-4.8");

const KINDS = [
  "human-agent-assistant-event",
  "conversation-lifecycle-event",
  "new-message-event",
  "new-recognition-result-notification-event",
];

const { url, desktops } = JSON.parse(await text(process.stdin));

const tell = (happening) => process.stdout.write(`${JSON.stringify(happening)}\n`);
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

async function register() {
  for (;;) {
    try {
      const answer = await fetch(`${url}/register`, { method: "POST" });
      return (await answer.json()).token;
    } catch {
      await pause(500);
    }
  }
}

async function start(conversations, desktop) {
  const socket = io(url, {
    auth: { token: await register() },
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 200,
    reconnectionDelayMax: 2000,
  });
  socket.on("connect", () => {
    tell({ is: "connected", desktop });
    for (const conversation of conversations) {
      socket.emit("join-conversation", conversation, (joined) => {
        if (joined) tell({ is: "joined", desktop, conversation_name: conversation });
      });
    }
  });
  for (const kind of KINDS) socket.on(kind, (payload) => tell({ is: "event", desktop, payload: { ...payload, data: brief(payload) } }));
  socket.on("token-renewed", () => tell({ is: "renewed", desktop }));
  socket.on("events-missed", () => tell({ is: "missed", desktop }));
  socket.on("disconnect", (why) => tell({ is: "disconnected", desktop, why }));
  socket.on("connect_error", async (error) => {
    if (socket.active) return;
    // The server refused the token: the session was forgotten, so the page logs in again.
    tell({ is: "refused", desktop, why: error.message });
    socket.auth = { token: await register() };
    socket.connect();
  });
}

// The number is all that is wanted of an event.
const brief = ({ data }) => JSON.stringify({ chaos: JSON.parse(data).chaos });

desktops.forEach(start);
