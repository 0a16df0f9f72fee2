"""The lab `addresses`, wrong in one way at a time: steps 1 to 3. See `hello.py`
beside it.
"""

import ipaddress
import sys

WRONG = ""


def is_wrong(name):
    return WRONG == name


def parse(text):
    octets = ipaddress.IPv4Address(text).packed
    hexadecimal = [f"{octet:02x}" for octet in octets]
    bits = [f"{octet:08b}" for octet in octets]
    if is_wrong("bits-without-zeros"):
        bits = [f"{octet:b}" for octet in octets]
    between = "\t" if is_wrong("tabs") else "  "
    return between.join([text, " ".join(hexadecimal), ".".join(bits)])


def class_of(text):
    first = ipaddress.IPv4Address(text).packed[0]
    letter = "ABCDE"[(first >= 128) + (first >= 192) + (first >= 224) + (first >= 240)]
    # Python knows what is private, and knows other ranges than the lab.
    kind = "private" if ipaddress.IPv4Address(text).is_private else "public"
    return f"{text}  class {letter}  {kind}"


def net(text):
    network = ipaddress.IPv4Network(text)
    hosts = list(network.hosts())
    first, last = hosts[0], hosts[-1]
    return (
        f"{text}  mask {network.netmask}  wildcard {network.hostmask}  network {network}  "
        f"broadcast {network.broadcast_address}  first {first}  last {last}  hosts {len(hosts)}"
    )


def main():
    global WRONG
    _, _, WRONG, command, *_ = sys.argv
    answer = {"parse": parse, "class": class_of, "net": net}[command]
    failed = False
    for line in sys.stdin:
        text = line.rstrip("\n")
        if command == "net":
            print(answer(text))
            continue
        try:
            print(answer(text))
        except ValueError as error:
            failed = True
            if is_wrong("stops"):
                sys.exit(f"error: {error}")
            print(f"! {error}")
        if is_wrong("one-line"):
            break
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
