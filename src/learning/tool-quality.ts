// How sound each tool was of late: the penalty that lets failing tools sink when tools are ranked.
import type { Database } from '../lib/index.ts';
import { hasTable } from './skill-stats.ts';

export interface ToolQuality {
  /** `mcp:server:tool`, `shell:default:tool`, … */
  readonly toolKey: string;
  readonly calls: number;
  /** 1 for a sound tool, down to 0.2. */
  readonly quality: number;
}

/** Calls that count as recent. */
const WINDOW = 100;
/** Below so many calls nothing is known. */
const LEAST_CALLS = 3;
/** From this share of recent successes on a tool is sound. */
const SOUND_RATE = 0.4;

/** `recent`: the last calls, oldest first, true for a success. The original's penalty, 0.2 to 1. */
export function toolQuality(calls: number, recent: readonly boolean[]): number {
  const rate = recent.filter((success) => success).length / Math.max(1, recent.length);
  if (calls < LEAST_CALLS || rate >= SOUND_RATE) return 1;
  const failuresInARow = recent.length - 1 - recent.lastIndexOf(true);
  const byRate = 0.3 + (rate / SOUND_RATE) * 0.7;
  const streak = failuresInARow >= 3 ? Math.min(0.3, (failuresInARow - 2) * 0.1) : 0;
  return Math.min(1, Math.max(0.2, byRate - streak));
}

/** All tools that were called: the original's imported calls, and this home's where learning keeps them. */
export function toolQualities(db: Database): readonly ToolQuality[] {
  const own = hasTable(db, 'learn_tool_calls')
    ? 'UNION ALL SELECT tool_key, success, at FROM learn_tool_calls'
    : '';
  const byTool = new Map<string, boolean[]>();
  for (const { tool_key, success } of db.all<{ tool_key: string; success: number }>(
    `SELECT tool_key, success FROM (SELECT tool_key, success, at FROM learn_imported_calls ${own}) ORDER BY tool_key, at`,
  )) {
    const calls = byTool.get(tool_key);
    if (calls === undefined) byTool.set(tool_key, [success === 1]);
    else calls.push(success === 1);
  }
  return [...byTool].map(([toolKey, calls]) => ({
    ...{ toolKey, calls: calls.length, quality: toolQuality(calls.length, calls.slice(-WINDOW)) },
  }));
}
