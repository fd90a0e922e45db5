// An event as a line of JSON for programs that listen: as on disk, but of pictures only the size.
import type { AgentEvent } from '../agent/index.ts';
import type { RunEvent } from './format.ts';
import { toDiskNames } from './keys.ts';

/** One line without its end. Also for `text-delta`, which is not recorded. */
export function eventToLine(event: RunEvent | AgentEvent): string {
  const described: unknown = JSON.parse(JSON.stringify(event, describeBytes));
  return JSON.stringify(
    typeof described === 'object' && described !== null ? toDiskNames(described) : described,
  );
}

const describeBytes = (_name: string, value: unknown) =>
  value instanceof Uint8Array ? { bytes: value.length } : value;
