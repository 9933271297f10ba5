import { PeerConnection, RtcpReceivingSession, type Track } from 'node-datachannel';

/** What the bench asks of the hub that it compares with: see hub.ts. */
export interface ToDatachannelHub {
  readonly type: 'publish' | 'view';
  readonly id: number;
  readonly offer: string;
}

export interface FromDatachannelHub {
  readonly id: number;
  readonly answer: string;
}

/** Its feedback is REMB; without this, browsers wait for another one and send ever less. */
const BITRATE = 5_000_000;
const KINDS = ['audio', 'video'] as const;

const received = new Map<string, Track>();
const viewers = new Map<string, Set<Track>>(KINDS.map((kind) => [kind, new Set()]));
const connections: PeerConnection[] = [];

function onTrack(side: ToDatachannelHub['type'], track: Track): void {
  const kind = track.type();
  if (side === 'view') {
    viewers.get(kind)?.add(track);
    track.onOpen(() => received.get('video')?.requestKeyframe());
    return;
  }
  received.set(kind, track);
  track.setMediaHandler(new RtcpReceivingSession());
  track.onOpen(() => track.requestBitrate(BITRATE));
  track.onMessage((packet) => {
    for (const viewer of viewers.get(kind) ?? []) if (viewer.isOpen()) viewer.sendMessageBinary(packet);
  });
}

/** The smallest hub that node-datachannel can be made into: forwards the packets of one publisher to all who view. */
function answer({ type, id, offer }: ToDatachannelHub): void {
  const connection = new PeerConnection(`${type} ${id}`, { iceServers: [] });
  connections.push(connection);
  connection.onTrack((track) => onTrack(type, track));
  connection.onGatheringStateChange((state) => {
    const sdp = connection.localDescription()?.sdp;
    if (state === 'complete' && sdp !== undefined) process.send?.({ id, answer: sdp } satisfies FromDatachannelHub);
  });
  connection.setRemoteDescription(simplify(offer), 'offer');
}

/** Without feedback that would be accepted but not given, and without extensions, whose numbers mean something else to each viewer. */
function simplify(offer: string): string {
  return offer
    .split('\r\n')
    .filter((line) => !/transport-cc|^a=extmap:|^a=rtcp-fb:\d+ nack$/.test(line))
    .join('\r\n');
}

process.on('message', answer);
process.on('disconnect', () => process.exit(0));
