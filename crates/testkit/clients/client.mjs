// A desktop of our own client library: prints what its handlers are told, a JSON array a line.
//   client.mjs URL TOKEN CONVERSATION
import { DesktopClient } from "../../../ui-connector/desktop-client/dist/index.js";

const [, , url, token, conversation] = process.argv;
const tell = (...args) => console.log(JSON.stringify(args));
let asked = 0;

const client = new DesktopClient(url, async () => tell("asked", ++asked) ?? token, {
  event: (kind, data) => tell("event", kind, data.newMessagePayload?.content ?? null),
  missed: (name) => tell("missed", name),
  connected: (is) => tell("connected", is),
  refused: (reason) => tell("refused", reason),
});
client.join(conversation).then((name) => tell("joined", name), (error) => tell("not joined", error.message));
