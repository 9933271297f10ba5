/**
 * A channel that a test conducts, in the place of a way to a real one: `standIn` on the window says who is there and what they send.
 * Each user sends one colour, with a stripe of another one along the left and right edges, and a tone.
 */
const FPS = 15;

export function open(plan, events) {
  globalThis.standIn = new StandIn(plan, events);
  return globalThis.standIn;
}

class StandIn {
  plan;
  events;
  wanted = new Map();
  subscriptions = 0;
  joined = false;
  #sources = new Map();

  constructor(plan, events) {
    this.plan = plan;
    this.events = events;
  }

  join() {
    this.joined = true;
    this.events.onJoined(true);
  }

  subscribe(wanted) {
    this.wanted = wanted;
    this.subscriptions += 1;
    for (const [uid, { audio, video }] of wanted) {
      const sources = this.#sources.get(uid) ?? {};
      if (audio) this.#give(uid, 'audio', sources.audio);
      if (video) this.#give(uid, 'video', sources.video);
    }
    for (const [uid, sources] of this.#sources) {
      if (!wanted.get(uid)?.audio) this.#take(uid, 'audio', sources.audio);
      if (!wanted.get(uid)?.video) this.#take(uid, 'video', sources.video);
    }
  }

  async close() {}

  /** Who is there, as the channel tells it. */
  users(users) {
    this.events.onUsers(users.map((user) => ({ role: 'host', audio: true, video: true, ...user })));
  }

  /** From now on this user sends a picture: `{ width, height, colour, stripe, remote }`. */
  async picture(uid, options) {
    await this.#send(uid, 'video', await pictureSource(options));
  }

  /** From now on this user sends a tone: `{ hertz, amplitude, remote }`. */
  async tone(uid, options) {
    await this.#send(uid, 'audio', await toneSource(options));
  }

  /** The picture stands still, or the tone falls silent; the track stays. */
  pause(uid, kind) {
    this.#sources.get(uid)?.[kind]?.pause();
  }

  resume(uid, kind) {
    this.#sources.get(uid)?.[kind]?.resume();
  }

  /** The track is gone. */
  end(uid, kind) {
    const sources = this.#sources.get(uid) ?? {};
    this.#take(uid, kind, sources[kind]);
    sources[kind]?.close();
    delete sources[kind];
    if (!sources.audio && !sources.video) this.#sources.delete(uid);
  }

  #send(uid, kind, source) {
    const sources = this.#sources.get(uid) ?? {};
    const before = sources[kind];
    sources[kind] = source;
    this.#sources.set(uid, sources);
    if (this.wanted.get(uid)?.[kind]) this.#give(uid, kind, source);
    before?.close();
  }

  #give(uid, kind, source) {
    if (!source || source.given) return;
    source.given = true;
    this.events.onTrack(uid, kind, source.track);
  }

  #take(uid, kind, source) {
    if (!source?.given) return;
    source.given = false;
    this.events.onTrack(uid, kind, null);
  }
}

async function pictureSource({ width = 160, height = 90, colour, stripe = colour, remote = false }) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const draw = () => {
    context.fillStyle = stripe;
    context.fillRect(0, 0, width, height);
    context.fillStyle = colour;
    context.fillRect(width / 8, 0, (width * 6) / 8, height);
  };
  draw();
  const stream = canvas.captureStream(FPS);
  let timer = setInterval(draw, 1000 / FPS);
  const pause = () => clearInterval(timer);
  const way = await carry(stream.getVideoTracks()[0], remote);
  return {
    track: way.track,
    given: false,
    pause,
    resume() {
      pause();
      timer = setInterval(draw, 1000 / FPS);
    },
    close() {
      pause();
      way.close();
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

let sounds = null;
/** Chromium keeps each of these for as long as the context lives, so there is one of each kind. */
const tones = new Map();

function toneTrack(hertz, amplitude) {
  sounds ??= new AudioContext({ sampleRate: 48_000 });
  const name = `${hertz} ${amplitude}`;
  if (!tones.has(name)) {
    const oscillator = new OscillatorNode(sounds, { frequency: hertz });
    const destination = new MediaStreamAudioDestinationNode(sounds);
    oscillator.connect(new GainNode(sounds, { gain: amplitude })).connect(destination);
    oscillator.start();
    tones.set(name, destination.stream.getAudioTracks()[0]);
  }
  return tones.get(name).clone();
}

async function toneSource({ hertz, amplitude, remote = false }) {
  const track = toneTrack(hertz, amplitude);
  const way = await carry(track, remote);
  return {
    track: way.track,
    given: false,
    pause() {
      track.enabled = false;
    },
    resume() {
      track.enabled = true;
    },
    close() {
      way.close();
      track.stop();
    },
  };
}

/** As it is, or by a peer connection, so that it comes in packets and out of a decoder. */
async function carry(track, remote) {
  if (!remote) return { track: track.clone(), close: () => {} };
  const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()];
  from.onicecandidate = ({ candidate }) => candidate && to.addIceCandidate(candidate);
  to.onicecandidate = ({ candidate }) => candidate && from.addIceCandidate(candidate);
  const arrived = new Promise((resolve) => {
    to.ontrack = (event) => resolve(event.track);
  });
  from.addTransceiver(track, { direction: 'sendonly' });
  await from.setLocalDescription();
  await to.setRemoteDescription(from.localDescription);
  await to.setLocalDescription();
  await from.setRemoteDescription(to.localDescription);
  return {
    track: await arrived,
    close() {
      from.close();
      to.close();
    },
  };
}
