"""An agent desktop: python-socketio's asyncio client. It speaks as desktop.mjs does, and its handlers
of the four event kinds take exactly one argument, as those of existing Python desktops."""

import asyncio
import json
import sys

import socketio

EVENT_KINDS = (
    "human-agent-assistant-event",
    "conversation-lifecycle-event",
    "new-message-event",
    "new-recognition-result-notification-event",
)


def tell(happening):
    print(json.dumps(happening), flush=True)


class Desktop:
    def __init__(self):
        self.client = None

    async def connect(self, command):
        options = command["options"]
        # A request may take longer than usual on a machine that is busy with other tests.
        self.client = client = socketio.AsyncClient(reconnection=options.get("reconnection", False), request_timeout=60)
        client.on("connect", lambda: tell({"is": "connect", "id": client.sid, "recovered": False}))
        client.on("connect_error", lambda data: tell({"is": "connect_error", "message": data["message"]}))
        client.on("disconnect", lambda reason: tell({"is": "disconnect", "reason": reason}))
        for kind in EVENT_KINDS:
            client.on(kind, self.handler(kind))
        try:
            await client.connect(command["url"], auth=options["auth"], transports=options["transports"])
        except socketio.exceptions.ConnectionError:
            return
        if client.transport() == "websocket":
            tell({"is": "websocket"})

    @staticmethod
    def handler(kind):
        def handle(payload):
            tell({"is": "event", "name": kind, "args": [payload]})

        return handle

    async def emit(self, command):
        def acknowledged(*args):
            tell({"is": "ack", "args": args})

        await self.client.emit(command["name"], tuple(command["args"]), callback=acknowledged)

    async def close(self, _command):
        await self.client.disconnect()


async def main():
    desktop = Desktop()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        await getattr(desktop, command["do"])(command)


asyncio.run(main())
