"""The lab `hello` in Python's standard library: netlings drives a program from
outside and cannot tell which language it is in.

    cargo netlings check hello --exec "python3 tests/suite/hello.py"

With `--one-read` before the command it takes what its first read returns for
the whole line, which is the mistake the first step is about.
"""

import argparse
import os
import socket
import sys

LINE_LEN_MAX = 1024
ONE_READ = False


class Refused(Exception):
    """Why the conversation did not happen."""


def addresses(server):
    host, _, port = server.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise Refused(f"no address for {server!r}: {error}") from error
    return [(family, address) for family, _, _, _, address in found]


def connect(servers):
    last = "no address to connect to"
    for server in servers:
        for family, address in addresses(server):
            stream = socket.socket(family, socket.SOCK_STREAM)
            try:
                stream.connect(address)
                return stream
            except OSError as error:
                stream.close()
                last = error
    raise Refused(f"no server answered: {last}")


def read_line(stream):
    line = b""
    if ONE_READ:
        line = stream.recv(LINE_LEN_MAX).partition(b"\n")[0]
    while not ONE_READ:
        octet = stream.recv(1)
        if octet == b"":
            raise Refused(f"the stream ended after {len(line)} octets, before the end of the line")
        if octet == b"\n":
            break
        line += octet
        if len(line) == LINE_LEN_MAX:
            raise Refused(f"no end of line within {LINE_LEN_MAX} octets")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"the line is not UTF-8: {error}") from error


def write_line(stream, line):
    octets = os.fsencode(line)
    if b"\n" in octets:
        raise Refused("line feed inside the line")
    if len(octets) >= LINE_LEN_MAX:
        raise Refused(f"the line and its end have more than {LINE_LEN_MAX} octets")
    stream.sendall(octets + b"\n")


def say(line):
    sys.stdout.buffer.write(line.encode("utf-8") + b"\n")
    sys.stdout.buffer.flush()


def main():
    global ONE_READ
    parser = argparse.ArgumentParser(description="One line each way over TCP.")
    parser.add_argument("--one-read", action="store_true")
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
    ONE_READ = args.one_read

    if args.command == "greet":
        with connect(args.servers) as stream:
            say(read_line(stream))
    elif args.command == "answer":
        with connect([args.server]) as stream:
            say(read_line(stream))
            write_line(stream, args.line)
    else:
        family, address = addresses(args.listen)[0]
        with socket.create_server(address[:2], family=family) as listener:
            host, port = listener.getsockname()[:2]
            say(f"listening on {f'[{host}]' if ':' in host else host}:{port}")
            stream, _ = listener.accept()
            with stream:
                write_line(stream, args.greeting)
                say(read_line(stream))


if __name__ == "__main__":
    try:
        main()
    except (Refused, OSError) as error:
        sys.exit(f"error: {error}")
