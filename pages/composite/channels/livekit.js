// @ts-check
import {
  ConnectionError,
  ConnectionErrorReason,
  DisconnectReason,
  ParticipantKind,
  Room,
  RoomEvent,
  Track,
  VideoQuality,
} from '/pages/vendor/livekit-client.mjs';
import { keepTrying } from '../../shared/retries.js';
import { KINDS, Told } from './told.js';

/** @import { ChannelPlan, ChannelUser, RefusalReason } from '../../../src/recording/channel.ts' */
/** @import { RemoteParticipant, RemoteTrackPublication } from 'livekit-client' */
/** @import { Channel, ChannelEvents, OpenChannel, Wanted } from '../../types.ts' */
/** @import { Kind } from './told.js' */

/** After each of these everything is looked at anew: who is there, what they publish, what of it is subscribed to. */
const CHANGES = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.TrackSubscriptionPermissionChanged,
];

/** Of several streams of a kind the first of these is recorded. */
const SOURCES = {
  audio: [Track.Source.Microphone, Track.Source.ScreenShareAudio],
  video: [Track.Source.Camera, Track.Source.ScreenShare],
};

/** @type {Partial<Record<DisconnectReason, readonly [RefusalReason, string]>>} */
const FINAL = {
  [DisconnectReason.DUPLICATE_IDENTITY]: ['uid_taken', 'another one is in the room with the identity of the recorder'],
  [DisconnectReason.PARTICIPANT_REMOVED]: ['token_invalid', 'the recorder was removed from the room'],
};

/**
 * A room of a LiveKit server. Room and identity are those of the token; users are its participants by their identities.
 *
 * @type {OpenChannel}
 */
export const open = (plan, events) => new LiveKitChannel(plan, events);

/** @implements {Channel} */
class LiveKitChannel {
  #plan;
  #told;
  #abort = new AbortController();
  /** @type {Promise<void> | undefined} */
  #stay;
  /** @type {Room | null} */
  #room = null;
  /** @type {ReadonlyMap<string, Wanted>} */
  #wanted = new Map();

  /**
   * @param {ChannelPlan} plan
   * @param {ChannelEvents} events
   */
  constructor(plan, events) {
    this.#plan = plan;
    this.#told = new Told(events);
  }

  join() {
    this.#stay = keepTrying(
      this.#abort.signal,
      (onJoined) => this.#stayOnce(onJoined),
      (error) => this.#fail(error),
      () => this.#left(),
    );
  }

  /** @param {ReadonlyMap<string, Wanted>} wanted */
  subscribe(wanted) {
    this.#wanted = wanted;
    this.#match();
  }

  async close() {
    this.#abort.abort();
    await this.#stay;
  }

  #left() {
    this.#told.onlyTracksOf(new Set());
    if (!this.#abort.signal.aborted) this.#told.joined(false);
  }

  /** @param {() => void} onJoined */
  async #stayOnce(onJoined) {
    const { transport, token } = this.#plan;
    const room = new Room();
    /** @type {PromiseWithResolvers<DisconnectReason | undefined>} */
    const over = Promise.withResolvers();
    const leave = () => over.resolve(DisconnectReason.CLIENT_INITIATED);
    this.#abort.signal.addEventListener('abort', leave);
    for (const change of CHANGES) room.on(change, () => this.#match());
    room.on(RoomEvent.Reconnecting, () => this.#told.joined(false));
    room.on(RoomEvent.Reconnected, () => this.#told.joined(true));
    room.on(RoomEvent.Disconnected, over.resolve);
    room.on(RoomEvent.TrackSubscriptionFailed, (_, participant, reason) =>
      this.#told.note(`a stream of user ${participant.identity} cannot be had: ${reason ?? 'no reason given'}`),
    );
    try {
      const url = transport.kind === 'livekit' ? transport.url : '';
      const connected = room.connect(url, token ?? '', { autoSubscribe: false });
      await Promise.race([connected, over.promise]);
      if (this.#abort.signal.aborted) return;
      onJoined();
      this.#room = room;
      this.#told.joined(true);
      this.#match();
      this.#end(await over.promise);
    } finally {
      this.#abort.signal.removeEventListener('abort', leave);
      this.#room = null;
      room.removeAllListeners();
      await room.disconnect();
    }
  }

  /** @param {DisconnectReason | undefined} reason */
  #end(reason) {
    if (this.#abort.signal.aborted) return;
    const final = reason === undefined ? undefined : FINAL[reason];
    if (final) this.#refuse(...final);
    else this.#told.note(`the room was left: ${DisconnectReason[reason ?? DisconnectReason.UNKNOWN_REASON]}`);
  }

  /** @param {unknown} error of a try to join */
  #fail(error) {
    const refused = error instanceof ConnectionError && error.reason === ConnectionErrorReason.NotAllowed;
    if (!refused) return this.#told.note(`the LiveKit server cannot be reached: ${error}`);
    this.#refuse(isExpired(this.#plan.token) ? 'token_expired' : 'token_invalid', error.message);
  }

  /**
   * @param {RefusalReason} reason
   * @param {string} detail
   */
  #refuse(reason, detail) {
    this.#told.refused(reason, detail);
    this.#abort.abort();
  }

  /** Tells who is there, and subscribes to what is wanted of them. */
  #match() {
    if (!this.#room) return;
    const people = [...this.#room.remoteParticipants.values()].filter(isUser).sort(byTime);
    this.#told.users(people.map(userOf));
    this.#told.onlyTracksOf(new Set(people.map(({ identity }) => identity)));
    for (const person of people) for (const kind of KINDS) this.#matchKind(person, kind);
  }

  /**
   * @param {RemoteParticipant} person
   * @param {Kind} kind
   */
  #matchKind(person, kind) {
    const chosen = this.#wanted.get(person.identity)?.[kind] ? streamOf(person, kind) : undefined;
    for (const publication of publicationsOf(person, kind)) {
      const wanted = publication === chosen;
      if (publication.isDesired !== wanted) publication.setSubscribed(wanted);
    }
    if (chosen && kind === 'video' && this.#plan.lowStream && chosen.videoQuality !== VideoQuality.LOW) {
      chosen.setVideoQuality(VideoQuality.LOW);
    }
    this.#told.track(person.identity, kind, chosen?.track?.mediaStreamTrack ?? null);
  }
}

/** @param {RemoteParticipant} person */
function isUser({ kind, permissions }) {
  return kind !== ParticipantKind.EGRESS && !permissions?.recorder;
}

/**
 * @param {RemoteParticipant} a
 * @param {RemoteParticipant} b
 */
function byTime(a, b) {
  return (a.joinedAt?.getTime() ?? 0) - (b.joinedAt?.getTime() ?? 0);
}

/**
 * @param {RemoteParticipant} person
 * @returns {ChannelUser}
 */
function userOf(person) {
  const [audio, video] = KINDS.map((kind) => streamOf(person, kind));
  const role = audio || video ? 'host' : 'audience';
  return { uid: person.identity, role, audio: audio?.isMuted === false, video: video?.isMuted === false };
}

/**
 * @param {RemoteParticipant} person
 * @param {Kind} kind
 * @returns {RemoteTrackPublication | undefined} what is recorded of all streams of this kind
 */
function streamOf(person, kind) {
  const all = publicationsOf(person, kind);
  const known = SOURCES[kind].map((source) => all.find((publication) => publication.source === source));
  return known.find((publication) => publication) ?? all[0];
}

/**
 * @param {RemoteParticipant} person
 * @param {Kind} kind
 */
function publicationsOf(person, kind) {
  return [...(kind === 'audio' ? person.audioTrackPublications : person.videoTrackPublications).values()];
}

/**
 * The server words it differently from version to version, so the token itself is asked.
 *
 * @param {string | null} token a JSON web token
 */
function isExpired(token) {
  try {
    const claims = (token ?? '').split('.')[1] ?? '';
    const { exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof exp === 'number' && exp * 1000 <= Date.now();
  } catch {
    // It is none at all.
    return false;
  }
}
