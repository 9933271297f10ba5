/** Writes the OpenAPI document of the service to standard output. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildOpenApi } from '../src/api/openapi.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
process.stdout.write(`${JSON.stringify(buildOpenApi(version), null, 2)}\n`);
