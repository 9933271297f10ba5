import type { Config } from '../config/schema.ts';
import { APP_ID_PATTERN } from '../config/schema.ts';
import { isLoopbackAddress, isLoopbackHost } from '../kit/loopback.ts';
import { isChannelName } from '../recording/names.ts';
import { type Privilege, verifyToken } from './access-token.ts';

export type AccessConfig = Pick<Config, 'apps' | 'appIds' | 'openChannels'>;

/** Whom and what a request speaks of, and where it comes from. */
export interface Asked {
  readonly appId: string;
  readonly channel: string;
  readonly uid: string;
  readonly origin: RequestOrigin;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
}

export interface RequestOrigin {
  /** Addresses of the connection: whose, and which one of ours. */
  readonly remote: string;
  readonly local: string;
  /** It came through a proxy, which says so: then whose it is cannot be seen. */
  readonly forwarded: boolean;
  readonly host: string | undefined;
  /** Headers of a browser: of which page, and where that one is from. */
  readonly page: string | undefined;
  readonly site: string | undefined;
}

/** Why not, as the answer says it. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** `expiresMs`: when whoever has joined has to leave; null: never. */
export type Decision =
  | { readonly ok: true; readonly expiresMs: number | null }
  | { readonly ok: false; readonly refusal: Refusal };

const MAX_UID = 2 ** 32 - 1;

/** Whether somebody may join a channel, and with which privileges. */
export function decide(config: AccessConfig, asked: Asked, privileges: readonly Privilege[], nowMs: number): Decision {
  const wrong = wrongNames(config, asked);
  if (wrong !== null) return refuse(400, ...wrong);
  const app = config.apps[asked.appId];
  if (app !== undefined && app.channel !== 'hub') {
    return refuse(404, 'channel_elsewhere', `the channels of this app id are those of ${app.channel}`);
  }
  if (app?.certificate === undefined) return decideOpen(config, asked.origin);
  const token = /^Bearer +(\S+) *$/i.exec(asked.authorization ?? '')?.[1];
  if (token === undefined) return refuse(401, 'token_invalid', 'a token is needed: "Authorization: Bearer TOKEN"');
  const { appId, channel, uid } = asked;
  const verdict = verifyToken(token, { appId, certificate: app.certificate, channel, uid, privileges, nowMs });
  return verdict.ok ? verdict : refuse(401, verdict.code, verdict.reason);
}

/** Any page may call where tokens are asked for. Elsewhere it must be of this machine, or of the service itself. */
export function mayPageCall(config: AccessConfig, appId: string, origin: RequestOrigin): boolean {
  return config.apps[appId]?.certificate !== undefined || isTrustedPage(origin);
}

function isTrustedPage({ page, host, site }: RequestOrigin): boolean {
  if (page === undefined) return site !== 'cross-site';
  const url = URL.parse(page);
  return url !== null && (isLoopbackHost(url.host) || url.host === URL.parse(`http://${host}`)?.host);
}

/** A uid of the API: 1 to 2^32-1, in the one way to write it. */
export function isUid(text: string): boolean {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_UID;
}

function wrongNames({ appIds }: AccessConfig, { appId, channel, uid }: Asked): [code: string, message: string] | null {
  if (!APP_ID_PATTERN.test(appId) || (appIds !== undefined && !appIds.includes(appId))) {
    return ['app_id_invalid', 'this app id is not accepted here'];
  }
  if (!isChannelName(channel)) {
    return ['channel_name_invalid', 'channel: expected 1 to 63 of the characters that channel names have'];
  }
  if (!isUid(uid)) return ['uid_invalid', 'uid: expected an integer from 1 to 4294967295'];
  return null;
}

/**
 * Without a token, whoever gets here may join: by default that is every program of this machine, browsers among them, which do
 * what pages from anywhere tell them. Such pages call from another site, or by a host name that was pointed here (DNS rebinding).
 */
function decideOpen(config: AccessConfig, origin: RequestOrigin): Decision {
  const { remote, local, forwarded, host } = origin;
  const isOwn = !forwarded && (isLoopbackAddress(remote) || remote === local);
  if (!config.openChannels && !(isOwn && isOwnHost(host, local))) {
    return refuse(403, 'forbidden', 'without a certificate for the app id, its channels are open to this machine only');
  }
  if (!isTrustedPage(origin)) {
    return refuse(403, 'forbidden', 'without a certificate for the app id, pages of other sites may not join');
  }
  return { ok: true, expiresMs: null };
}

/** An address as host cannot be pointed elsewhere. */
function isOwnHost(host: string | undefined, local: string): boolean {
  if (isLoopbackHost(host)) return true;
  const name = URL.parse(`http://${host}`)?.hostname.replace(/^\[(.*)\]$/, '$1');
  return name === local.replace(/^::ffff:/i, '');
}

function refuse(status: number, code: string, message: string): Decision {
  return { ok: false, refusal: { status, code, message } };
}
