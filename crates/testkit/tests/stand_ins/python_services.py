"""Stand-ins of Google's Python services: what they do in Redis, and nothing else.

    python_services.py connector|interceptor PORT REDIS_PORT

The connector writes its id under the conversation's name when a desktop joins, listens to "{id}:*", and passes on what
comes. The interceptor looks the id up, publishes there, and drops events without a joined desktop.
"""

import asyncio
import base64
import json
import sys
import uuid
from datetime import datetime, timezone

import redis.asyncio
import socketio
from aiohttp import web

KINDS = [
    "human-agent-assistant-event",
    "conversation-lifecycle-event",
    "new-message-event",
    "new-recognition-result-notification-event",
]


def without_location(name):
    parts = name.split("/")
    return "/".join(parts[:2] + parts[-2:])


class Connector:
    def __init__(self, store):
        self.store = store
        self.id = str(uuid.uuid4())
        self.sockets = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
        self.sockets.on("join-conversation", self.join)
        self.sockets.on("leave-conversation", self.leave)
        self.sockets.on("disconnect", self.gone)

    def app(self):
        app = web.Application()
        self.sockets.attach(app)
        app.router.add_get("/status", status)
        app.on_startup.append(self.listen)
        return app

    async def listen(self, _app):
        channels = self.store.pubsub(ignore_subscribe_messages=True)
        await channels.psubscribe(f"{self.id}:*")
        asyncio.get_running_loop().create_task(self.pass_on(channels))

    async def pass_on(self, channels):
        async for message in channels.listen():
            payload = json.loads(message["data"])
            await self.sockets.emit(payload["data_type"], payload, room=payload["conversation_name"])

    async def join(self, sid, name):
        name = without_location(name)
        await self.sockets.enter_room(sid, name)
        await self.store.set(name, self.id)
        return True, name

    async def leave(self, sid, name):
        name = without_location(name)
        await self.sockets.leave_room(sid, name)
        await self.store.delete(name)
        return True, name

    async def gone(self, sid, *_reason):
        for name in self.sockets.rooms(sid):
            if name != sid:
                await self.store.delete(name)


class Interceptor:
    def __init__(self, store):
        self.store = store

    def app(self):
        app = web.Application()
        app.router.add_get("/status", status)
        for kind in KINDS:
            app.router.add_post(f"/{kind}", self.receive)
        return app

    async def receive(self, request):
        message = (await request.json())["message"]
        data = base64.b64decode(message["data"]).decode()
        name = without_location(json.loads(data)["conversation"])
        server = await self.store.get(name)
        if server:
            payload = {
                "conversation_name": name,
                "data": data,
                "data_type": request.path.strip("/"),
                "ack_time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "publish_time": message["publishTime"],
                "message_id": message["messageId"],
            }
            if payload["data_type"] == KINDS[3]:
                attributes = message.get("attributes") or {}
                payload["participant_role"] = attributes.get("participant_role", "")
                payload["new_recognition_result_message_id"] = attributes.get("message_id", "")
            await self.store.publish(f"{server.decode()}:{name}", json.dumps(payload))
        return web.Response(status=204)


async def status(_request):
    return web.Response(text="ok")


def main():
    role, port, redis_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    store = redis.asyncio.Redis(port=redis_port)
    service = {"connector": Connector, "interceptor": Interceptor}[role](store)
    web.run_app(service.app(), host="127.0.0.1", port=port, print=None)


main()
