// The tool `write_file`: a whole file, replaced at once.
import { statSync } from 'node:fs';
import { z } from 'zod';
import type { Tool } from '../../agent/index.ts';
import { OpenSpaceError, plural, writeFileAtomic } from '../../lib/index.ts';
import { defineTool, quotePath, success } from '../tool.ts';
import { type FileAccess, resolvePath, showPath } from './access.ts';
import { readForChange } from './change.ts';
import { unifiedDiff } from './unified-diff.ts';

const parameters = z.strictObject({
  path: z.string().min(1).describe('File to write, relative to the workspace or absolute.'),
  content: z.string().describe('The whole new content.'),
});

/** Writes files in the workspace and the writable roots; atomic, permissions kept, folders made as needed. */
export function writeTool(access: FileAccess = {}): Tool {
  return defineTool({
    name: 'write_file',
    description:
      'Writes a whole file (UTF-8), replacing what is there and making missing folders. To change part of a file use edit_file.',
    source: 'files',
    readOnly: false,
    parameters,
    async run({ path, content }, context) {
      const target = resolvePath(path, 'write', context.workspace, access);
      const shown = showPath(target, context.workspace);
      const stats = statSync(target, { throwIfNoEntry: false });
      if (stats !== undefined && !stats.isFile()) {
        throw new OpenSpaceError('invalid', `${quotePath(shown)} is there and is not a file.`);
      }
      const old = stats === undefined ? undefined : await readForChange(target);
      const bytes = Buffer.from(content, 'utf8');
      writeFileAtomic(target, bytes, { keepAttributes: true });
      const size = `${plural(bytes.length, 'byte')}, ${plural(countLines(content), 'line')}`;
      const diff = old?.kind === 'text' ? await unifiedDiff(shown, old.text, content) : undefined;
      return success(`${stats === undefined ? 'Created' : 'Replaced'} ${shown} (${size}).`, {
        path: shown,
        size_bytes: bytes.length,
        created: stats === undefined,
        ...(diff === undefined ? {} : { diff }),
      });
    },
  });
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return text === '' || text.endsWith('\n') ? lines : lines + 1;
}
