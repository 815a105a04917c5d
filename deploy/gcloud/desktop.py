"""An agent desktop for the test of a deployment: joins a conversation and waits for one event.

    desktop.py CONNECTOR_URL PROJECT CONVERSATION FILE < jwt_secret

Writes "joined" into FILE as soon as it has joined, and ends with success when an event has come. Speaks Socket.IO by
HTTP long-polling, with nothing but Python's own library.
"""

import base64
import hashlib
import hmac
import http.cookiejar
import json
import sys
import time
import urllib.request

PATIENCE = 60


def token(secret: bytes, project: str) -> str:
    """A JWT as the connector issues it (RFC 7519), valid for as long as this test takes."""
    now = int(time.time())
    claims = {
        "iat": now,
        "exp": now + 2 * PATIENCE,
        "gcp_agent_assist_project": project,
        "gcp_agent_assist_user": "deployment-test",
    }
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = b".".join(encode(part) for part in parts)
    return (signed + b"." + encode(hmac.digest(secret, signed, hashlib.sha256))).decode()


def encode(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


class Desktop:
    """One Engine.IO session. Its cookies keep it on one instance."""

    def __init__(self, url: str):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)
        self.url = url.rstrip("/") + "/socket.io/?EIO=4&transport=polling"
        opening = json.loads(self.poll()[0][1:])
        self.url += "&sid=" + opening["sid"]

    def ask(self, body: bytes | None) -> str:
        request = urllib.request.Request(self.url, data=body, headers={"Content-Type": "text/plain;charset=UTF-8"})
        with self.opener.open(request, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def poll(self) -> list[str]:
        return self.ask(None).split("\x1e")

    def send(self, packet: str) -> None:
        self.ask(packet.encode())

    def wait(self, *beginnings: str) -> str:
        """The next packet that begins so; pings are answered on the way."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for packet in self.poll():
                if packet == "2":
                    self.send("3")
                elif packet.startswith(beginnings):
                    return packet
        raise TimeoutError(f"nothing within {PATIENCE} s")


def main() -> None:
    url, project, conversation, file = sys.argv[1:]
    # Several lines are several keys, of which the first signs.
    secret = sys.stdin.buffer.read().split(b"\n")[0]
    desktop = Desktop(url)
    desktop.send("40" + json.dumps({"token": token(secret, project), "recovery": False}))
    answer = desktop.wait("40", "44")
    if answer.startswith("44"):
        sys.exit(f"the connector refuses the token: {answer}")
    desktop.send("420" + json.dumps(["join-conversation", conversation]))
    answer = desktop.wait("430")
    if not answer.startswith("430[true"):
        sys.exit(f"the connector refuses the join: {answer}")
    with open(file, "w", encoding="ascii") as joined:
        joined.write("joined")
    desktop.wait("42")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
