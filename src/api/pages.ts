import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';

const FOLDER = join(import.meta.dirname, '../../pages');

/** Modules that pages load from packages. */
const VENDOR: Readonly<Record<string, string>> = {
  'livekit-client.mjs': join(folderOf('livekit-client'), 'livekit-client.esm.mjs'),
  'agora-rtc-sdk.mjs': join(folderOf('agora-rtc-sdk-ng'), 'AgoraRTC_N-production.esm.mjs'),
};

/**
 * Scripts are our own; pictures come from wherever a layout names them; connections go to the servers of LiveKit and Agora, too.
 * The scripts of both make workers of their own text.
 */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src http: https: data: blob:',
  "media-src 'self' blob: data:",
  'connect-src *',
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** `GET /pages/...`: what browsers open to join a channel, and what composite recordings record. Nothing of it is secret. */
export function pages(): Router {
  const router = Router({ caseSensitive: true });
  router.use('/pages', protect);
  router.get('/pages/vendor/:name', (request, response, next) => {
    const name = String(request.params['name']);
    const file = Object.hasOwn(VENDOR, name) ? VENDOR[name] : undefined;
    if (file === undefined) return next();
    response.sendFile(file, { cacheControl: false }, (error) => error && next(error));
  });
  router.use('/pages', onlyBrowserFiles, express.static(FOLDER, { cacheControl: false, dotfiles: 'ignore' }));
  return router;
}

const protect: RequestHandler = (_request, response, next) => {
  response.set({
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': CONTENT_POLICY,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  next();
};

/** Types are for the checker only. */
const onlyBrowserFiles: RequestHandler = ({ path }, _response, next) =>
  next(/\.ts$/i.test(decodeURIComponent(path)) ? 'router' : undefined);

function folderOf(name: string): string {
  return dirname(fileURLToPath(import.meta.resolve(name)));
}
