// How each widget is used, by keyboard and by pointer, and what it must say
// then. The expected words are those of the RFCs and of the reference programs.

export const scripts = {
  async 'address-explorer'({ page, widget, settled, equal }) {
    const field = widget.getByLabel('Address and prefix length');
    await field.fill('10.0.0.1/8');
    await settled('10.0.0.1/8 lies in the network 10.0.0.0/8');
    await settled('16,777,214 hosts');
    // A slider by the arrows, which would turn the page elsewhere.
    await widget.getByLabel(/Prefix length:/).focus();
    await page.keyboard.press('ArrowRight');
    await settled('10.0.0.1/9');
    equal('the text follows the slider', await field.inputValue(), '10.0.0.1/9');
    // Bits: by pointer, then by keyboard from the same place.
    const bit = widget.getByRole('button', { name: '0, bit 31, worth 2, of the host' });
    await bit.click();
    await settled('10.0.0.3/9');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await settled('10.0.0.2/9');
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await settled('138.0.0.2/9');
    await settled('among the public addresses');
    await field.fill('192.168.01.1/24');
    await settled('"01" starts with 0, and some readers take that for octal');
    equal('refused', await field.getAttribute('aria-invalid'), 'true');
    await field.fill('198.51.100.8/31');
    await settled('2 hosts, 198.51.100.8 to 198.51.100.9');
    await widget.getByRole('button', { name: '2001:DB8:0:0::1/64' }).click();
    await settled('2001:db8::1 lies in 2001:db8::/64, for: documentation');
  },

  async 'stream-cutter'({ page, widget, settled, equal }) {
    await settled('a decoder that keeps what is left gets every message');
    const octet = widget.getByRole('button', { name: /cut after octet 9$/ });
    equal('cut', await octet.getAttribute('aria-pressed'), 'true');
    await octet.click();
    await settled('2 reads');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await settled('3 reads');
    equal('by keyboard', await widget.getByRole('button', { name: /cut after octet 10$/ }).getAttribute('aria-pressed'), 'true');
    // A cut is dragged from octet 10 to octet 12.
    const [from, to] = await Promise.all([10, 12].map((at) => widget.getByRole('button', { name: new RegExp(`cut after octet ${at}$`) }).boundingBox()));
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 });
    await page.mouse.up();
    const pressed = await widget.locator('button[aria-pressed=true]').evaluateAll((all) => all.map((one) => one.dataset.arg));
    equal('dragged', pressed, ['3', '12']);
    await widget.getByRole('button', { name: 'all ways' }).click();
    await settled('65,536 ways to cut these 17 octets were tried');
    await settled('is right in 1 of them, the decoder in 65,536');
    await widget.getByLabel('COBS').check();
    await settled('COBS');
    await widget.getByRole('button', { name: 'after every octet' }).press('Enter');
    await settled('11 reads');
    await widget.getByLabel('no framing').check();
    await settled('no receiver can know better');
    await widget.getByLabel('Messages, one a line').fill('a\\q');
    await settled('line 1 has a backslash that starts no escape');
    await widget.getByLabel('Messages, one a line').fill('one\ntwo');
    await widget.getByRole('button', { name: 'where messages end' }).click();
    await settled('right this time');
  },

  async encapsulation({ page, widget, settled, equal }) {
    await settled('75 octets: 14 of Ethernet, 20 of IPv4, 8 of UDP, 33 of DNS.');
    await widget.getByRole('button', { name: 'Peel off Ethernet' }).click();
    await settled('Its type, 0x0800, IPv4, told who reads next. 61 octets are left: a packet of IPv4.');
    await widget.getByRole('button', { name: 'Peel off IPv4' }).press('Enter');
    await settled('41 octets are left: a datagram of UDP');
    await widget.getByRole('button', { name: 'Wrap in IPv4' }).press('Space');
    await settled('61 octets are left');
    // Octet 22 is the time to live: by pointer, then the next by keyboard.
    await widget.getByRole('button', { name: '40, octet 22: time to live' }).hover();
    await settled('IPv4, octet 22. time to live: 64');
    await settled('RFC 791 §3.1');
    await widget.getByRole('button', { name: '40, octet 22: time to live' }).focus();
    await page.keyboard.press('ArrowRight');
    await settled('IPv4, octet 23. protocol: 17, UDP');
    await page.keyboard.press('Home');
    await settled('version (bits 0 to 3): 4');
    await widget.getByLabel('Frame').selectOption('the greeting hello, over TCP');
    await settled('72 octets: 14 of Ethernet, 20 of IPv4, 32 of TCP, 6 of data.');
    await widget.getByRole('button', { name: 'Peel off Ethernet' }).click();
    await settled('58 octets are left');
    equal('in words', (await widget.locator('.words li').allTextContents()).length, 4);
  },

  async dissector({ page, widget, settled, equal }) {
    await settled('75 octets: Ethernet, IPv4, UDP, DNS.');
    const field = widget.getByLabel('Octets in hexadecimal, or a dump of them');
    await field.fill('45 00 zz');
    await settled('line 1, column 7: "zz" is not hexadecimal');
    equal('refused', await field.getAttribute('aria-invalid'), 'true');
    await widget.getByLabel('an IP header').check();
    await field.fill('45 00 00 1c 1c 46 40 00 40 11 32 03 c0 00 02 4d c6 33 64 07');
    await settled('Stopped at offset 20: the IPv4 packet says 28 octets, and 20 are there.');
    await field.fill('45 00 00 1c 1c 46 40 00 3f 11 32 03 c0 00 02 4d c6 33 64 07 00 07 00 35 00 08 00 00');
    await settled('At offset 10: the IPv4 header checksum is wrong.');
    await widget.getByLabel('Or take').selectOption('the query with a VLAN tag');
    await settled('79 octets: Ethernet, 802.1Q tag, IPv4, UDP, DNS.');
    await widget.getByRole('button', { name: '2a, octet 15' }).hover();
    await settled('VLAN (bits 4 to 15): 42');
    const fold = widget.locator('summary', { hasText: 'DNS: ' });
    await fold.focus();
    await page.keyboard.press('Enter');
    equal('the name', await widget.getByRole('row', { name: /question: name/ }).textContent(), 'question: name58–74www.example.com.');
    await widget.getByLabel('Or take').selectOption('the query, cut');
    await settled('Stopped at offset 55: the IPv4 packet says 61 octets, and 41 are there.');
  },

  async handshake({ page, widget, settled, equal }) {
    await settled('Nothing has happened. A: CLOSED. B: CLOSED.');
    const next = widget.getByRole('button', { name: 'Step', exact: true });
    await next.click();
    await settled('B listens');
    await page.keyboard.press('Space');
    await settled('A sends <SEQ=100><CTL=SYN>.');
    await page.keyboard.press('Enter');
    await settled('B sends <SEQ=300><ACK=101><CTL=SYN,ACK>.');
    await widget.getByRole('button', { name: 'Back' }).press('Enter');
    await settled('A: SYN-SENT. B: LISTEN.');
    await widget.getByRole('button', { name: 'To the end' }).click();
    await settled('15 of 15: A has waited 2 MSL');
    await widget.getByLabel('Story').selectOption('both close at once');
    await settled('Nothing has happened');
    for (let turn = 0; turn < 9; turn += 1) await next.press('Enter');
    await settled('A: CLOSING. B: CLOSING.');
    // By hand from here: the acknowledgment on its way to A is lost, and B asks no more.
    await widget.locator('summary', { hasText: 'By hand' }).press('Enter');
    await widget.getByRole('button', { name: 'ACK to A is lost' }).press('Enter');
    await settled('ACK to A is lost. A: CLOSING.');
    equal('the story cannot go on', await next.isDisabled(), true);
    await widget.getByRole('group', { name: 'A, CLOSING' }).getByRole('button', { name: 'retransmission timeout' }).click();
    await settled('A sends <SEQ=101><ACK=302><CTL=FIN,ACK>.');
    const drawn = widget.getByRole('img', { name: 'The states of both ends' });
    equal('the drawing says it', (await drawn.locator('desc').textContent()).startsWith('A is in CLOSING, B in CLOSING.'), true);
  },

  async 'lossy-link'({ page, widget, settled, equal }) {
    await settled('go-back-N: 6 packets in 26 ticks, put on the link 10 times; 1 loss.');
    await widget.getByLabel('selective repeat').check();
    await settled('selective repeat: 6 packets in 21 ticks, put on the link 7 times');
    await widget.getByLabel('stop-and-wait').check();
    await settled('stop-and-wait: 6 packets in 44 ticks');
    // Losses: by keyboard in the row of packets, by pointer on the drawing.
    const packets = widget.getByRole('toolbar', { name: 'Lose these packets' });
    await packets.getByRole('button', { name: '1, sent at tick 6' }).focus();
    await page.keyboard.press('Enter');
    await settled('6 packets in 36 ticks, put on the link 6 times; 0 losses');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await settled('6 packets in 44 ticks');
    const line = await widget.locator('line.hit[data-arg=d1]').boundingBox();
    await page.mouse.click(line.x + line.width / 2, line.y + line.height / 2);
    await settled('6 packets in 52 ticks, put on the link 8 times; 2 losses');
    await widget.getByLabel(/^Window/).focus();
    await widget.getByLabel('go-back-N').check();
    await widget.getByLabel(/^Window/).press('ArrowRight');
    await settled('go-back-N');
    equal('the window', await widget.getByLabel(/^Window/).getAttribute('aria-valuetext'), '5 packets');
    await widget.getByRole('button', { name: 'From the start' }).click();
    await settled('Tick 0 of');
    await widget.getByRole('button', { name: 'Step' }).press('Enter');
    await settled('Tick 1 of');
    await widget.getByRole('slider', { name: /^Time:/ }).press('End');
    await settled('go-back-N: 6 packets');
    await widget.getByRole('button', { name: 'Play' }).click();
    await settled(/^Tick ([2-9]|[1-9][0-9]) of/);
    await widget.getByRole('button', { name: 'Play' }).click();
  },

  async 'tcp-window'({ widget, settled, equal }) {
    await settled('24,000 octets in');
    await settled('4,000 octets in a round trip of 6 ticks sets that limit');
    await widget.getByRole('checkbox', { name: 'the application reads nothing from tick 8 to 40' }).uncheck();
    await settled('At most 667 in a tick');
    await widget.getByLabel(/^Receiver’s buffer/).press('End');
    await settled('At most 2,000 in a tick would go through: the window, 12,000 octets');
    await widget.getByLabel(/^The application reads: /).press('Home');
    await settled('At most 500 in a tick would go through: the application sets that limit.');
    await widget.getByLabel(/^Way/).press('ArrowRight');
    equal('the way', await widget.getByLabel(/^Way/).getAttribute('aria-valuetext'), '4 ticks, 8 there and back');
    await widget.getByRole('checkbox', { name: 'the application reads nothing from tick 8 to 40' }).check();
    await widget.getByRole('checkbox', { name: 'updates that open the window are lost, until a probe asks' }).press('Space');
    await widget.getByRole('button', { name: 'From the start' }).click();
    await settled('Tick 0 of');
    await widget.getByRole('button', { name: 'Step' }).press('Enter');
    await settled('Tick 1 of');
    await widget.locator('summary').press('Enter');
    equal('the table', await widget.getByRole('columnheader').first().textContent(), 'tick');
  },

  async 'five-tuple'({ page, widget, settled, equal }) {
    await settled('visitor 2 gets it: all five parts are those of this connection');
    await widget.getByLabel('From port').fill('50003');
    await settled('Nobody gets it, and RST answers');
    await widget.getByLabel('it is a SYN').press('Space');
    await settled('web gets it: a SYN for a listener at every address');
    await widget.getByLabel('From port').fill('70000');
    await settled('"70000" is no number from 0 to 65535');
    await widget.getByRole('button', { name: 'an answer to asking' }).press('Enter');
    await settled('asking gets it: all five parts are those of this connected socket');
    await widget.getByRole('button', { name: 'a forged one' }).click();
    await settled('Nobody gets it, and ICMP answers');
    await widget.getByLabel('To port').fill('53');
    await settled('names gets it');
    await widget.getByRole('checkbox', { name: 'names' }).click();
    await settled('Nobody gets it, and ICMP answers');
    await widget.getByLabel('From address').selectOption('127.0.0.1');
    await settled('Nobody gets it: a loopback address never comes from outside');
    equal('closed', await widget.getByRole('cell', { name: 'closed' }).count(), 1);
  },
};
