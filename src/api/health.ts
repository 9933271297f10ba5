import type { RequestHandler } from 'express';
import type { Controller } from '../controller/controller.ts';
import type { Health } from './schema-answers.ts';

/** `GET /healthz`: the service answers, and how much it has to do. */
export function health(controller: Controller, version: string, now: () => number): RequestHandler {
  const startedMs = now();
  return (_request, response) => {
    const { usedCores, totalCores, usedMemoryMB, totalMemoryMB } = controller.capacity;
    const body: Health = {
      status: 'ok',
      version,
      uptimeSeconds: Math.round((now() - startedMs) / 1000),
      recordings: { running: controller.runningCount },
      capacity: {
        usedCores: Number(usedCores.toFixed(2)),
        totalCores,
        usedMemoryMB: Math.round(usedMemoryMB),
        totalMemoryMB: Math.round(totalMemoryMB),
      },
    };
    response.json(body);
  };
}
