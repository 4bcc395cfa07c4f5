// A socket.io client of one generation that prints what reaches it.
//
//   node listen.mjs PACKAGE URL [OPTIONS as JSON] [EXPERIMENT to join]
//
// Prints {"event", "args"} for every event, one JSON a line; "connect", "disconnect" and "connect_error" are among
// them, and "joined" with what the server answered. Ends with its standard input.

import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.TANDEM_NODE_MODULES, "listen.mjs"));
const [name, url, options = "{}", experiment] = process.argv.slice(2);
const client = require(name);
const connect = client.io ?? client;
const print = (event, ...args) => process.stdout.write(JSON.stringify({ event, args }) + "\n");

const socket = connect(url, { reconnectionDelay: 100, reconnectionDelayMax: 300, ...JSON.parse(options) });
socket.on("connect", () => {
  print("connect");
  if (experiment) socket.emit("joinExperiment", experiment, (joined) => print("joined", joined));
});
socket.on("disconnect", (reason) => print("disconnect", reason));
socket.on("connect_error", (error) => print("connect_error", String(error.message)));
socket.on("error", (error) => print("error", String(error)));
if (socket.onAny) {
  socket.onAny(print);
} else {
  const emit = socket.onevent;
  socket.onevent = function (packet) {
    print(...packet.data);
    emit.call(this, packet);
  };
}

process.stdin.resume().on("end", () => process.exit(0));
