// Traces each line of a file to the version that brought it, over all parents.
import { matchLines, splitLines } from './diff.ts';
import type { Version, VersionId } from './skill.ts';
import { decodeText } from './skill-text.ts';

export interface BlamedLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly versionId: VersionId;
}

/** What blame needs to know of the library. */
export interface History {
  version(versionId: VersionId): Version;
  /** Undefined if the version has no such file. */
  file(versionId: VersionId, path: string): Uint8Array | undefined;
}

interface Tracing {
  readonly versionId: VersionId;
  readonly lines: readonly string[];
  readonly places: readonly (number | undefined)[];
}

/** Versions looked at; lines older than that are given to the oldest one seen. */
const MAX_VERSIONS = 2_000;

/** The lines of `path` in a version; undefined if the version has no such file or it is no text. */
export function blameFile(history: History, versionId: VersionId, path: string): BlamedLine[] | undefined {
  const lines = linesOf(history, versionId, path);
  if (lines === undefined) return undefined;
  const owners = new Array<VersionId>(lines.length).fill(versionId);
  // Lines still to be traced: position in the version at hand → position in the file asked for.
  const open: Tracing[] = [{ versionId, lines, places: lines.map((_, index) => index) }];
  for (let step = 0; open.length > 0 && step < MAX_VERSIONS; step += 1) {
    const current = open.shift();
    if (current === undefined) break;
    let places = current.places;
    for (const parentId of history.version(current.versionId).parents) {
      const parentLines = linesOf(history, parentId, path);
      if (parentLines === undefined) continue;
      const handed = handOver(current.lines, places, parentLines);
      places = handed.kept;
      const moved = handed.passed.filter((place) => place !== undefined);
      for (const place of moved) owners[place] = parentId;
      if (moved.length > 0) open.push({ versionId: parentId, lines: parentLines, places: handed.passed });
    }
  }
  return lines.map((text, index) => ({
    line: index + 1,
    text: text.replace(/\r?\n$/, ''),
    versionId: owners[index] ?? versionId,
  }));
}

function linesOf(history: History, versionId: VersionId, path: string): string[] | undefined {
  const bytes = history.file(versionId, path);
  const text = bytes === undefined ? undefined : decodeText(bytes);
  return text === undefined ? undefined : splitLines(text);
}

/** Lines that the parent has too pass to it; the others are kept. */
function handOver(
  lines: readonly string[],
  places: readonly (number | undefined)[],
  parentLines: readonly string[],
): { kept: (number | undefined)[]; passed: (number | undefined)[] } {
  const kept = [...places];
  const passed = new Array<number | undefined>(parentLines.length).fill(undefined);
  for (const { a, b, length } of matchLines(parentLines, lines)) {
    for (let offset = 0; offset < length; offset += 1) {
      passed[a + offset] = kept[b + offset];
      kept[b + offset] = undefined;
    }
  }
  return { kept, passed };
}
