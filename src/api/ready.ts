import type { RequestHandler } from 'express';
import { type Capacity, fullness } from '../controller/capacity.ts';
import { messageOf } from '../errors.ts';
import { freeBytes } from '../kit/free-space.ts';
import type { Demand } from '../recording/demand.ts';
import type { Readiness } from './schema-operator.ts';

/** The recording that there must be room for. */
const DEMAND: Demand = { picture: { width: 1280, height: 720, fps: 30 }, page: null };
/** Some 40 minutes of it at 2 Mbit/s, and the room that its MP4 needs. */
const LEAST_FREE_BYTES = 1_000_000_000;

export interface ReadyParts {
  readonly capacity: Capacity;
  /** No recording is taken any more. */
  readonly stopping: () => boolean;
  /** Folder that recordings are written to. */
  readonly data: string;
  /** Bytes left in a folder; rejects when it cannot be written to. */
  readonly free?: (folder: string) => Promise<number>;
}

/** `GET /readyz`: 200 when one more recording would be taken, else 503 with the reasons. */
export function ready(parts: ReadyParts): RequestHandler {
  return async (_request, response) => {
    const reasons = await reasonsAgainst(parts);
    const body: Readiness = { ready: reasons.length === 0, reasons };
    response.status(body.ready ? 200 : 503).json(body);
  };
}

async function reasonsAgainst({ capacity, stopping, data, free = freeBytes }: ReadyParts): Promise<string[]> {
  return [
    ...(stopping() ? ['the service is stopping'] : []),
    ...(capacity.fits(DEMAND) ? [] : [fullness(capacity, DEMAND)]),
    ...(await diskProblems(data, free)),
  ];
}

async function diskProblems(folder: string, free: typeof freeBytes): Promise<string[]> {
  try {
    const bytes = await free(folder);
    if (bytes >= LEAST_FREE_BYTES) return [];
    return [`the data folder has ${megabytes(bytes)} MB left, ${megabytes(LEAST_FREE_BYTES)} are needed`];
  } catch (error) {
    return [`the data folder cannot be written to: ${messageOf(error)}`];
  }
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000);
}
