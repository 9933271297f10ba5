// @ts-check
import { ConnectionError, ParticipantKind, RoomEvent, Track } from '/real/vendor/livekit-client.mjs';
import { makeTrack } from './stand-in-tracks.js';

/** @import { DisconnectReason, RemoteParticipant, RemoteTrackPublication, Room } from 'livekit-client' */

export {
  ConnectionError,
  ConnectionErrorReason,
  DisconnectReason,
  ParticipantKind,
  RoomEvent,
  Track,
  VideoQuality,
} from '/real/vendor/livekit-client.mjs';
export { StandInRoom as Room };

/**
 * Takes the place of LiveKit's SDK in tests: the methods and events that the adapter uses, held to the SDK's own types; its words
 * and errors are the SDK's. The functions at the end say what happens in the room.
 *
 * @typedef {Pick<Room, 'remoteParticipants' | 'connect' | 'disconnect' | 'on' | 'removeAllListeners'>} UsedRoom
 * @typedef {Pick<RemoteTrackPublication, 'kind' | 'source' | 'isMuted' | 'isDesired' | 'track' | 'videoQuality' | 'setSubscribed' |
 *   'setVideoQuality'>} UsedPublication
 * @typedef {Pick<RemoteParticipant, 'identity' | 'kind' | 'permissions' | 'joinedAt' | 'audioTrackPublications' |
 *   'videoTrackPublications'>} UsedParticipant
 */

/** @type {unknown[][]} what the adapter has called: name and arguments */
const calls = [];
/** @type {StandInRoom[]} */
const rooms = [];
/** @type {Map<string, RemoteParticipant>} */
const present = new Map();
/** @type {Error | null} */
let refusal = null;
let entered = 0;

/** @implements {UsedRoom} */
class StandInRoom {
  /** @type {Map<string, RemoteParticipant>} */
  remoteParticipants = new Map();
  /** @type {Map<string, ((...args: any[]) => void)[]>} */
  listeners = new Map();

  constructor() {
    rooms.push(this);
  }

  /** @type {Room['on']} */
  on = (event, listener) => {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
    return /** @type {any} */ (this);
  };

  /** @type {Room['removeAllListeners']} */
  removeAllListeners = () => {
    this.listeners.clear();
    return /** @type {any} */ (this);
  };

  /**
   * @param {string} event
   * @param {...unknown} args
   */
  emit(event, ...args) {
    for (const listener of this.listeners.get(event) ?? []) listener(...args);
  }

  /** @type {Room['connect']} */
  connect = async (url, token, options) => {
    calls.push(['connect', url, token, options]);
    if (refusal) throw refusal;
    this.remoteParticipants = present;
  };

  /** @type {Room['disconnect']} */
  disconnect = async () => {
    calls.push(['disconnect']);
    rooms.splice(rooms.indexOf(this), 1);
  };
}

/**
 * @param {string} event
 * @param {...unknown} args
 */
function emit(event, ...args) {
  for (const room of [...rooms]) room.emit(event, ...args);
}

/**
 * @param {string} identity
 * @param {Track.Source} source
 */
function makePublication(identity, source) {
  const isVideo = source === Track.Source.Camera || source === Track.Source.ScreenShare;
  /** @type {{ -readonly [K in keyof UsedPublication]: UsedPublication[K] }} */
  const publication = {
    kind: isVideo ? Track.Kind.Video : Track.Kind.Audio,
    source,
    isMuted: false,
    isDesired: false,
    videoQuality: undefined,
    setSubscribed(subscribed) {
      calls.push(['setSubscribed', identity, source, subscribed]);
      publication.isDesired = subscribed;
      const mediaStreamTrack = makeTrack(isVideo ? 'video' : 'audio');
      // The adapter uses nothing else of it.
      if (subscribed) publication.track = /** @type {any} */ ({ mediaStreamTrack });
      else delete publication.track;
      queueMicrotask(() => emit(subscribed ? RoomEvent.TrackSubscribed : RoomEvent.TrackUnsubscribed));
    },
    setVideoQuality(quality) {
      calls.push(['setVideoQuality', identity, source, quality]);
      publication.videoQuality = quality;
    },
  };
  return /** @type {RemoteTrackPublication} */ (/** @type {unknown} */ (publication));
}

/**
 * @param {string} identity
 * @param {'user' | 'recorder'} [what]
 */
export function enter(identity, what = 'user') {
  /** @type {UsedParticipant} */
  const participant = {
    identity,
    kind: what === 'recorder' ? ParticipantKind.EGRESS : ParticipantKind.STANDARD,
    joinedAt: new Date(1_700_000_000_000 + 1000 * entered++),
    audioTrackPublications: new Map(),
    videoTrackPublications: new Map(),
  };
  // Not at the end: the order of the map is not that of coming.
  const before = [...present];
  present.clear();
  present.set(identity, /** @type {RemoteParticipant} */ (/** @type {unknown} */ (participant)));
  for (const [name, one] of before) present.set(name, one);
  emit(RoomEvent.ParticipantConnected, participant);
}

/** @param {string} identity */
export function exit(identity) {
  const participant = present.get(identity);
  present.delete(identity);
  emit(RoomEvent.ParticipantDisconnected, participant);
}

/**
 * @param {string} identity
 * @param {Track.Source} source
 */
function publicationsOf(identity, source) {
  const { audioTrackPublications, videoTrackPublications } = personOf(identity);
  const isVideo = source === Track.Source.Camera || source === Track.Source.ScreenShare;
  return isVideo ? videoTrackPublications : audioTrackPublications;
}

/** @param {string} identity */
function personOf(identity) {
  const person = present.get(identity);
  if (!person) throw new Error(`${identity} is not there`);
  return person;
}

/**
 * @param {string} identity
 * @param {Track.Source} source
 */
export function publish(identity, source) {
  const publication = makePublication(identity, source);
  publicationsOf(identity, source).set(source, publication);
  emit(RoomEvent.TrackPublished, publication, personOf(identity));
}

/**
 * @param {string} identity
 * @param {Track.Source} source
 */
export function unpublish(identity, source) {
  publicationsOf(identity, source).delete(source);
  emit(RoomEvent.TrackUnpublished);
}

/**
 * @param {string} identity
 * @param {Track.Source} source
 * @param {boolean} muted
 */
export function mute(identity, source, muted) {
  Object.assign(publicationsOf(identity, source).get(source) ?? {}, { isMuted: muted });
  emit(muted ? RoomEvent.TrackMuted : RoomEvent.TrackUnmuted);
}

export function interrupt() {
  emit(RoomEvent.Reconnecting);
}

export function restore() {
  emit(RoomEvent.Reconnected);
}

/** @param {DisconnectReason} reason */
export function disconnect(reason) {
  emit(RoomEvent.Disconnected, reason);
}

/**
 * How every try to join ends from now on.
 *
 * @param {'not_allowed' | 'unreachable' | null} how null: well
 */
export function refuse(how) {
  if (how === 'not_allowed') refusal = ConnectionError.notAllowed('invalid token', 401);
  else refusal = how && ConnectionError.serverUnreachable('no route to it');
}

/** @returns {unknown[][]} the calls since this was asked last */
export function takeCalls() {
  return calls.splice(0);
}

/** How many rooms have not been left. */
export function countRooms() {
  return rooms.length;
}
