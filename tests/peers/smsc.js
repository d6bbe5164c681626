// An SMSC for tests and for trying things out, made of the npm package `smpp`: `node smsc.js PORT [--name=value ...]`.
//
// It stores and forwards: what is in --outbox (one JSON object a line: number, to, text; udh in hexadecimal for a part
// of a long one) is delivered until it is acknowledged, also over a kill of this process, for what was acknowledged is in --journal. Every submit_sm is written
// there before it is answered. Lines on the input are messages to deliver: `8562055512345 1600 hello`.
//
//   --window=10    deliver_sm under way at once
//   --forget=0     of so many acknowledgements one is not believed, and the connection is dropped: it comes again
//   --throttle=0   of so many submit_sm one is answered ESME_RTHROTTLED
//   --drop=0       hang up after so many milliseconds, again and again
//   --receipts=0   of so many messages each is reported as delivered
//   --ussd=        generic, sixdee or mica: key presses in this dialect, of phones that come by --radio=PORT (ussd.js)
'use strict';

const fs = require('fs');
const smpp = require('smpp');
const ussd = require('./ussd');

const options = {
  window: 10, forget: 0, throttle: 0, drop: 0, receipts: 0, outbox: '', journal: '', ussd: '', radio: 0,
};
for (const word of process.argv.slice(3)) {
  const [name, value] = word.replace(/^--/, '').split('=');
  options[name] = /^\d+$/.test(value) ? Number(value) : value;
}

const done = new Set();
const presses = [];
let taken = 0;
if (options.journal && fs.existsSync(options.journal)) {
  for (const line of fs.readFileSync(options.journal, 'utf8').split('\n')) {
    const entry = line && JSON.parse(line);
    if (entry && entry.acknowledged !== undefined) done.add(entry.acknowledged);
    if (entry && entry.id) taken += 1;
    if (entry && entry.pressed) presses.push({ ...entry, key: entry.pressed });
  }
}
const waiting = [];
if (options.outbox && fs.existsSync(options.outbox)) {
  fs.readFileSync(options.outbox, 'utf8').split('\n').filter(Boolean).forEach((line, key) => {
    if (!done.has(key)) waiting.push({ key, ...JSON.parse(line) });
  });
}
let pressed = presses.length;
waiting.push(...presses.filter((press) => !done.has(press.key)));
// Numbers with a key press under way: a phone has one dialogue, and in it one thing after the other.
const talking = new Set();

function note(entry) {
  const line = JSON.stringify(entry) + '\n';
  if (options.journal) fs.appendFileSync(options.journal, line);
  else process.stdout.write(line);
}

let receiver = null;
let flying = 0;
let heard = 0;
let offered = 0;
let answered = 0;

function octets(text) {
  return /^[\x20-\x7e\n]*$/.test(text) ? { data_coding: 0, short_message: Buffer.from(text, 'ascii') }
    : { data_coding: 8, short_message: Buffer.from(text, 'utf16le').swap16() };
}

function header(message) {
  if (!message.udh) return {};
  const udh = Buffer.from(message.udh, 'hex');
  return { esm_class: 0x40, short_message: Buffer.concat([udh, octets(message.text).short_message]) };
}

function next() {
  const place = waiting.findIndex((message) => !message.op || !talking.has(message.number));
  return place < 0 ? undefined : waiting.splice(place, 1)[0];
}

function forward() {
  let message;
  while (receiver && flying < options.window && (message = next())) deliver(receiver, message);
}

function deliver(session, message) {
  flying += 1;
  if (message.op) talking.add(message.number);
  session.deliver_sm({
    source_addr_ton: 1, source_addr_npi: 1, source_addr: message.number, destination_addr: message.to,
    ...(message.receipt ? { esm_class: 4 } : {}),
    ...(message.op ? ussd.fields(options.ussd, message) : { ...octets(message.text), ...header(message) }),
  }, (answer) => {
    if (session !== receiver) return;
    flying -= 1;
    heard += 1;
    if (answer.command_status) {
      session.flying.delete(message);
      setTimeout(() => { talking.delete(message.number); waiting.unshift(message); forward(); }, 100);
    } else if (options.forget && heard % options.forget === 0) {
      lose(session);
    } else {
      session.flying.delete(message);
      if (message.key !== undefined) note({ acknowledged: message.key });
      if (message.op) {
        talking.delete(message.number);
        tell({ acknowledged: message.key, number: message.number, session: message.session });
      }
      forward();
    }
  });
  session.flying.add(message);
}

const tell = options.radio ? ussd.radio(options.radio, (press) => {
  pressed += 1;
  const key = `p${pressed}`;
  note({ pressed: key, ...press });
  waiting.push({ ...press, key });
  forward();
}) : () => {};

function lose(session) {
  // What it has sent and we have not read is lost with it.
  session.lost = true;
  if (session === receiver) {
    receiver = null;
    flying = 0;
    talking.clear();
    waiting.unshift(...session.flying);
    session.flying.clear();
  }
  session.destroy();
}

const server = smpp.createServer((session) => {
  session.flying = new Set();
  const bind = (receives) => (pdu) => {
    session.send(pdu.response({ system_id: 'smsc' }));
    session.by = pdu.command;
    note({ bound: pdu.system_id, by: pdu.command });
    if (!receives) return;
    if (receiver) lose(receiver);
    receiver = session;
    flying = 0;
    if (options.drop) setTimeout(() => lose(session), options.drop * (0.5 + Math.random()));
    setImmediate(forward);
  };
  session.on('bind_transceiver', bind(true));
  session.on('bind_receiver', bind(true));
  session.on('bind_transmitter', bind(false));
  session.on('submit_sm', (pdu) => {
    if (session.lost) return;
    offered += 1;
    if (options.throttle && offered % options.throttle === 0) {
      note({ throttled: pdu.destination_addr });
      session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
      return;
    }
    taken += 1;
    const id = taken.toString(16);
    if (options.ussd && pdu.service_type === 'USSD') {
      const shown = { number: pdu.destination_addr, ...ussd.screen(options.ussd, pdu) };
      note({ id, operation: pdu.ussd_service_op, ...shown });
      session.send(pdu.response({ message_id: id }));
      tell({ screen: shown.octets, ...shown });
      return;
    }
    const text = pdu.short_message.message;
    const operation = pdu.ussd_service_op;
    const udh = pdu.short_message.udh;
    note({
      id, over: session.by, from: pdu.source_addr, number: pdu.destination_addr, coding: pdu.data_coding, esm_class: pdu.esm_class,
      text: Buffer.isBuffer(text) ? text.toString('hex') : text, ...(operation === undefined ? {} : { operation }),
      ...(udh ? { udh: Buffer.concat(udh).toString('hex') } : {}),
    });
    session.send(pdu.response({ message_id: id }));
    answered += 1;
    if (options.receipts && answered % options.receipts === 0) {
      const report = `id:${id} sub:001 dlvrd:001 submit date:2611290312 done date:2611290313 stat:DELIVRD err:000 text:`;
      waiting.push({ number: pdu.destination_addr, to: pdu.source_addr, text: report, receipt: true });
      setImmediate(forward);
    }
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('close', () => lose(session));
  session.on('error', () => lose(session));
});

server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('listening\n'));

let half = '';
process.stdin.on('data', (data) => {
  const lines = (half + data).split('\n');
  half = lines.pop();
  for (const line of lines.filter(Boolean)) {
    const [number, to, ...words] = line.split(' ');
    waiting.push({ number, to, text: words.join(' ') });
  }
  forward();
});
