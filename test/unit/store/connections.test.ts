import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { impatient } from '../../../src/store/connections.ts';

const LONG = 60_000;

describe('an impatient agent', () => {
  let server: Server;
  let port: number;

  before(async () => {
    server = createServer((incoming, response) => {
      if (incoming.url === '/answer') response.end('yes');
      if (incoming.url === '/half') response.write('half');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const get = async (path: string, agent: Agent): Promise<string> => {
    const sent = request({ port, path, agent }).end();
    const [response] = await once(sent, 'response');
    sent.on('error', () => {});
    let text = '';
    for await (const piece of response) text += piece;
    return text;
  };

  it('lets through what is answered, more than once on a connection', async () => {
    const agent = new Agent({ keepAlive: true });
    const hasty = impatient(agent, { connectMs: LONG, idleMs: LONG });
    assert.equal(await get('/answer', hasty), 'yes');
    assert.equal(await get('/answer', hasty), 'yes');
    hasty.destroy();
  });

  it('ends a request that is not answered', async () => {
    const agent = impatient(new Agent(), { connectMs: LONG, idleMs: 200 });
    await assert.rejects(get('/never', agent), { code: 'ETIMEDOUT' });
  });

  it('ends an answer that comes to a halt', async () => {
    const agent = impatient(new Agent(), { connectMs: LONG, idleMs: 200 });
    await assert.rejects(get('/half', agent));
  });

  it('ends a connection that does not come about', async () => {
    const agent = new Agent();
    agent.createConnection = () => Object.assign(new Socket(), { connecting: true });
    await assert.rejects(get('/answer', impatient(agent, { connectMs: 200, idleMs: LONG })), { code: 'ETIMEDOUT' });
  });
});
