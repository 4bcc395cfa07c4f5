// A socket.io server behind the classic Redis adapter, with clients that print what reaches them.
//
//   node relay.mjs REDIS_URL CLIENT[:ROOM]...
//
// Prints {"ready": true} once all clients listen, then {"client", "event", "args"} for every event, one JSON a line.
// Ends with its standard input, so that it cannot outlive the test that started it.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.TANDEM_NODE_MODULES, "relay.mjs"));
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");
const { Server } = require("socket.io");
const { io: connect } = require("socket.io-client");

const [redisUrl, ...clients] = process.argv.slice(2);
const print = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const publisher = createClient({ url: redisUrl });
const subscriber = publisher.duplicate();
for (const client of [publisher, subscriber]) {
  client.on("error", (error) => process.stderr.write(`redis: ${error.message}\n`));
  await client.connect();
}

const http = createServer();
const server = new Server(http, { adapter: createAdapter(publisher, subscriber) });
server.on("connection", (socket) => {
  if (socket.handshake.auth.room) socket.join(socket.handshake.auth.room);
});
await new Promise((listening) => http.listen(0, "127.0.0.1", listening));

const address = `http://127.0.0.1:${http.address().port}`;
await Promise.all(
  clients.map((text) => {
    const [client, room] = text.split(":");
    const socket = connect(address, { transports: ["websocket"], auth: { room } });
    socket.onAny((event, ...args) => print({ client, event, args }));
    return new Promise((connected) => socket.once("connect", connected));
  }),
);
print({ ready: true });

process.stdin.resume().on("end", () => process.exit(0));
