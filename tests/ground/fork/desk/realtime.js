// Frappe's realtime server, which the fork left out: hands on to browsers what Python publishes in Redis.
// Rooms, events and whom it lets in are those of Frappe's realtime/; of these only what forms and lists use.

import { createClient } from "@redis/client";
import http from "node:http";
import { Server } from "socket.io";

const server = http.createServer();
const io = new Server(server, { cors: { origin: true, credentials: true } });
// Each site has a namespace of its own.
const sites = io.of(/^\/.*$/);

sites.use(async (socket, next) => {
	try {
		const user = await ask(socket, "get_user_info");
		socket.join([`user:${user.user}`, "website", ...(user.user_type === "System User" ? ["all"] : [])]);
		next();
	} catch (error) {
		next(new Error(`Unauthorized: ${error}`));
	}
});

sites.on("connection", (socket) => {
	const let_in = (event, room_of) => {
		socket.on(`${event}_subscribe`, async (doctype, name = "") => {
			if (await ask(socket, "has_permission", { doctype, name }).catch(() => false)) {
				socket.join(room_of(doctype, name));
			}
		});
		socket.on(`${event}_unsubscribe`, (doctype, name) => socket.leave(room_of(doctype, name)));
	};
	let_in("doctype", (doctype) => `doctype:${doctype}`);
	let_in("doc", (doctype, name) => `doc:${doctype}/${name}`);
	for (const event of ["task_subscribe", "progress_subscribe"]) {
		socket.on(event, (task) => socket.join(`task_progress:${task}`));
	}
	socket.on("task_unsubscribe", (task) => socket.leave(`task_progress:${task}`));
	socket.on("ping", () => socket.emit("pong"));
});

// Asks the site that the page is from, with the browser's own session.
async function ask(socket, method, parameters = {}) {
	const { origin, cookie } = socket.request.headers;
	const address = `${origin}/api/method/frappe.realtime.${method}?${new URLSearchParams(parameters)}`;
	const response = await fetch(address, { headers: { cookie } });
	if (!response.ok) throw new Error(response.status);
	return (await response.json()).message;
}

const events = createClient({ url: process.env.FRAPPE_REDIS_QUEUE });
await events.connect();
await events.subscribe("events", (text) => {
	const { namespace, room, event, message } = JSON.parse(text);
	io.of(`/${namespace}`).to(room).emit(event, message);
});

server.listen(process.env.FRAPPE_SOCKETIO_PORT, "127.0.0.1");
