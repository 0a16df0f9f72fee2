"""A chat as most tutorials teach it: socketserver, a thread a client, a list.

    python3 chat.py PORT
"""

import socketserver
import sys
import threading

clients = []
lock = threading.Lock()


def broadcast(text, sender):
    with lock:
        for client in clients:
            if client is not sender:
                try:
                    client.wfile.write(text.encode())
                except OSError:
                    pass


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"Enter your name:\n")
        name = self.rfile.readline().decode().strip()
        with lock:
            clients.append(self)
        broadcast(f"{name} joined\n", self)
        try:
            for line in self.rfile:
                broadcast(f"{name}: {line.decode().strip()}\n", self)
        except OSError:
            pass
        with lock:
            clients.remove(self)
        broadcast(f"{name} left\n", self)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
