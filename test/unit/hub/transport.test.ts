import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { classes, Message, methods } from 'werift';
import { makeCertificate } from '../../../src/hub/dtls.ts';
import { Ports } from '../../../src/hub/ports.ts';
import { Transport } from '../../../src/hub/transport.ts';
import { until } from './until.ts';

const FINGERPRINT = { algorithm: 'sha256', value: 'AB:'.repeat(31).concat('AB') };

/** A way to nobody yet, and a socket beside it. */
async function setUp(ports: readonly [number, number]) {
  const socket = await new Ports(ports).open();
  const ended: string[] = [];
  const transport = new Transport(socket, await makeCertificate(), FINGERPRINT, {
    onConnected: assert.fail,
    onRtp: () => assert.fail('a packet of media'),
    onRtcp: () => assert.fail('a report'),
    onEnded: (why) => ended.push(why),
  });
  const client = createSocket('udp4');
  const answers: Buffer[] = [];
  client.on('message', (data) => answers.push(data));
  client.bind(0, '127.0.0.1');
  await once(client, 'listening');
  return {
    transport,
    client,
    ended,
    answers,
    async [Symbol.asyncDispose]() {
      transport[Symbol.dispose]();
      client.close();
      await once(client, 'close');
    },
  };
}

function check({ ice }: Transport, password: string): Buffer {
  const request = new Message(methods.BINDING, classes.REQUEST)
    .setAttribute('USERNAME', `${ice.usernameFragment}:them`)
    .setAttribute('USE-CANDIDATE', null)
    .addMessageIntegrity(Buffer.from(password))
    .addFingerprint();
  return request.bytes;
}

function sendTo(client: Socket, { ice }: Transport, data: Buffer): void {
  client.send(data, ice.port, '127.0.0.1');
}

describe('the way to a browser', () => {
  test('only who knows the password of the answer is answered', async () => {
    await using way = await setUp([43_500, 43_504]);
    sendTo(way.client, way.transport, check(way.transport, 'guessed'));
    sendTo(way.client, way.transport, check(way.transport, way.transport.ice.password));
    await until('an answer comes', () => way.answers.length > 0);
    assert.equal(way.answers.length, 1);
  });

  test('is not brought down by packets that are none', async () => {
    await using way = await setUp([43_505, 43_509]);
    sendTo(way.client, way.transport, check(way.transport, way.transport.ice.password));
    await until('we are chosen', () => way.answers.length === 1);
    for (const first of [0, 1, 20, 21, 22, 23, 24, 63, 128, 144, 191, 255])
      for (const length of [0, 1, 4, 11, 12, 13, 14, 25, 60, 1500]) {
        const data = randomBytes(length + 1);
        data[0] = first;
        sendTo(way.client, way.transport, data);
      }
    sendTo(way.client, way.transport, check(way.transport, way.transport.ice.password));
    await until('it still answers', () => way.answers.length > 1);
    assert.deepEqual(way.ended, []);
  });
});
