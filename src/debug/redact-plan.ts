import { maskUrl } from '../kit/mask-url.ts';
import { HIDDEN, redactUrl } from '../kit/redact.ts';
import type { ChannelPlan } from '../recording/channel.ts';
import type { RecordingPlan } from '../recording/plan.ts';

/** A shorter text is no secret, and hiding it wherever it stands would hide all sorts of words. */
const LEAST_LENGTH = 6;

/** The plan for people: addresses without what opens them, and no keys. */
export function redactPlan(plan: RecordingPlan): RecordingPlan {
  const { page, channel, pushes } = plan;
  return {
    ...plan,
    page: { ...page, url: redactUrl(page.url) },
    channel: channel && redactChannel(channel),
    pushes: pushes.map(maskUrl),
  };
}

function redactChannel(channel: ChannelPlan): ChannelPlan {
  const { token, encryption, transport, layout } = channel;
  return {
    ...channel,
    token: token && HIDDEN,
    encryption: encryption && { ...encryption, secret: HIDDEN, salt: encryption.salt && HIDDEN },
    transport: transport.kind === 'livekit' ? { ...transport, url: redactUrl(transport.url) } : transport,
    layout: {
      ...layout,
      backgroundImage: layout.backgroundImage && redactUrl(layout.backgroundImage),
      defaultUserImage: layout.defaultUserImage && redactUrl(layout.defaultUserImage),
      userImages: layout.userImages.map((image) => ({ ...image, url: redactUrl(image.url) })),
    },
  };
}

/**
 * Everything in a plan that may be secret, in all the spellings that a line of a log may have it in: token and keys of the
 * channel; users, queries, fragments of addresses, and of pushes the stream keys.
 */
export function secretsOf({ page, channel, pushes }: RecordingPlan): string[] {
  const texts = [page.url, ...(channel ? addressesOf(channel) : []), ...pushes];
  const addresses = texts.flatMap((text) => URL.parse(text) ?? []);
  const parts = [...addresses.flatMap(openers), ...pushes.flatMap(streamKeys), ...(channel ? keysOf(channel) : [])];
  const spelled = parts.flatMap((part) => [part, decoded(part), encodeURIComponent(decoded(part))]);
  return [...new Set(spelled)].filter((part) => part.length >= LEAST_LENGTH);
}

function keysOf({ token, encryption }: ChannelPlan): string[] {
  return [token, encryption?.secret, encryption?.salt].filter((key) => typeof key === 'string');
}

function addressesOf({ layout, transport }: ChannelPlan): string[] {
  const { backgroundImage, defaultUserImage, userImages } = layout;
  const server = transport.kind === 'livekit' ? transport.url : null;
  const images = [backgroundImage, defaultUserImage, ...userImages.map(({ url }) => url)];
  return [server, ...images].filter((text) => text !== null);
}

function openers({ username, password, search, hash }: URL): string[] {
  return [username, password, search.slice(1), hash.slice(1), ...valuesIn(search), ...valuesIn(hash)];
}

/** Of `?room=a&pin=b` and of a fragment like it: a, b. */
function valuesIn(text: string): string[] {
  return text
    .slice(1)
    .split(/[?&;]/)
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
}

/** All behind the application: the key, with and without its query. */
function streamKeys(push: string): string[] {
  const [, , ...rest] = URL.parse(push)?.pathname.split('/') ?? [];
  const key = rest.join('/');
  return [key, ...rest];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone per cent sign: it stands as it is.
    return text;
  }
}
