#!/usr/bin/env python3
"""A driver for telltale in Python: two accounts on an IRC server.

It speaks the driver protocol (docs/driver-protocol.md) on its standard input
and output, and needs nothing but Python's own library. Take it as a beginning
for an app of your own: replace Client, keep the rest.

    telltale driver test -- python3 adapter.py 127.0.0.1:6667
"""
import json
import queue
import socket
import sys
import threading
import time
from datetime import datetime, timezone

CHANNEL = "#telltale"


def now():
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


class Client:
    """One account: it can log in, say something and hear what is said."""

    def __init__(self, server, nick):
        host, port = server.rsplit(":", 1)
        self.nick = nick
        self.heard = queue.Queue()  # (kind, sender, text)
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.socket.settimeout(None)
        self.joined = threading.Event()
        threading.Thread(target=self.listen, daemon=True).start()
        self.put(f"NICK {nick}")
        self.put(f"USER {nick} 0 * :{nick}")
        if not self.joined.wait(20):
            raise RuntimeError(f"{nick} could not join {CHANNEL}")

    def put(self, line):
        self.socket.sendall(line.encode("utf-8") + b"\r\n")

    def listen(self):
        for raw in self.socket.makefile("rb"):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            sender = ""
            if line.startswith(":"):
                sender, _, line = line[1:].partition(" ")
            head, colon, tail = line.partition(" :")
            words = head.split() + ([tail] if colon else [])
            sender = sender.partition("!")[0]
            if words[0] == "PING":
                self.put("PONG :" + words[-1])
            elif words[0] == "001":
                self.put(f"JOIN {CHANNEL}")
            elif words[0] == "366":
                self.joined.set()
            elif words[0] == "PONG":
                self.heard.put(("pong", sender, words[-1]))
            elif words[0] == "PRIVMSG" and sender != self.nick:
                self.heard.put(("message", sender, words[-1]))
            elif words[0][:1] in "45" and words[0].isdigit() and self.joined.is_set():
                self.heard.put(("refused", sender, " ".join(words)))
        self.heard.put(("ended", "", "the server closed the connection"))

    def alive(self):
        """Whether the session stands: whatever came before the PONG is heard."""
        self.put("PING :still-there")
        kept = []
        end = time.monotonic() + 10
        while time.monotonic() < end:
            event = self.heard.get(timeout=10)
            if event[0] == "pong":
                for e in kept:
                    self.heard.put(e)
                return True
            kept.append(event)
            if event[0] == "ended":
                break
        return False

    def close(self):
        try:
            self.put("QUIT :done")
        except OSError:
            pass
        self.socket.close()


class Adapter:
    def __init__(self, server):
        self.server = server
        self.clients = {}

    def start(self):
        for nick in ("alice", "bob"):
            if nick not in self.clients:
                self.clients[nick] = Client(self.server, nick)

    def stop(self):
        for client in self.clients.values():
            client.close()
        self.clients = {}

    def describe(self, _):
        self.start()
        return {
            "version": 1,
            "description": {
                "app": {"name": "IRC by a Python adapter", "platform": "python3"},
                "accounts": [{"name": "alice", "side": "app"}, {"name": "bob", "side": "peer"}],
                "read_back": False,
            },
        }

    def send(self, request):
        m = request["send"]
        receipt = {"probe": m["probe"], "typed": m["text"], "sent": now()}
        sender, reader = self.clients.get(m["from"]), self.clients.get(m["to"])
        if sender is None or reader is None:
            return {"receipt": dict(receipt, outcome="void", reason="there is no such account", settled=now())}
        line = f"PRIVMSG {CHANNEL} :{m['text']}"
        # The server puts the sender's name in front, and cuts at 512 bytes.
        if len(line.encode("utf-8")) > 400 or "\n" in m["text"] or "\r" in m["text"]:
            return {"receipt": dict(receipt, outcome="void", reason="the text does not fit one line", settled=now())}
        self.forget()
        receipt["sent"] = now()
        sender.put(line)
        receipt.update(self.fate(m, sender, reader))
        receipt["settled"] = now()
        return {"receipt": receipt}

    def forget(self):
        """What was heard before this message is not about it."""
        for client in self.clients.values():
            while not client.heard.empty():
                client.heard.get_nowait()

    def fate(self, m, sender, reader):
        end = time.monotonic() + m["wait_ms"] / 1000
        while time.monotonic() < end:
            try:
                kind, who, text = reader.heard.get(timeout=0.02)
                if kind == "message" and who == sender.nick:
                    outcome = "delivered" if text == m["text"] else "altered"
                    return {"outcome": outcome, "got": text}
            except queue.Empty:
                pass
            try:
                kind, _, text = sender.heard.get_nowait()
                if kind == "refused":
                    return {"outcome": "refused", "reason": text}
                if kind == "ended":
                    self.clients.pop(m["from"])
                    self.start()
                    return {"outcome": "refused", "ended": True, "reason": text}
            except queue.Empty:
                pass
        # Silence means something only if both of them are still there.
        if sender.alive() and reader.alive():
            return {"outcome": "dropped"}
        return {"outcome": "void", "reason": "a session had ended"}

    def reset(self, _):
        self.stop()
        self.start()
        return {}

    def serve(self):
        for line in sys.stdin:
            request = json.loads(line)
            if request["op"] == "close":
                break
            try:
                answer = getattr(self, request["op"])(request)
            except Exception as error:  # telltale wants to know, and goes on
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(dict(answer, id=request["id"])), flush=True)
        self.stop()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: adapter.py HOST:PORT")
    Adapter(sys.argv[1]).serve()
