// Read-only tools over one recording, for the agents that learn from it. They reach nothing else.
import { z } from 'zod';
import type { Tool } from '../../agent/index.ts';
import { describeEvent, type Recording } from '../../recording/index.ts';
import { defineTool, failure, success } from '../../tools/index.ts';
import { eventTexts } from './recording-text.ts';

const PAGE_LENGTH = 6_000;
const MAX_HITS = 20;

/** `read_step` and `search_recording`. Steps are named by their number in the recording. */
export function recordingTools(recording: Recording): readonly Tool[] {
  return [readStep(recording), searchRecording(recording)];
}

function readStep({ events }: Recording): Tool {
  return defineTool({
    name: 'read_step',
    description: 'Reads one step of the recording in full, a page at a time.',
    source: 'system',
    readOnly: true,
    parameters: z.object({
      step: z.int().min(0).describe('Number of the step, as search_recording names it.'),
      offset: z.int().min(0).optional().describe('Where to begin, in characters.'),
    }),
    async run({ step, offset = 0 }) {
      const event = events.find(({ seq }) => seq === step);
      if (event === undefined)
        return failure(`There is no step ${step}: they go up to ${events.at(-1)?.seq ?? 0}.`);
      const text = [describeEvent(event), ...eventTexts(event).slice(0, 1)].join('\n');
      const page = text.slice(offset, offset + PAGE_LENGTH);
      const rest = text.length - offset - page.length;
      return success(rest > 0 ? `${page}\n[${rest} more characters: offset ${offset + page.length}]` : page);
    },
  });
}

function searchRecording({ events }: Recording): Tool {
  return defineTool({
    name: 'search_recording',
    description: 'Finds the steps of the recording that hold a text, whatever its case.',
    source: 'system',
    readOnly: true,
    parameters: z.object({ text: z.string().min(1) }),
    async run({ text }) {
      const wanted = text.toLowerCase();
      const hits = events.flatMap((event) => {
        const line = eventTexts(event)
          .flatMap((each) => each.split('\n'))
          .find((each) => each.toLowerCase().includes(wanted));
        return line === undefined ? [] : [`${event.seq} (${event.type}): ${line.trim().slice(0, 200)}`];
      });
      if (hits.length === 0) return success('No step holds that text.');
      const more = hits.length > MAX_HITS ? `\n[${hits.length - MAX_HITS} more]` : '';
      return success(`${hits.slice(0, MAX_HITS).join('\n')}${more}`);
    },
  });
}
