import type { ChannelUser, FromChannelPage, RefusalReason } from '../recording/channel.ts';

const MOST_CHARACTERS = 1_000_000;
const MOST_TEXT = 500;
const MOST_UID = 255;
const REFUSALS: readonly RefusalReason[] = ['token_expired', 'token_invalid', 'uid_taken'];

type Members = Readonly<Record<string, unknown>>;

/**
 * What a page of ours says, checked: it loads the programs of others, which could call the same function.
 * @returns null for what is no message
 */
export function parseFromPage(text: string): FromChannelPage | null {
  const message = text.length > MOST_CHARACTERS ? null : parseObject(text);
  if (message === null) return null;
  switch (message['type']) {
    case 'hello':
      return { type: 'hello' };
    case 'done':
      return Number.isSafeInteger(message['id']) ? { type: 'done', id: message['id'] as number } : null;
    case 'joined':
      return isBoolean(message['joined']) ? { type: 'joined', joined: message['joined'] } : null;
    case 'refused':
      return parseRefusal(message);
    case 'users':
      return parseUsers(message);
    case 'stream':
      return parseStream(message);
    case 'note':
      return isText(message['text']) ? { type: 'note', text: message['text'].slice(0, MOST_TEXT) } : null;
    default:
      return null;
  }
}

function parseObject(text: string): Members | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function parseRefusal({ reason, detail }: Members): FromChannelPage | null {
  const known = REFUSALS.find((one) => one === reason);
  if (!known || !isText(detail)) return null;
  return { type: 'refused', reason: known, detail: detail.slice(0, MOST_TEXT) };
}

function parseUsers({ users }: Members): FromChannelPage | null {
  if (!Array.isArray(users)) return null;
  const parsed = users.map(parseUser);
  const known = parsed.filter((user) => user !== null);
  return known.length === parsed.length ? { type: 'users', users: known } : null;
}

function parseUser(value: unknown): ChannelUser | null {
  if (!isObject(value)) return null;
  const { uid, role, audio, video } = value;
  if (!isUid(uid) || !isBoolean(audio) || !isBoolean(video)) return null;
  return role === 'host' || role === 'audience' ? { uid, role, audio, video } : null;
}

function parseStream({ uid, kind, receiving, atMs }: Members): FromChannelPage | null {
  if (!isUid(uid) || !isBoolean(receiving) || !Number.isFinite(atMs)) return null;
  if (kind !== 'audio' && kind !== 'video') return null;
  return { type: 'stream', uid, kind, receiving, atMs: atMs as number };
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isUid(value: unknown): value is string {
  return isText(value) && value !== '' && value.length <= MOST_UID;
}
