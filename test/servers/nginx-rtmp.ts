import { writeFile } from 'node:fs/promises';
import { until } from '../../src/kit/deadline.ts';
import { Child } from '../../src/process/child.ts';
import { childEnvironment } from '../../src/process/environment.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { librariesOf, pathOf, programOf, unpackDebian } from './debian.ts';
import { freePort } from './free-port.ts';

export interface NginxRtmpOptions {
  /** Asked by POST before a stream is taken; any answer but 2xx refuses it. */
  readonly onPublish?: string;
  /** Where each stream is written to, as `<name>-<unix time>.flv`; absolute path of a folder. */
  readonly recordTo?: string;
}

/** A stream as the server sees it. */
export interface RtmpStream {
  readonly name: string;
  readonly publishing: boolean;
  /** Received from the publisher since it connected. */
  readonly bytesIn: number;
}

/** nginx with its RTMP module, on 127.0.0.1. */
export class NginxRtmp implements AsyncDisposable {
  /** `rtmp://127.0.0.1:port/live`; a stream's name follows after a slash. */
  readonly url: string;
  readonly #http: string;
  readonly #server: Child;
  readonly #folder: TempFolder;

  private constructor(server: Child, folder: TempFolder, rtmp: number, http: number) {
    this.#server = server;
    this.#folder = folder;
    this.url = `rtmp://127.0.0.1:${rtmp}/live`;
    this.#http = `http://127.0.0.1:${http}`;
  }

  static async start(options: NginxRtmpOptions = {}): Promise<NginxRtmp> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await NginxRtmp.#startOnce(options);
      } catch (error) {
        // Somebody else has taken the port since it was found free.
        if (tries === 3 || !String(error).includes('Address already in use')) throw error;
      }
    }
  }

  static async #startOnce(options: NginxRtmpOptions): Promise<NginxRtmp> {
    const debian = await unpackDebian(['nginx', 'libnginx-mod-rtmp']);
    const [rtmp, http] = [await freePort(), await freePort()];
    const folder = await makeTempFolder();
    await writeFile(folder.file('nginx.conf'), configText(options, rtmp, http));
    const server = new Child({
      name: 'nginx',
      command: programOf(debian, 'nginx'),
      args: ['-p', folder.path, '-c', folder.file('nginx.conf'), '-e', 'stderr', '-g', loadModule(debian)],
      env: childEnvironment(folder.path, librariesOf(debian)),
      identity: null,
    });
    const nginx = new NginxRtmp(server, folder, rtmp, http);
    const ready = await until(10_000, 20, async () => server.exit !== null || (await nginx.#answers()));
    if (ready && !server.exit) return nginx;
    await nginx[Symbol.asyncDispose]();
    throw new Error(`nginx did not start: ${server.describeExit()}`);
  }

  /** All streams that somebody publishes or waits for. */
  async streams(): Promise<RtmpStream[]> {
    const xml = await (await fetch(`${this.#http}/stat`)).text();
    return [...xml.matchAll(/<stream>(.*?)<\/stream>/gs)].map(([, stream = '']) => ({
      name: /<name>(.*?)<\/name>/.exec(stream)?.[1] ?? '',
      publishing: stream.includes('<publishing/>'),
      bytesIn: Number(/<bytes_in>(\d+)<\/bytes_in>/.exec(stream)?.[1] ?? 0),
    }));
  }

  /** Cuts the publisher's connection. */
  async drop(name: string): Promise<void> {
    await fetch(`${this.#http}/control/drop/publisher?app=live&name=${encodeURIComponent(name)}`);
  }

  /** Keeps all connections and reads nothing any more: a server that hangs. */
  freeze(): void {
    this.#server.signal('SIGSTOP');
  }

  thaw(): void {
    this.#server.signal('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close(0, () => this.#server.signal('SIGKILL'));
    await this.#folder[Symbol.asyncDispose]();
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.#http}/stat`)).ok;
    } catch {
      return false;
    }
  }
}

function loadModule(debian: string): string {
  return `load_module ${pathOf(debian, 'usr/lib/nginx/modules/ngx_rtmp_module.so')};`;
}

/**
 * One process without a master, so that it dies with the test as a whole. `access_log off` within `rtmp`: the module would
 * open /var/log/nginx otherwise.
 */
function configText({ onPublish, recordTo }: NginxRtmpOptions, rtmp: number, http: number): string {
  return `
daemon off;
master_process off;
error_log stderr warn;
pid nginx.pid;
events { worker_connections 256; }
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:${rtmp};
    application live {
      live on;
      # Players are told when the stream ends; ffmpeg then ends too.
      publish_notify on;
      ${onPublish ? `on_publish ${onPublish};` : ''}
      ${recordTo ? `record all; record_path ${recordTo}; record_unique on;` : ''}
    }
  }
}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${http};
    location /stat { rtmp_stat all; }
    location /control { rtmp_control all; }
  }
}
`;
}
