import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface StrictOptions {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  /** `host/bucket/key`; else `bucket.host/key`, and the other one is refused. */
  readonly pathStyle: boolean;
}

/** A request that was signed as it should be. */
export interface SignedRequest {
  readonly method: string;
  readonly host: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Region that it was signed for. */
  readonly region: string;
  readonly body: Buffer;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

interface Reply {
  readonly body?: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
}

/**
 * S3 as its strictest imitators understand it, in memory: signatures (version 4) are computed again from what arrived, all
 * `x-amz-` headers must be signed, bodies must be what their hash says, and `aws-chunked` bodies are refused.
 */
export class StrictS3 implements AsyncDisposable {
  /** Those that were taken, in order. */
  readonly requests: SignedRequest[] = [];
  readonly objects = new Map<string, Buffer>();
  /** Parts of unfinished uploads by upload id. */
  readonly uploads = new Map<string, { readonly key: string; readonly parts: Map<number, Buffer> }>();
  readonly agents: { readonly http: Agent; readonly https: TlsAgent };
  readonly port: number;
  readonly #options: StrictOptions;
  readonly #server: Server;

  private constructor(server: Server, options: StrictOptions) {
    this.#server = server;
    this.#options = options;
    this.port = (server.address() as AddressInfo).port;
    this.agents = agentsTo(this.port);
    server.on('request', async (request, response) => {
      const body = await buffer(request).catch(() => null);
      // Its sender has gone in the middle of it.
      if (body === null) return;
      const { status = 200, body: answer = '', headers = {} } = this.#reply(request, body);
      response.writeHead(status, headers).end(answer);
    });
  }

  static async start(options: StrictOptions): Promise<StrictS3> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StrictS3(server, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #reply(incoming: IncomingMessage, body: Buffer): Reply {
    try {
      const request = this.#check(incoming, body);
      this.requests.push(request);
      return this.#serve(request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, body: `<Error><Code>${error.code}</Code><Message>secret text</Message></Error>` };
    }
  }

  #check(incoming: IncomingMessage, body: Buffer): SignedRequest {
    const { method = '', headers } = incoming;
    const [path = '', query = ''] = (incoming.url ?? '').split('?');
    const given =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/;
    const [, accessKey, date, region = '', signed = '', signature] = given.exec(headers.authorization ?? '') ?? [];
    if (accessKey !== this.#options.accessKey) throw new Refusal(403, 'InvalidAccessKeyId');
    const hash = String(headers['x-amz-content-sha256']);
    if (hash.startsWith('STREAMING-') || headers['content-encoding'] === 'aws-chunked')
      throw new Refusal(400, 'NotChunked');
    if (hash !== 'UNSIGNED-PAYLOAD' && hash !== sha256(body)) throw new Refusal(400, 'XAmzContentSHA256Mismatch');
    const names = signed.split(';');
    const unsigned = Object.keys(headers).find((name) => name.startsWith('x-amz-') && !names.includes(name));
    if (unsigned || !names.includes('host')) throw new Refusal(403, 'AccessDenied');
    const canonical = [
      method,
      path,
      query
        .split('&')
        .map((pair) => (pair.includes('=') || pair === '' ? pair : `${pair}=`))
        .sort()
        .join('&'),
      ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
      '',
      signed,
      hash,
    ].join('\n');
    const scope = `${date}/${region}/s3/aws4_request`;
    const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
    const key = [date ?? '', region, 's3', 'aws4_request'].reduce<Buffer | string>(
      (secret, word) => hmac(secret, word),
      `AWS4${this.#options.secretKey}`,
    );
    if (hmac(key, text).toString('hex') !== signature) throw new Refusal(403, 'SignatureDoesNotMatch');
    const host = headers.host ?? '';
    return { method, host, key: this.#keyOf(host, path), query: new URLSearchParams(query), headers, region, body };
  }

  #keyOf(host: string, path: string): string {
    const { bucket, pathStyle } = this.#options;
    const inPath = `/${bucket}/`;
    if (pathStyle ? !path.startsWith(inPath.slice(0, -1)) : !host.startsWith(`${bucket}.`)) {
      throw new Refusal(404, 'NoSuchBucket');
    }
    return decodeURIComponent(path.slice(pathStyle ? inPath.length : 1));
  }

  #serve(request: SignedRequest): Reply {
    const { method, query, key, body } = request;
    if (query.has('uploads')) return method === 'POST' ? this.#begin(key) : this.#list(query.get('prefix') ?? '');
    const uploadId = query.get('uploadId');
    if (uploadId !== null) return this.#serveUpload(request, uploadId);
    switch (method) {
      case 'PUT':
        this.objects.set(key, body);
        return { headers: { ETag: etag(body) } };
      case 'GET':
        return this.#get(request);
      case 'DELETE':
        this.objects.delete(key);
        return { status: 204 };
      default:
        throw new Refusal(405, 'MethodNotAllowed');
    }
  }

  #begin(key: string): Reply {
    const id = String(this.uploads.size + 1);
    this.uploads.set(id, { key, parts: new Map() });
    return xml('InitiateMultipartUploadResult', `<UploadId>${id}</UploadId>`);
  }

  #list(prefix: string): Reply {
    const found = [...this.uploads].filter(([, { key }]) => key.startsWith(prefix));
    const entries = found.map(([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`);
    return xml('ListMultipartUploadsResult', entries.join(''));
  }

  #serveUpload({ method, query, key, body }: SignedRequest, id: string): Reply {
    const upload = this.uploads.get(id);
    if (upload?.key !== key) throw new Refusal(404, 'NoSuchUpload');
    if (method === 'PUT') {
      upload.parts.set(Number(query.get('partNumber')), body);
      return { headers: { ETag: etag(body) } };
    }
    this.uploads.delete(id);
    if (method === 'DELETE') return { status: 204 };
    const listed = [...body.toString().matchAll(/<Part>.*?<\/Part>/gs)].map(([part]) => {
      const data = upload.parts.get(Number(/<PartNumber>(\d+)</.exec(part)?.[1]));
      if (data === undefined || !part.includes(etag(data).slice(1, -1))) throw new Refusal(400, 'InvalidPart');
      return data;
    });
    this.objects.set(key, Buffer.concat(listed));
    return xml('CompleteMultipartUploadResult', `<ETag>"x-${listed.length}"</ETag>`);
  }

  #get({ key, headers }: SignedRequest): Reply {
    const object = this.objects.get(key);
    if (object === undefined) throw new Refusal(404, 'NoSuchKey');
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    if (from === undefined) return { body: object };
    if (Number(from) >= object.length) throw new Refusal(416, 'InvalidRange');
    const body = object.subarray(Number(from), Number(to) + 1);
    const range = `bytes ${from}-${Number(from) + body.length - 1}/${object.length}`;
    return { status: 206, body, headers: { 'Content-Range': range } };
  }
}

/** Whatever host is asked for, the connection goes to this port, without TLS. */
function agentsTo(port: number): { http: Agent; https: TlsAgent } {
  const [http, https] = [new Agent(), new TlsAgent()];
  for (const agent of [http, https]) agent.createConnection = () => connect(port, '127.0.0.1');
  return { http, https };
}

function xml(name: string, content: string): Reply {
  return { body: `<?xml version="1.0"?><${name}>${content}</${name}>`, headers: { 'Content-Type': 'application/xml' } };
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function etag(data: Buffer): string {
  return `"${createHash('md5').update(data).digest('hex')}"`;
}
