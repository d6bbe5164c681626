// The USSD side of smsc.js: dialogues in three dialects, and the radio by which phones reach this SMSC.
//
// A phone is a line of JSON on a TCP connection: {number, to, session, unit, op: start|input|end, text}. It is written
// to the journal before anything else is done with it, so that a kill loses no key press that a phone was told of.
// Phones are told {acknowledged} when the node has answered ESME_ROK, and {screen} when the node has sent one.
'use strict';

const net = require('net');

const INPUT = 0x12;
const DIALECTS = {
  // The standard: a session's number, and in the second octet the number of the dialogue unit and a bit for the end.
  generic: {
    session: 'its_session_info', close: 0x11, end: INPUT,
    info: (session, unit, end) => ((session & 0xff) << 8) | ((unit & 0x7f) << 1) | end, of: (info) => info >> 8,
  },
  // 15 bits of session, the same all through it.
  sixdee: {
    session: 'its_session_info', close: 0x17, end: 0x81,
    info: (session, unit, end) => ((session & 0x7fff) << 1) | end, of: (info) => info >> 1,
  },
  mica: {
    session: 'user_message_reference', close: 0x17, end: 0x81,
    info: (session) => session & 0xffff, of: (info) => info,
  },
};

function octets(value) {
  return Buffer.from([value >> 8, value & 0xff]);
}

// The parameters of the deliver_sm of a key press.
function fields(name, press) {
  const dialect = DIALECTS[name];
  const over = press.op === 'end';
  const info = dialect.info(press.session, press.unit, over ? 1 : 0);
  const operation = { start: 0x01, input: INPUT, end: dialect.end }[press.op];
  return {
    service_type: 'USSD', data_coding: 15, short_message: Buffer.from(press.text, 'ascii'), ussd_service_op: operation,
    [dialect.session]: dialect.session === 'its_session_info' ? octets(info) : info,
  };
}

// What a submit_sm shows: its session, its octets as they were on the wire, and whether it is the last.
function screen(name, pdu) {
  const dialect = DIALECTS[name];
  const info = pdu[dialect.session];
  const text = pdu.short_message.message;
  const wire = Buffer.isBuffer(text) ? text : Buffer.from(text, 'utf16le').swap16();
  return {
    session: dialect.of(Buffer.isBuffer(info) ? info.readUInt16BE(0) : info), coding: pdu.data_coding,
    octets: wire.toString('hex'), over: pdu.ussd_service_op === dialect.close,
  };
}

// Listens for phones; `pressed` is called with each press. Returns what tells them something.
function radio(port, pressed) {
  const phones = new Set();
  net.createServer((socket) => {
    phones.add(socket);
    let half = '';
    socket.on('data', (data) => {
      const lines = (half + data).split('\n');
      half = lines.pop();
      lines.filter(Boolean).forEach((line) => pressed(JSON.parse(line)));
    });
    socket.on('close', () => phones.delete(socket));
    socket.on('error', () => phones.delete(socket));
  }).listen(port, '127.0.0.1');
  return (news) => phones.forEach((socket) => socket.write(JSON.stringify(news) + '\n'));
}

module.exports = { fields, screen, radio };
