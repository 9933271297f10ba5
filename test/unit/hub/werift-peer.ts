import {
  MediaStreamTrack,
  RTCPeerConnection,
  type RtcpPacket,
  RtpHeader,
  RtpPacket,
  useH264,
  useNACK,
  useOPUS,
  usePLI,
  useTransportWideCC,
  useTWCC,
  useVP8,
} from 'werift';
import type { HubSession } from '../../../src/channel/hub.ts';

type Answering = (offer: string) => Promise<HubSession>;

const FEEDBACK = [useNACK(), usePLI(), useTWCC()];

/** Reaches nobody but this machine. */
function newPeer(video: 'VP8' | 'H264' = 'VP8'): RTCPeerConnection {
  const codec = video === 'VP8' ? useVP8({ rtcpFeedback: FEEDBACK }) : useH264({ rtcpFeedback: FEEDBACK });
  return new RTCPeerConnection({
    codecs: { audio: [useOPUS()], video: [codec] },
    headerExtensions: { video: [useTransportWideCC()] },
    iceServers: [{ urls: 'stun:127.0.0.1:9' }],
    iceStunGatherTimeout: 0.01,
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
    bundlePolicy: 'max-bundle',
  });
}

/** @throws what `answering` throws, nothing left behind. */
async function join(pc: RTCPeerConnection, answering: Answering): Promise<string> {
  return await connect(pc, answering).catch(async (error: unknown) => {
    await pc.close();
    throw error;
  });
}

async function connect(pc: RTCPeerConnection, answering: Answering): Promise<string> {
  await pc.setLocalDescription(await pc.createOffer());
  const { id, answer } = await answering(pc.localDescription?.sdp ?? '');
  const connected = new Promise<void>((resolve, reject) => {
    pc.connectionStateChange.subscribe((state) => {
      if (state === 'connected') resolve();
      if (state === 'failed' || state === 'closed') reject(new Error(`the connection ${state}`));
    });
  });
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  await connected;
  return id;
}

export interface WeriftPublisher extends AsyncDisposable {
  readonly session: string;
  /** What the hub has said. */
  readonly heard: readonly RtcpPacket[];
  send(kind: 'audio' | 'video', sequence: number, timestamp: number, payload: Buffer): void;
}

export async function publishByWerift(answering: Answering, video?: 'VP8' | 'H264'): Promise<WeriftPublisher> {
  const pc = newPeer(video);
  const tracks = { audio: new MediaStreamTrack({ kind: 'audio' }), video: new MediaStreamTrack({ kind: 'video' }) };
  const senders = {
    audio: pc.addTransceiver(tracks.audio, { direction: 'sendonly' }).sender,
    video: pc.addTransceiver(tracks.video, { direction: 'sendonly' }).sender,
  };
  const heard: RtcpPacket[] = [];
  for (const sender of Object.values(senders)) sender.onRtcp.subscribe((packet) => heard.push(packet));
  const session = await join(pc, answering);
  return {
    session,
    heard,
    send(kind, sequenceNumber, timestamp, payload) {
      const header = new RtpHeader({
        sequenceNumber: sequenceNumber & 0xffff,
        timestamp,
        payloadType: 96,
        marker: true,
      });
      tracks[kind].writeRtp(new RtpPacket(header, payload));
    },
    [Symbol.asyncDispose]: () => pc.close(),
  };
}

export interface WeriftViewer extends AsyncDisposable {
  readonly session: string;
  readonly got: readonly { readonly kind: string; readonly packet: RtpPacket }[];
  readonly heard: readonly RtcpPacket[];
  readonly closed: boolean;
  askForKeyFrame(): Promise<void>;
}

export async function viewByWerift(answering: Answering): Promise<WeriftViewer> {
  const pc = newPeer();
  const got: { kind: string; packet: RtpPacket }[] = [];
  const heard: RtcpPacket[] = [];
  const transceivers = (['audio', 'video'] as const).map((kind) => pc.addTransceiver(kind, { direction: 'recvonly' }));
  for (const { receiver } of transceivers) receiver.onRtcp.subscribe((packet) => heard.push(packet));
  let ssrc = 0;
  pc.onTrack.subscribe((track) => {
    if (track.kind === 'video') ssrc = track.ssrc ?? 0;
    track.onReceiveRtp.subscribe((packet) => got.push({ kind: track.kind, packet }));
  });
  const session = await join(pc, answering);
  return {
    session,
    got,
    heard,
    get closed() {
      return pc.connectionState !== 'connected';
    },
    askForKeyFrame: async () => await transceivers[1]?.receiver.sendRtcpPLI(ssrc),
    [Symbol.asyncDispose]: () => pc.close(),
  };
}
