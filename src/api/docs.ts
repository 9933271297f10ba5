import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';
import { buildOpenApi } from './openapi.ts';

/** Only what comes from the service itself; the viewer styles its elements in place. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Tapehead API</title>
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/assets/favicon-32x32.png">
</head>
<body>
<div id="viewer"></div>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/viewer.js"></script>
</body>
</html>
`;

/** Without the validator's badge, which would come from another host. */
const VIEWER = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#viewer', validatorUrl: null });\n`;

const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** `GET /openapi.json`, and a viewer for it at `GET /docs`. */
export function docs(version: string): Router {
  const router = Router({ strict: true });
  const document = buildOpenApi(version);
  router.use(['/openapi.json', '/docs'], protect);
  router.get('/openapi.json', (_request, response) => void response.json(document));
  router.get('/docs', (_request, response) => void response.type('html').send(PAGE));
  router.get('/docs/', (_request, response) => response.redirect(301, '../docs'));
  router.get('/docs/viewer.js', (_request, response) => void response.type('js').send(VIEWER));
  router.use('/docs/assets', onlyAssets, express.static(viewerFolder(), { index: false, redirect: false }));
  return router;
}

const protect: RequestHandler = (_request, response, next) => {
  response.set({ 'Content-Security-Policy': CONTENT_POLICY, 'X-Content-Type-Options': 'nosniff' });
  next();
};

const onlyAssets: RequestHandler = (request, _response, next) =>
  next(ASSETS.includes(request.path.slice(1)) ? undefined : 'router');

function viewerFolder(): string {
  return dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
}
