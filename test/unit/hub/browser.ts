import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { Hub, Member } from '../../../src/channel/hub.ts';

/** Chromium without a window, whose pages publish to a hub and view it. */
export interface TestBrowser extends AsyncDisposable {
  /** A page of its own process. */
  open(hub: Pick<Hub, 'publish' | 'view'>): Promise<Peer>;
  kill(): void;
}

export interface Published {
  readonly codec: 'VP8' | 'VP9' | 'H264';
  /** Two sizes: rid `l` at a quarter, rid `h` whole. */
  readonly simulcast?: boolean;
}

/** What a viewer's picture has come to. */
export interface Seen {
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Of the middle: red, green, blue. */
  readonly colour: readonly number[];
  /** Samples of sound that came out, and their energy. */
  readonly samples: number;
  readonly energy: number;
  readonly lost: number;
  readonly state: string;
}

export interface Peer {
  readonly page: Page;
  /** @returns the session's id once it is connected */
  publish(member: Member, options: Published): Promise<string>;
  view(member: Member, publisher: string, layer: 'high' | 'low'): Promise<string>;
  seen(): Promise<Seen>;
}

export async function launchBrowser(): Promise<TestBrowser> {
  const browser: Browser = await puppeteer.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--disable-gpu', '--mute-audio'],
  });
  return {
    open: (hub) => openPeer(browser, hub),
    kill: () => browser.process()?.kill('SIGKILL'),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function openPeer(browser: Browser, hub: Pick<Hub, 'publish' | 'view'>): Promise<Peer> {
  const page = await browser.newPage();
  await page.exposeFunction('hubPublish', (member: Member, offer: string) => hub.publish(member, offer));
  await page.exposeFunction('hubView', (member: Member, publisher: string, layer: 'high' | 'low', offer: string) =>
    hub.view(member, publisher, layer, offer),
  );
  await page.evaluate(PAGE_SCRIPT);
  const run = <T>(name: string, ...args: unknown[]) =>
    page.evaluate(`${name}(...${JSON.stringify(args)})`) as Promise<T>;
  return {
    page,
    publish: (member, options) => run('publish', member, options),
    view: (member, publisher, layer) => run('view', member, publisher, layer),
    seen: () => run('seen'),
  };
}

/** Runs in the page: a picture in motion on green, with a counter, and a tone. */
const PAGE_SCRIPT = `
function source() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
  const context = canvas.getContext('2d');
  let count = 0;
  const draw = () => {
    count += 1;
    context.fillStyle = '#00c000';
    context.fillRect(0, 0, 1280, 720);
    for (let i = 0; i < (window.detail ?? 40); i += 1) {
      context.fillStyle = 'hsl(' + ((i * 37 + count * 5) % 360) + ' 80% 50%)';
      context.fillRect((i * 97 + count * 7) % 1280, (i * 53) % 240, 40, 40);
    }
  };
  window.drawing = setInterval(draw, 33);
  draw();
  const audio = new AudioContext();
  const tone = new OscillatorNode(audio, { frequency: 440 });
  const out = new MediaStreamAudioDestinationNode(audio);
  tone.connect(new GainNode(audio, { gain: 0.3 })).connect(out);
  tone.start();
  return new MediaStream([...canvas.captureStream(30).getTracks(), ...out.stream.getTracks()]);
}

function connected(pc) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (pc.connectionState === 'connected') resolve();
      if (pc.connectionState === 'failed' || pc.connectionState === 'closed') reject(new Error(pc.connectionState));
    };
    pc.addEventListener('connectionstatechange', look);
    look();
  });
}

async function publish(member, { codec, simulcast }) {
  const pc = (window.publisher = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }));
  const stream = (window.stream = source());
  const [picture] = stream.getVideoTracks();
  picture.contentHint = 'detail';
  const sizes = [{ rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 150_000 }, { rid: 'h', maxBitrate: 2_000_000 }];
  const video = pc.addTransceiver(picture, {
    direction: 'sendonly', streams: [stream], sendEncodings: simulcast ? sizes : [{ maxBitrate: 2_000_000 }],
  });
  pc.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly', streams: [stream] });
  const { codecs } = RTCRtpSender.getCapabilities('video');
  const wanted = codecs.filter(({ mimeType }) => mimeType === 'video/' + codec);
  video.setCodecPreferences([...wanted, ...codecs.filter(({ mimeType }) => /rtx/.test(mimeType))]);
  await pc.setLocalDescription();
  const { id, answer } = await hubPublish(member, pc.localDescription.sdp);
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  await connected(pc);
  return id;
}

async function view(member, publisher, layer) {
  const pc = (window.viewer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }));
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addTransceiver('video', { direction: 'recvonly' });
  const element = (window.element = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true }));
  document.body.append(element);
  pc.addEventListener('track', ({ streams }) => { element.srcObject = streams[0]; });
  await pc.setLocalDescription();
  window.asked = performance.now();
  element.addEventListener('resize', () => { window.firstFrameMs = performance.now() - window.asked; }, { once: true });
  const { id, answer } = await hubView(member, publisher, layer, pc.localDescription.sdp);
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  await connected(pc);
  return id;
}

async function seen() {
  const pc = window.viewer;
  const all = [...(await pc.getStats()).values()].filter(({ type }) => type === 'inbound-rtp');
  const video = all.find(({ kind }) => kind === 'video') ?? {};
  const audio = all.find(({ kind }) => kind === 'audio') ?? {};
  const { videoWidth: width, videoHeight: height } = window.element;
  let colour = [];
  if (width > 0) {
    const canvas = new OffscreenCanvas(1, 1);
    const context = canvas.getContext('2d');
    context.drawImage(window.element, width / 2, height * 0.8, 1, 1, 0, 0, 1, 1);
    colour = [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }
  return {
    frames: video.framesDecoded ?? 0, width, height, colour,
    samples: audio.totalSamplesReceived ?? 0, energy: audio.totalAudioEnergy ?? 0,
    lost: (video.packetsLost ?? 0) + (audio.packetsLost ?? 0), state: pc.connectionState,
  };
}
`;
