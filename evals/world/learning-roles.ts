// The stand-in as analyst and author. The analyst hears how the task went, rightly in nine of ten cases; the author draws a lesson.
import type { Message, ModelRequest } from '../../src/agent/index.ts';
import type { ScriptedReply } from '../../src/agent/scripted-model.ts';
import { drawKind, type LessonKind, writeLesson } from './author.ts';
import { FAMILIES } from './families/index.ts';
import { createRandom } from './random.ts';
import type { OtherRole } from './stand-in.ts';
import type { Family } from './task.ts';

/** How often the analyst is told, or sees, rightly whether the task was done. */
const INSIGHT = 0.9;

export interface LearningRoles {
  readonly roles: readonly OtherRole[];
  /** Tells how a task ended, by its text. */
  tell(taskText: string, passed: boolean): void;
  /** What the author wrote, for the printed table only. */
  readonly written: readonly { readonly family: string; readonly kind: LessonKind }[];
}

export function createLearningRoles(seed: number): LearningRoles {
  const truth = new Map<string, boolean>();
  const tries = new Map<string, number>();
  const written: { family: string; kind: LessonKind }[] = [];
  const analyst: OtherRole = (request) => {
    const text = textOfAll(request);
    if (!text.includes('You read the recording of an agent')) return undefined;
    return JSON.stringify(analyse(seed, text, truth));
  };
  const author: OtherRole = (request) => {
    const text = textOfAll(request);
    if (!text.includes('A skill is a folder with SKILL.md')) return undefined;
    return write(seed, request, text, tries, written);
  };
  return {
    roles: [analyst, author],
    tell: (taskText, passed) => void truth.set(lastLine(taskText), passed),
    written,
  };
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

function analyse(seed: number, text: string, truth: ReadonlyMap<string, boolean>): object {
  const family = FAMILIES.find(({ wish }) => wish.some((sentence) => text.includes(sentence)));
  const [told] = [...truth].filter(([line]) => text.includes(line));
  const random = createRandom(seed, 'analyst', told?.[0] ?? text.length);
  const right = random.chance(INSIGHT);
  const taskDone = told === undefined ? true : right === told[1];
  const environment = text.includes('network is unreachable');
  const skill = text.match(/^Skill (\S+), which the agent had:/m)?.[1];
  const applied = skill !== undefined && /Done as the skill/.test(text);
  const answer =
    text.match(
      /I wrote a result but I doubt that it is right\.|Done; the obvious way had failed|Done as the skill [\w-]+ says\.|Done\./,
    )?.[0] ?? 'Done.';
  const searched = text.includes('ls -la; ls -la docs');
  const suggestions: object[] = [];
  if (family !== undefined) {
    const about = `${family.about}: ${family.skill.description}`;
    // Overeager: it would also learn from warnings and from a service that is down.
    if (!applied && (searched || /warning:/.test(text) || environment))
      suggestions.push({ type: 'capture', target_skills: [], direction: `Teach ${about}`, quotes: [answer] });
    if (applied && (!taskDone || random.chance(0.3)))
      suggestions.push({ type: 'fix', target_skills: [skill], direction: `Mend ${about}`, quotes: [answer] });
  }
  const cause = taskDone ? 'none' : environment ? 'environment' : applied ? 'skill' : 'agent';
  return {
    task_done: taskDone,
    note: taskDone ? 'It was done.' : 'It was not done.',
    failure_cause: cause,
    evidence: [{ quote: answer, says: 'how it ended' }],
    skills:
      skill === undefined
        ? []
        : [
            {
              skill_id: skill,
              applied,
              effect: !applied ? 'none' : taskDone ? 'helped' : 'harmed',
              note: '',
            },
          ],
    tool_problems: [],
    suggestions,
  };
}

function write(
  seed: number,
  { messages }: ModelRequest,
  text: string,
  tries: Map<string, number>,
  written: { family: string; kind: LessonKind }[],
): ScriptedReply {
  const family = FAMILIES.find(({ about }) => text.includes(`${about}:`));
  if (family === undefined) return decline('I do not know what this is about.');
  const results = messages.filter(({ role }) => role === 'tool').map(textOf);
  if (results.length > 4) return decline('It could not be written.');
  const taken = results.some((result) => result.includes('choose a name'));
  const known = text.match(/^name: ([\w-]+)$/m)?.[1];
  const count = tries.get(family.id) ?? 0;
  const kind = drawKind(seed, family, count);
  if (results.length === 0) {
    tries.set(family.id, count + 1);
    written.push({ family: family.id, kind });
  }
  const drawn = results.length === 0 ? kind : drawKind(seed, family, count - 1);
  const name = known ?? (taken ? `${family.skill.name}-${count}` : family.skill.name);
  const content = named(family, drawn, name);
  return {
    text: 'I write it down.',
    calls: [
      { name: 'write_file', args: { path: 'SKILL.md', content } },
      { name: 'finish', args: { summary: `What to know about ${family.about}` } },
    ],
  };
}

const named = (family: Family, kind: LessonKind, name: string) =>
  writeLesson(family, kind).replace(/^name: .*$/m, `name: ${name}`);

const decline = (reason: string): ScriptedReply => ({ calls: [{ name: 'decline', args: { reason } }] });

const textOf = (message: Message) =>
  'parts' in message
    ? message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
    : message.text;
const textOfAll = ({ messages }: ModelRequest) =>
  messages
    .filter(({ role }) => role === 'system' || role === 'user')
    .map(textOf)
    .join('\n');
