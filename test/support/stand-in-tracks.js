// @ts-check

const audio = new AudioContext();

/**
 * A track that is live and carries nothing.
 *
 * @param {'audio' | 'video'} kind
 * @returns {MediaStreamTrack}
 */
export function makeTrack(kind) {
  const stream =
    kind === 'video' ? document.createElement('canvas').captureStream() : audio.createMediaStreamDestination().stream;
  const [track] = stream.getTracks();
  if (!track) throw new Error(`no ${kind} track`);
  return track;
}
