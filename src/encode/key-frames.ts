/** Seconds between key frames while the recording is pushed: a player that joins a live stream waits for one. */
export const KEY_FRAME_S = 2;
/** At so few pictures a second each one is a key frame: a take need not wait for one. */
export const ALL_KEYS_FPS = 2;

/** Times of pictures are told to ffmpeg in microseconds. */
export const TIME_BASE = '1:1000000';

/**
 * ffmpeg takes no word on which picture is to be a key frame, so the time says it: an odd number of microseconds.
 * `force_key_frames source` would be the word, but of raw pictures each counts as a key frame there. `t` counts from the first picture,
 * so that one has an even time; it is a key frame anyway.
 */
export const ODD_TIMES = 'expr:eq(mod(round(t*1000000),2),1)';

/** Otherwise: a divisor of a slice's length, so that slices cut where they should; and near enough for players that seek. */
export const FILE_KEY_FRAME_S = 5;
