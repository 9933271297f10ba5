import type { ChildProcess } from 'node:child_process';

const living = new Set<ChildProcess>();

// Synchronous on purpose: nothing behind an `await` runs in an exit listener.
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Kills the child when this process exits. @returns takes it out again. */
export function killAtExit(child: ChildProcess): () => void {
  living.add(child);
  return () => living.delete(child);
}
