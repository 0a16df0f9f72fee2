// Frames as they went from one Linux kernel to another, over a cable that was
// none (a pair of virtual interfaces), with checksums made in software.

const frame = (text) => text.replace(/\s/g, '').match(/../g).map((pair) => parseInt(pair, 16));

export const FRAMES = {
  dns: {
    name: 'a DNS query, over UDP',
    octets: frame(`02005e100002 02005e100001 0800
      4500003d 44770000 401149b1 c000024d c6336407
      c65a0035 00299d74
      64930120 00010000 00000000 03777777 07657861 6d706c65 03636f6d 00000100 01`),
  },
  hello: {
    name: 'the greeting hello, over TCP',
    octets: frame(`02005e100001 02005e100002 0800
      4500003a f4b84000 4006597d c6336407 c000024d
      1b58a97c 5a9eb3f9 a7edc808 80180040 91470000 0101080a 457916fb 16b9fe32
      68656c6c6f0a`),
  },
  syn: {
    name: 'the SYN that opened that connection',
    octets: frame(`02005e100002 02005e100001 0800
      4500003c f7fd4000 40065636 c000024d c6336407
      a97c1b58 a7edc807 00000000 a002faf0 16ce0000 020405b4 0402080a 16b9fe32 00000000 0103030a`),
  },
  echo: {
    name: 'an echo request, ICMP',
    octets: frame(`02005e100002 02005e100001 0800
      45000024 275f4000 400126f2 c000024d c6336407
      08003217 12340001
      6e65746c 696e6773`),
  },
  echo6: {
    name: 'an echo request over IPv6',
    octets: frame(`02005e100002 02005e100001 86dd
      600f938e 00103a40 fd000000 00000001 00000000 00000077 fd000000 00000001 00000000 00000001
      8000bf50 12340001
      6e65746c 696e6773`),
  },
  arp: {
    name: 'an ARP request',
    octets: frame(`ffffffffffff 02005e100001 0806
      00010800 06040001 02005e10 0001c000 024d0000 00000000 c0000201`),
  },
};
