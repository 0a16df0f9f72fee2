"""The lab `hello`, wrong in one way at a time, as somebody might write it who
begins. `tests/suite/reports.rs` keeps what netlings says about each.

    cargo netlings check hello/1 --exec "python3 tests/suite/wrong/hello.py --wrong prompt"
"""

import argparse
import os
import socket
import sys

LINE_LEN_MAX = 1024
WRONG = ""


def is_wrong(name):
    return WRONG == name


class Refused(Exception):
    """Why the conversation did not happen."""


def split(server):
    host, _, port = server.rpartition(":")
    return host.strip("[]"), int(port)


def connect(servers):
    last = None
    for server in servers:
        try:
            if is_wrong("connects-twice"):
                # "Is it there?", asked with a connection of its own.
                socket.create_connection(split(server)).close()
            return socket.create_connection(split(server))
        except OSError as error:
            last = error
    raise last


def read_line(stream):
    if is_wrong("exactly-1024"):
        line = b""
        while len(line) < LINE_LEN_MAX:
            more = stream.recv(LINE_LEN_MAX - len(line))
            if more == b"":
                raise Refused("the server closed too early")
            line += more
        return line.partition(b"\n")[0]
    line = b""
    while len(line) < LINE_LEN_MAX:
        octet = stream.recv(1)
        if octet == b"":
            raise Refused("the stream ended before the end of the line")
        if octet == b"\n":
            line.decode("utf-8")
            return line
        line += octet
    raise Refused("no end of line")


def write_line(stream, line):
    octets = os.fsencode(line)
    if b"\n" in octets or len(octets) >= LINE_LEN_MAX:
        raise Refused("this is no line")
    stream.sendall(octets + (b"\r\n" if is_wrong("crlf") else b"\n"))


def show(line):
    if is_wrong("prompt"):
        print("Server says:", line.decode())
    elif is_wrong("repr"):
        print(line)
    elif is_wrong("never-flushed"):
        print(line.decode())
    else:
        print(line.decode(), flush=True)


def run(args):
    if args.command == "greet":
        with connect(args.servers) as stream:
            show(read_line(stream))
    elif args.command == "answer":
        with connect([args.server]) as stream:
            show(read_line(stream))
            write_line(stream, args.line)
    else:
        host, port = split(args.listen)
        with socket.create_server((host, port)) as listener:
            if not is_wrong("port-0"):
                host, port = listener.getsockname()
            show(f"listening on {host}:{port}".encode())
            stream, _ = listener.accept()
            with stream:
                write_line(stream, args.greeting)
                show(read_line(stream))


def main():
    global WRONG
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrong", default="")
    commands = parser.add_subparsers(dest="command", required=True)
    greet = commands.add_parser("greet")
    greet.add_argument("servers", nargs="+")
    answer = commands.add_parser("answer")
    answer.add_argument("server")
    answer.add_argument("line")
    serve = commands.add_parser("serve")
    serve.add_argument("greeting")
    serve.add_argument("--listen", default="127.0.0.1:0")
    args = parser.parse_args()
    WRONG = args.wrong
    if is_wrong("traceback"):
        run(args)
        return
    try:
        run(args)
    except (Refused, OSError, UnicodeDecodeError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(0 if is_wrong("exit-0") else 1)


if __name__ == "__main__":
    main()
